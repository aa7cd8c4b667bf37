# Postfix 3.7 (2022), defaults: minimal_backoff_time 300s, doubled up to
# maximal_backoff_time 4000s; maximal_queue_lifetime 5d; two MX hosts at most
# are tried in one go (smtp_mx_session_limit).
title     Postfix, defaults
weight    40
wait      5m
then      times 2 up-to 4000s
lifetime  5d
mx        all
