# Mailing lists and forwarders that write each attempt another sender address
# (prvs tags, BATV, bounce numbers); RFC 6647 (2012), section 5.  Made up.
title     Another sender address with each attempt
wait      15m*4
then      every 1h
lifetime  5d
sender    new
