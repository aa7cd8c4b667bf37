# Measured by Pagani, De Astis, Graziano, Lanzi and Balzarotti: "Measuring the
# Role of Greylisting and Nolisting in Fighting Spam", DSN 2016, the table of
# webmail delivery attempts: a server that deferred them for 6 hours.
# What comes after the last time was not seen (it was accepted then): the
# last wait is repeated, for 4 days.
# The table counts the addresses; that each is in a /24 of its own, and that they
# take turns, is assumed.
title     mail.ru, from 7 addresses
weight    5
at        1:18 19:15 49:14 79:49 113:20 154:18 187:53 235:20 271:03 305:50 340:38 373:45
then      every 33:07
lifetime  4d
addresses many 7
