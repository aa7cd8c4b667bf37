# Measured by Pagani, De Astis, Graziano, Lanzi and Balzarotti: "Measuring the
# Role of Greylisting and Nolisting in Fighting Spam", DSN 2016 (measured in
# 2015): mail to a server that deferred it for 6 hours.
# It gave up: the mail was not delivered.
title     aol.com: gives up after 31:32
weight    5
at        5:32 11:32 21:32 31:32
