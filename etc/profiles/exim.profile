# Exim 4.96 as in Debian 12 (2023), the retry rule of its configuration:
#   * * F,2h,15m; G,16h,1h,1.5; F,4d,6h
# That the queue is run every 30 minutes is left out.
title     Exim, default retry rule
weight    25
wait      15m*8 1h 90m 135m 202m 304m
then      every 6h
lifetime  4d
mx        all
