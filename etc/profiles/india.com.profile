# Measured by Pagani, De Astis, Graziano, Lanzi and Balzarotti: "Measuring the
# Role of Greylisting and Nolisting in Fighting Spam", DSN 2016, the table of
# webmail delivery attempts: a server that deferred them for 6 hours.
# What comes after the last time was not seen (it was accepted then): the
# last wait is repeated, for 4 days.
title     india.com
weight    1
at        6:21 16:21 36:21 76:21 146:22 216:21 286:21 356:21 426:21
then      every 70:00
lifetime  4d
