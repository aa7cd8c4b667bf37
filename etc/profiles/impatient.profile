# A sender with too little patience behind the message; made up after RFC 1047
# (1988), which names this the second cause of duplicates on the Internet: the
# receiver has the message, but says so later than the sender cares to wait.
# RFC 5321, section 4.5.3.2.6 wants ten minutes of patience.
title     Sends again if the reply to its message takes a minute
weight    1
wait      15m*3
then      every 1h
lifetime  4d
patience  1m
