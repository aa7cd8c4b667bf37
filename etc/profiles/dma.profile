# dma 0.13-1+b1 as in Debian 12, seen on 2026-11-21 (docs/senders.md). Its own
# waits are MIN_RETRY 5 minutes, doubled up to MAX_RETRY 3 hours, for 5 days
# (MAX_TIMEOUT); but Debian's /etc/cron.d/dma runs "dma -q" every five minutes,
# which ends them all.
title     DragonFly Mail Agent, with Debian's cron job
weight    1
wait      5m
then      every 5m
lifetime  5d
mx        all
