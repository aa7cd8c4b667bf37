# A robot that has learnt to retry, a few minutes after the first attempt, then
# more than an hour, then most of a day.  Made up: no measured times.
# Weight: of 10616 hosts that were greylisted in a week 6.1% came back, and
# were on a blocklist then or later; the least that were robots
# (J. Levine, "Greylisting Still Works, Part II", circleid.com).
title     Robot that retries
weight    61
mail      spam
names     dialup
at        7:30 83:20 1333:20
jitter    10%
on        5xx silence
end       silence
