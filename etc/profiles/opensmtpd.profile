# OpenSMTPD 6.8 (2021): retries at 400*n*n seconds after the message was
# queued; "queue ttl" of 4 days.
title     OpenSMTPD: 400 n^2 seconds, 4 days
weight    2
then      square 400s
lifetime  4d
mx        all
