# Measured by Pagani, De Astis, Graziano, Lanzi and Balzarotti: "Measuring the
# Role of Greylisting and Nolisting in Fighting Spam", DSN 2016, the table of
# webmail delivery attempts: a server that deferred them for 6 hours.
# What comes after the last time was not seen (it was accepted then): the
# last wait is repeated, for 4 days.
title     yahoo.co.uk
weight    20
at        2:07 5:39 12:58 27:16 55:13 109:35 216:47 430:36
then      every 213:49
lifetime  4d
