# Sendmail 8.17.1 as in Debian 12 (2023): Timeout.queuereturn of 5 days.  It
# retries whenever it runs its queue; here with -q1h (Debian: 10 minutes, as
# seen on 2026-11-21, docs/senders.md).
# Weight, beside Exim, Postfix and OpenSMTPD: of 609378 MX hosts that told
# their program 3.45% ran this one (securityspace.com, 2023-12-01).
title     Sendmail with -q1h
weight    3
then      every 1h
lifetime  5d
mx        all
