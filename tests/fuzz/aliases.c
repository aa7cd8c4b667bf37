/*
 * Any octets as an aliases file: it is read or refused, with a text that says
 * why, and what is read answers questions.
 */
#include "queue/aliases.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char a_example[] = "a.example", b_example[] = "b.example";
    static char *ours[] = {a_example, b_example};
    static const struct strings domains = {ours, 2};
    char err[256];
    struct aliases *a = aliases_parse("aliases", (const char *)data, size,
                                      &domains, "+", err, sizeof(err));

    if (a == NULL) {
        if (err[0] == '\0' || strlen(err) >= sizeof(err))
            abort();
        return 0;
    }
    for (size_t i = 0; i < a->n; i++) {
        const struct alias *alias = &a->v[i];

        /* What is in the table is found in it. */
        if (alias->local[0] != '\0' &&
            aliases_find(a, alias->local,
                         alias->domain[0] != '\0' ? alias->domain
                                                  : b_example) == NULL)
            abort();
        if (alias->local[0] == '\0' &&
            aliases_catch_all(a, alias->domain) != alias)
            abort();
    }
    aliases_free(a);
    return 0;
}
