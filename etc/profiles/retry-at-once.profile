# A robot that tries again at once, and on every MX; made up after the five
# minutes' page, whose delay is there "to prevent immediate redelivery by
# already connected SPAM SMTP servers".
title     Robot: retries at once on every MX
weight    15
mail      spam
names     dialup
at-once   2
mx        all
on        5xx silence
end       silence
