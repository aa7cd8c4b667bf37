# Measured by Pagani, De Astis, Graziano, Lanzi and Balzarotti: "Measuring the
# Role of Greylisting and Nolisting in Fighting Spam", DSN 2016, the table of
# webmail delivery attempts: a server that deferred them for 6 hours.
# What comes after the last time was not seen (it was accepted then): the
# last wait is repeated, for 4 days.
# The table counts the addresses; that each is in a /24 of its own, and that they
# take turns, is assumed.
title     gmail.com, from 7 addresses
weight    60
at        6:02 29:02 56:36 98:44 162:03 229:44 309:05 434:46
then      every 125:41
lifetime  4d
addresses many 7
