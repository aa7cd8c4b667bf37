# Sendmail 8.17 (2021), run as most systems do, with -q1h, and
# Timeout.queuereturn of 5 days.  Debian's runs the queue every 10 minutes.
title     Sendmail with -q1h
weight    8
then      every 1h
lifetime  5d
mx        all
