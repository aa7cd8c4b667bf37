# Measured by Pagani, De Astis, Graziano, Lanzi and Balzarotti: "Measuring the
# Role of Greylisting and Nolisting in Fighting Spam", DSN 2016, the table of
# webmail delivery attempts: a server that deferred them for 6 hours.
# It gave up: the mail was not delivered.
# The table counts the addresses; that each is in a /24 of its own, and that they
# take turns, is assumed.
title     qq.com, from 2 addresses: gives up after 204:56
weight    5
at        5:05 5:11 5:17 6:19 8:22 12:25 20:29 52:31 84:35 144:42 204:56
addresses many 2
