/* The names of the programs, in one place. */
#include "lib/program.h"

static const char *const names[PROGRAM_COUNT] = {
    [PROGRAM_PARENT] = "tarryd",   [PROGRAM_SIGNER] = "signer",
    [PROGRAM_SMTPD] = "smtpd",     [PROGRAM_RESOLVER] = "resolver",
    [PROGRAM_DELIVER] = "deliver", [PROGRAM_GREYLIST] = "greylist",
    [PROGRAM_QUEUE] = "queue",     [PROGRAM_RELAY] = "relay",
};

const char *program_name(unsigned program)
{
    return program < PROGRAM_COUNT ? names[program] : "?";
}
