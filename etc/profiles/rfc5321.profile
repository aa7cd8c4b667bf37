# What RFC 5321, section 4.5.4.1 asks of a sender (2008): 30 minutes at least
# before a retry, two attempts in the first hour, then two or three hours
# between them, and not given up before four or five days.
title     RFC 5321's suggestion
weight    2
wait      30m
then      every 2h
lifetime  5d
mx        all
