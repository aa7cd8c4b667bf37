# A list or a forwarder that writes each attempt another sender address, in
# which nothing tells what changes (tags and numbers Tarry leaves out by
# itself): a triplet never comes back.  Made up.
title     Another sender address with each attempt
weight    1
wait      15m*4
then      every 1h
lifetime  5d
sender    new
