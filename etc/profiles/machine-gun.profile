# A robot that comes every second for two minutes; made up, for the load.
# Weight: a guess; with retry-at-once, those that came within a minute.
title     Robot: every second for two minutes
weight    2
mail      spam
names     none
then      every 1s
attempts  120
on        5xx silence
end       silence
