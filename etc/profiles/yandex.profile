# Measured by Pagani, De Astis, Graziano, Lanzi and Balzarotti: "Measuring the
# Role of Greylisting and Nolisting in Fighting Spam", DSN 2016, the table of
# webmail delivery attempts: a server that deferred them for 6 hours.
# What comes after the last time was not seen (it was accepted then): the
# last wait is repeated, for 4 days.
title     yandex.com
weight    5
at        1:05 2:58 6:53 14:55 30:28 45:41 61:01
then      every 15:30
lifetime  4d
