# MailMax 5.5, update to "Broken Mailserver Software" (2004, changed
# 2006-01-09): "2 attempts will be made to re-send your e-mail. Each attempt
# will be 3 hours apart."
title     MailMax 5.5: two retries, 3 hours apart
weight    1
wait      3h*2
