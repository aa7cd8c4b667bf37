# qmail 1.03 (1998) and notqmail: retry n of a remote recipient comes 400*n*n
# seconds after the message was queued; queuelifetime of 7 days.
title     qmail: 400 n^2 seconds, 7 days
weight    5
then      square 400s
lifetime  7d
