# The University of Bergen, as its page on greylisting of 2004-01-23 tells of
# its own mail: "a message will be retried for five days".  How often is not
# said there: after 15 and 45 minutes, then once an hour, is a guess.
title     University of Bergen: retries for five days
weight    1
wait      15m 30m
then      every 1h
lifetime  5d
mx        all
