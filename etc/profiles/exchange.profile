# Exchange Server, a mailbox or hub transport server (Microsoft's "Configure
# message retry, resubmit, and expiration intervals", 2007 to 2013): four
# retries a minute apart (QueueGlitchRetryCount), six 5 minutes apart
# (TransientFailureRetryCount), then every 10 minutes.  Documented for
# connections; taken here for 4xx too.  The 2 days of its lifetime are unchecked.
title     Exchange Server 2013, mailbox server
weight    40
wait      1m*4 5m*6
then      every 10m
lifetime  2d
mx        all
