# OpenSMTPD 6.8.0 as in Debian 12 (2023): "queue ttl" of 4 days.  Retries at
# 400*n*n seconds after the message was queued.
title     OpenSMTPD: 400 n^2 seconds, 4 days
weight    2
then      square 400s
lifetime  4d
mx        all
