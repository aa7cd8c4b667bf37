# Exchange Server 2013 (Microsoft's "Message retry, resubmit, and expiration
# intervals", 2013): four retries a minute apart (QueueGlitchRetryCount),
# six 5 minutes apart (TransientFailureRetryCount), then every 10 minutes;
# expires after 2 days.  Documented for connections; taken here for 4xx too.
title     Exchange Server 2013, mailbox server
weight    40
wait      1m*4 5m*6
then      every 10m
lifetime  2d
mx        all
