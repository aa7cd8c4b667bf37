# CapeSoft Mailer, "Broken Mailserver Software" (2004-10-25): "immediately
# bounces the email without retrying".
title     CapeSoft Mailer: bounces without a retry
weight    1
on        4xx bounce
