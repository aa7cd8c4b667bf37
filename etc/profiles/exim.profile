# Exim 4.96 (2022), the retry rule of its default configuration:
#   * * F,2h,15m; G,16h,1h,1.5; F,4d,6h
# The queue runners' half hours (Debian) are left out.
title     Exim, default retry rule
weight    25
wait      15m*8 1h 90m 135m 202m 304m
then      every 6h
lifetime  4d
mx        all
