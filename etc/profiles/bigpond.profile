# Bigpond (Telstra), from a log of 2004-10-29 in "Broken Mailserver Software":
# one attempt, answered with 450 at RCPT; no other, and the sender is not told.
# Sent by one host of several (gizmo06ps).
title     Bigpond: one attempt, then silence
weight    1
on        4xx silence
on        drop silence
