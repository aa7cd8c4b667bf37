# Sends DATA in spite of a 4xx at RCPT; made up after robots that read no
# replies.  A receiver must not take a message that has no recipient.
# Weight: a guess; with fire-and-forget, those that never came back.
title     Robot: sends DATA in spite of 4xx
weight    8
mail      spam
names     dialup
on        4xx ignore
on        5xx ignore
on        5xx at dot silence
on        drop silence
