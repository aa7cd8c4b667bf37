# Exim 4.96-15+deb12u10 as in Debian 12, the retry rule of its configuration:
#   * * F,2h,15m; G,16h,1h,1.5; F,4d,6h
# As seen on 2026-11-21 (docs/senders.md): a retry waits for the next run of
# the queue, every 30 minutes; and where there are two MX hosts the waits of
# the second part do not grow.
# Weight, beside Postfix, Sendmail and OpenSMTPD: of 609378 MX hosts that told
# their program 55.73% ran this one (securityspace.com, 2023-12-01).
title     Exim, default retry rule
weight    43
wait      30m*4 1h*14
then      every 6h
lifetime  4d
mx        all
