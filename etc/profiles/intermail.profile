# InterMail of Openwave, seen at ozemail.com.au; "Broken Mailserver Software"
# (2004-10-25): "It doesn't retry at all."  Whether the sender hears of it is
# not said there; here he does.
title     InterMail: no retry
weight    1
attempts  1
