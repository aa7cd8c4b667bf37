# Tarry's own queue, by its default list, without the waits that it learns
# from replies.
title     Tarry's queue, defaults
weight    2
wait      5m 10m 20m 30m
then      every 1h
lifetime  5d
jitter    10%
mx        all
