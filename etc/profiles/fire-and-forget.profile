# The robot that greylisting was made against: "These applications appear to
# adopt the 'fire-and-forget' methodology" (University of Bergen, 2004-01-23).
title     Robot: fire and forget
weight    160
mail      spam
names     dialup
on        4xx silence
on        5xx silence
on        drop silence
