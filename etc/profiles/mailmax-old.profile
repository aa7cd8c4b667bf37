# MailMax before 5.5, as seen at barnet.com.au in October 2004
# ("Broken Mailserver Software", 2004-10-25): takes 450 for a final refusal and
# returns the mail at once.  Its makers' page counted all codes that begin
# with 4 among the permanent ones.
title     MailMax before 5.5: 4xx is final
weight    1
on        4xx bounce
