# dma 0.13 as in Debian 12 (2023; DragonFly Mail Agent): MIN_RETRY 5 minutes,
# MAX_RETRY 3 hours, MAX_TIMEOUT 5 days; the wait doubles.
title     DragonFly Mail Agent
weight    1
wait      5m
then      times 2 up-to 3h
lifetime  5d
mx        all
