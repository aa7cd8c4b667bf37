# OpenSMTPD 6.8.0p2-4+b4 as in Debian 12, seen on 2026-11-21 (docs/senders.md):
# retries at 400*n*n seconds after the message was queued, only at the best MX
# host, for the 4 days of "queue ttl". Its report at the end says that the
# message is delayed: nobody is told that it failed.
# Weight, beside Exim, Postfix and Sendmail: of 609378 MX hosts that told
# their program 0.10% ran this one (securityspace.com, 2023-12-01).
title     OpenSMTPD: 400 n^2 seconds, 4 days
weight    1
then      square 400s
lifetime  4d
mx        first
end       silence
