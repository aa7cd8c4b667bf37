# Measured by Pagani, De Astis, Graziano, Lanzi and Balzarotti: "Measuring the
# Role of Greylisting and Nolisting in Fighting Spam", DSN 2016, the table of
# webmail delivery attempts: a server that deferred them for 6 hours.
# 94 attempts were seen, the last accepted at 362:11; here they are all it makes.
title     hotmail.com: about every 4 minutes, 94 attempts
weight    40
at        1:01 2:03 3:04 5:06 8:07 12:08 16:10
then      every 4:02
attempts  94
