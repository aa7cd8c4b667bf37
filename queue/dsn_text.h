/* What dsn.c and dsn_text.c share. Others use dsn.h. */
#ifndef TARRY_DSN_TEXT_H
#define TARRY_DSN_TEXT_H

#include "queue/dsn.h"

/* "Sat, 21 Nov 2026 16:40:28 +0000" (RFC 5322 §3.3) */
void dsn_date(FILE *out, int64_t at);
/* Text folded into lines that begin with indent, and a newline behind it. */
void dsn_fold(FILE *out, const char *text, const char *indent, size_t column);

#endif
