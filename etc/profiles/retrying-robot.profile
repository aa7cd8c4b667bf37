# A robot that has learnt to retry, a few minutes after the first attempt, then
# more than an hour, then most of a day.  Made up: no measured times.
title     Robot that retries
weight    15
mail      spam
names     dialup
at        7:30 83:20 1333:20
jitter    10%
on        5xx silence
end       silence
