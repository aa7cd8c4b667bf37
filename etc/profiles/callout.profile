# A server that asks whether a sender's address exists (callout verification,
# Exim's "verify = sender/callout"): MAIL FROM:<>, RCPT, and away.  It asks
# again when its own sender comes again; here after 10 minutes, twice.
title     Callout verifier
mail      probe
sender    null
last-step rcpt
wait      10m 30m
end       silence
