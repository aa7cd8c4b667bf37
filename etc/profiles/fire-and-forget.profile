# The robot that greylisting was made against: "These applications appear to
# adopt the 'fire-and-forget' methodology" (University of Bergen, 2004-01-23).
# Weight: of 10616 hosts that were greylisted in a week 35.8% never came back
# (J. Levine, "Greylisting Still Works, Part II", circleid.com).
title     Robot: fire and forget
weight    350
mail      spam
names     dialup
on        4xx silence
on        5xx silence
on        drop silence
