# Measured by Pagani, De Astis, Graziano, Lanzi and Balzarotti: "Measuring the
# Role of Greylisting and Nolisting in Fighting Spam", DSN 2016, the table of
# webmail delivery attempts: a server that deferred them for 6 hours.
# What comes after the last time was not seen (it was accepted then): the
# last wait is repeated, for 4 days.
# The table counts the addresses; that each is in a /24 of its own, and that they
# take turns, is assumed.
title     mail.com, from 2 addresses
weight    3
at        5:02 12:37 23:59 41:03 66:38 105:01 162:35 248:56 378:28
then      every 129:32
lifetime  4d
addresses many 2
