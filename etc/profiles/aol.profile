# Measured by Pagani, De Astis, Graziano, Lanzi and Balzarotti: "Measuring the
# Role of Greylisting and Nolisting in Fighting Spam", DSN 2016, the table of
# webmail delivery attempts: a server that deferred them for 6 hours.
# It gave up: the mail was not delivered.
title     aol.com: gives up after 31:32
weight    5
at        5:32 11:32 21:32 31:32
