# Tarry's own queue: its code decides, with the defaults of tarry.conf (queue,
# "retry" and "lifetime").  A wait that a reply names is obeyed, and a deferred
# recipient is not tried at another MX host before its time.
title     Tarry's queue, defaults
weight    2
schedule  tarry
