/*
 * Text written into memory, by the functions that write into files.  Lack of
 * memory is fatal, as it is everywhere: whoever waits for us tries again.
 */
#include "queue/text.h"

#include "lib/log.h"

#include <sysexits.h>

FILE *text_open(char **text, size_t *len)
{
    FILE *out;

    *text = NULL;
    *len = 0;
    out = open_memstream(text, len);
    if (out == NULL)
        fatal(EX_OSERR, "out of memory");
    return out;
}
