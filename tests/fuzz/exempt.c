/*
 * Fuzzing exemption lists: any octets as a file of each kind, and questions
 * made of the same octets.
 *
 * Beyond memory errors it holds to the contract: a file is taken without a
 * word or refused with mistakes that name file and line; whoever matches, does
 * so by an entry of that file; and an entry that is an address matches it.
 */
#include "greylist/exempt.h"
#include "greylist/normal.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_entry(const struct exempt_entry *entry)
{
    assert(entry == NULL || (strcmp(entry->file, "fuzz") == 0 &&
                             entry->line > 0 && entry->text[0] != '\0'));
}

static void ask_client(const struct exempt *e, const char *line)
{
    struct netaddr a = {0};
    bool is_address = netaddr_parse(line, &a);
    const struct exempt_entry *found = exempt_client(e, &a, line);

    check_entry(found);
    assert(found != NULL || !is_address);
}

static void ask_address(const struct exempt *e, const char *line)
{
    char normal[NORMAL_TEXT];
    struct address a;

    if (address_parse(line, ADDRESS_NULL | ADDRESS_POSTMASTER | ADDRESS_UTF8,
                      &a) == ADDRESS_OK)
        check_entry(exempt_address(e, &a, normal_sender(&a, normal)));
}

static void play(enum exempt_kind kind, const char *text, size_t len)
{
    struct exempt *e = exempt_new(kind);
    char err[8192], *copy = strndup(text, len), *rest = copy, *line;
    bool fine = exempt_add_text(e, "fuzz", text, len, err, sizeof(err));

    assert(fine == (err[0] == '\0'));
    assert(fine || strncmp(err, "fuzz:", 5) == 0);
    exempt_seal(e);
    while (fine && (line = strsep(&rest, "\n")) != NULL)
        if (kind == EXEMPT_CLIENTS)
            ask_client(e, line);
        else
            ask_address(e, line);
    free(copy);
    exempt_free(e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum exempt_kind kinds[] = {EXEMPT_CLIENTS, EXEMPT_SENDERS,
                                             EXEMPT_RECIPIENTS};

    if (size > 0)
        play(kinds[data[0] % 3], (const char *)data + 1, size - 1);
    return 0;
}
