# dma 0.13 (DragonFly Mail Agent, 2021): waits of 5 minutes, doubled up to 3
# hours; gives up after 5 days.
title     DragonFly Mail Agent
weight    1
wait      5m
then      times 2 up-to 3h
lifetime  5d
mx        all
