# A robot that tries again at once, and on every MX; why RFC 6647 (2012),
# section 2.4, and "five minutes" want a delay "to prevent immediate
# redelivery by already connected" senders.
title     Robot: retries at once on every MX
weight    15
mail      spam
names     dialup
at-once   2
mx        all
on        5xx silence
end       silence
