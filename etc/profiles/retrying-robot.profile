# Malware that learnt to retry: Kelihos, in Pagani et al., DSN 2016 (measured
# in 2015), came back between 300 and 600 seconds after the first attempt,
# then around 5000, and then once more around 80000.
title     Robot that retries (Kelihos)
weight    15
mail      spam
names     dialup
at        7:30 83:20 1333:20
jitter    10%
on        5xx silence
end       silence
