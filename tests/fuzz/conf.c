/*
 * Fuzzing the configuration: any octets as a file.
 *
 * Beyond memory errors it holds conf_parse() to its contract: settings or
 * mistakes, never both or neither; each mistake begins with the file's name;
 * what is required is there; and a second reading of the same text gives the
 * same answer, since a reload must not depend on the file before it.
 */
#include "lib/conf.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_mistakes(const char *err)
{
    assert(err[0] != '\0');
    for (const char *p = err; p != NULL; p = strchr(p, '\n')) {
        p += *p == '\n';
        assert(strncmp(p, "fuzz:", 5) == 0 || strcmp(p, "and more") == 0);
    }
}

static void check_settings(const struct conf *c)
{
    assert(c->domains.n > 0 && c->nlisten > 0);
    assert(c->mailboxes != NULL && c->state[0] == '/');
    assert(c->hostname != NULL && strchr(c->hostname, '.') != NULL);
    assert(c->tls.certificates.n == c->tls.keys.n);
    assert(c->limits.recipients >= 100 && c->limits.message >= 65536);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char err[16384], again[16384];
    struct conf *c =
        conf_parse("fuzz", (const char *)data, size, err, sizeof(err));
    struct conf *c2 =
        conf_parse("fuzz", (const char *)data, size, again, sizeof(again));

    assert((c == NULL) == (c2 == NULL));
    if (c != NULL) {
        check_settings(c);
    } else {
        check_mistakes(err);
        assert(strcmp(err, again) == 0);
    }
    conf_free(c);
    conf_free(c2);
    return 0;
}
