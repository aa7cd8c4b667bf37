# Measured by Pagani, De Astis, Graziano, Lanzi and Balzarotti: "Measuring the
# Role of Greylisting and Nolisting in Fighting Spam", DSN 2016, the table of
# webmail delivery attempts: a server that deferred them for 6 hours.
# What comes after the last time was not seen (it was accepted then): the
# last wait is repeated, for 4 days.
# The table counts the addresses; that each is in a /24 of its own, and that they
# take turns, is assumed.
title     gmx.com, from 3 addresses
weight    10
at        5:01 12:33 23:50 40:46 66:09 104:14 161:22 247:04 375:36
then      every 128:32
lifetime  4d
addresses many 3
