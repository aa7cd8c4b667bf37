/*
 * libFuzzer target: a whole session from octets.  The input begins with a head
 * of 16 octets, which says how the house answers; the rest is what the client
 * sends.  FF 'T' in it ends what is thrown away behind STARTTLS.
 *
 * Each input is played twice, in one segment and in pieces of random sizes.
 * Both must give the same replies and store the same octets: where a segment
 * ends means nothing in SMTP.  What the session wants must be legal, its
 * replies well formed, its output and memory bounded, and what it stores free
 * of CR and NUL.
 */
#include "smtpd/session.h"

#include <sanitizer/allocator_interface.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HEAD      16
#define INPUT_MAX (64u * 1024)
#define ROOM      (4u * 1024 * 1024)

#define REQUIRE(what)                                                  \
    do {                                                               \
        if (!(what)) {                                                 \
            fprintf(stderr, "line %d: not so: %s\n", __LINE__, #what); \
            abort();                                                   \
        }                                                              \
    } while (0)

enum {
    FLAG_STARTTLS = 1,
    FLAG_TLS = 2,
    FLAG_SMALL = 4,
    FLAG_UNWRITTEN = 8,
    FLAG_NO_DSN = 16
};

/* How one playing went: what the client heard, and what was stored for good. */
struct record {
    size_t replies_len, stored_len;
    char replies[ROOM], stored[ROOM];
};

struct game {
    const uint8_t *head;
    struct session *s;
    size_t memory;  /* what the session may hold */
    size_t before;  /* what was allocated without it */
    unsigned asked; /* questions to the house so far */
    bool open;
    size_t message_start; /* in record.stored */
    struct record *record;
};

static void put(char *to, size_t *len, const char *data, size_t n)
{
    REQUIRE(*len + n <= ROOM);
    memcpy(to + *len, data, n);
    *len += n;
}

/* An octet of the head for this question; the same in both playings. */
static unsigned answer(struct game *g)
{
    return g->head[2 + g->asked++ % (HEAD - 2)];
}

static enum stored storing(unsigned octet)
{
    return octet < 0xf0 ? STORED_OK : (enum stored)(octet & 3);
}

static enum want check(struct game *g)
{
    unsigned octet = answer(g);
    REQUIRE(memchr(session_recipient(g->s)->local, '\0', ADDRESS_LOCAL + 1));
    return session_checked(g->s, octet < 0xe0 ? CHECKED_LOCAL
                                              : (enum checked)(octet % 5));
}

static enum want verdict(struct game *g)
{
    static const char *const replies[] = {"450 4.7.1 Later",
                                          "450 4.7.1 Later\n450 4.7.1 and why",
                                          "550 5.7.1 No", "421 4.7.0 Enough"};
    unsigned octet = answer(g);
    struct verdict v = {.judged = octet < 0xc8   ? JUDGED_PASS
                                  : octet < 0xd0 ? JUDGED_DEFER_AT_DATA
                                                 : JUDGED_DEFER};
    strcpy(v.reply, replies[octet & 3]);
    return session_verdict(g->s, &v);
}

/* What queue is told goes into commands and reports: it must be fit for both.
 */
static void check_dsn(const struct game *g)
{
    const struct mail_params *p = session_params(g->s);
    bool off = g->head[0] & FLAG_NO_DSN;
    REQUIRE(!p->envid[0] || dsn_is_envid(p->envid, strlen(p->envid)));
    REQUIRE(!off || (!p->envid[0] && p->ret == RET_NONE));
    for (size_t i = 0; i < session_recipient_count(g->s); i++) {
        struct accepted a = session_recipient_at(g->s, i);
        REQUIRE(a.notify < NOTIFY_WORDS);
        REQUIRE(!(a.notify & NOTIFY_NEVER) || a.notify == NOTIFY_NEVER);
        REQUIRE(!a.orcpt[0] || dsn_is_orcpt(a.orcpt, strlen(a.orcpt), p->utf8));
        REQUIRE(!off || (!a.notify && !a.orcpt[0]));
    }
}

static enum want place(struct game *g)
{
    enum stored how = storing(answer(g));
    REQUIRE(!g->open && session_recipient_count(g->s) > 0);
    check_dsn(g);
    g->open = how == STORED_OK;
    g->message_start = g->record->stored_len;
    return session_opened(g->s, how, NULL, 1700000000);
}

/* Writing fails behind as many octets as the head says. */
static enum want writing(struct game *g)
{
    struct record *r = g->record;
    size_t len, limit = g->head[0] & FLAG_UNWRITTEN ? 8u * g->head[15] : ROOM;
    const char *data = session_body(g->s, &len);
    REQUIRE(g->open && len > 0);
    REQUIRE(!memchr(data, '\r', len) && !memchr(data, '\0', len));
    put(r->stored, &r->stored_len, data, len);
    return session_written(g->s, r->stored_len - g->message_start > limit
                                     ? STORED_FULL_DISK
                                     : STORED_OK);
}

static enum want ending(struct game *g, bool commit)
{
    enum stored how = commit ? storing(answer(g)) : STORED_FAILURE;
    REQUIRE(g->open);
    g->open = false;
    if (how != STORED_OK)
        g->record->stored_len = g->message_start;
    return commit ? session_committed(g->s, how) : session_aborted(g->s);
}

static void hear(struct game *g)
{
    struct record *r = g->record;
    size_t len;
    const char *out = session_output(g->s, &len);
    REQUIRE(len <= SESSION_OUTPUT);
    put(r->replies, &r->replies_len, out, len);
    session_output_written(g->s, len);
    REQUIRE(__sanitizer_get_current_allocated_bytes() <= g->before + g->memory);
}

/* Everything but input; returns what only the client can give. */
static enum want serve(struct game *g, enum want want)
{
    for (;; hear(g)) {
        switch (want) {
        case WANT_CHECK:
            want = check(g);
            break;
        case WANT_VERDICT:
            want = verdict(g);
            break;
        case WANT_OPEN:
            want = place(g);
            break;
        case WANT_WRITE:
            want = writing(g);
            break;
        case WANT_COMMIT:
            want = ending(g, true);
            break;
        case WANT_ABORT:
            want = ending(g, false);
            break;
        default:
            hear(g);
            return want;
        }
    }
}

/* Behind STARTTLS: the rest of the clear text is skipped. */
static size_t after_mark(const uint8_t *data, size_t len)
{
    const uint8_t *mark = memmem(data, len, "\xffT", 2);
    return mark ? (size_t)(mark + 2 - data) : len;
}

/* Feeds it all, in one segment or in pieces. */
static void feed(struct game *g, enum want want, const uint8_t *data,
                 size_t len, bool split)
{
    static char buf[INPUT_MAX];
    unsigned seed = g->head[1];
    size_t have = 0, start = 0, used;
    while (want == WANT_INPUT || want == WANT_FLUSH || want == WANT_TLS) {
        if (want == WANT_TLS) {
            /* What was not used yet came from data and is there again. */
            data -= have, len += have, have = start = 0;
            used = after_mark(data, len);
            data += used, len -= used;
            want = session_tls(g->s, "TLSv1.3", "TLS_AES_256_GCM_SHA384");
            continue;
        }
        if (have > 0) {
            want = session_input(g->s, buf + start, have, &used);
            REQUIRE(used <= have);
            start += used, have -= used;
            want = serve(g, want);
            if (used > 0 || (want != WANT_INPUT && want != WANT_FLUSH))
                continue;
            REQUIRE(have < SESSION_LINE);
        }
        if (len == 0)
            return;
        memmove(buf, buf + start, have);
        start = 0;
        seed = seed * 1103515245u + 12345u;
        used = 1 + (seed >> 16) % (g->head[1] & 1 ? 7 : 700);
        if (!split || used > len)
            used = len;
        memcpy(buf + have, data, used);
        have += used, data += used, len -= used;
    }
}

static void play(const uint8_t *input, size_t len, bool split,
                 struct record *record)
{
    static const struct netaddr client = {4, {192, 0, 2, 1}};
    bool small = input[0] & FLAG_SMALL;
    struct session_limits limits = {.hostname = "mx.example.org",
                                    .message = small ? 100 : 1000000,
                                    .recipients = small ? 2 : 100,
                                    .errors = small ? 3 : 20,
                                    .received = small ? 1 : 100,
                                    .starttls = input[0] & FLAG_STARTTLS,
                                    .dsn = !(input[0] & FLAG_NO_DSN)};
    struct game g = {.head = input, .record = record};
    enum want want;
    record->replies_len = record->stored_len = 0;
    tzset(); /* allocates once; it is not the session's */
    g.memory = session_memory(&limits);
    g.before = __sanitizer_get_current_allocated_bytes();
    g.s = session_new(&limits, &client, "session1");
    if (input[0] & FLAG_TLS)
        session_tls(g.s, "TLSv1.3", "TLS_AES_256_GCM_SHA384");
    want = serve(&g, session_start(g.s));
    feed(&g, want, input + HEAD, len - HEAD, split);
    want = serve(&g, session_end(g.s, "4.4.2 Timeout"));
    REQUIRE(want == WANT_CLOSE && !g.open);
    session_free(g.s);
    REQUIRE(__sanitizer_get_current_allocated_bytes() <= g.before);
}

/* "250 text", "250-text": RFC 5321 §4.2, §4.5.3.1.5. */
static void check_replies(const struct record *r)
{
    const char *line = r->replies, *end = line + r->replies_len;
    while (line < end) {
        const char *nl = memchr(line, '\n', end - line);
        REQUIRE(nl && nl - line >= 4 && nl - line < 512 && nl[-1] == '\r');
        REQUIRE(line[0] >= '2' && line[0] <= '5');
        REQUIRE(line[1] >= '0' && line[1] <= '9');
        REQUIRE(line[2] >= '0' && line[2] <= '9');
        REQUIRE(line[3] == ' ' || line[3] == '-');
        for (const char *p = line; p < nl - 1; p++)
            REQUIRE(*p >= ' ' && *p <= '~');
        line = nl + 1;
    }
}

static void same(const char *what, const char *whole, size_t whole_len,
                 const char *split, size_t split_len)
{
    size_t i = 0;
    while (i < whole_len && i < split_len && whole[i] == split[i])
        i++;
    if (i == whole_len && i == split_len)
        return;
    fprintf(stderr, "%s differ at octet %zu\nwhole: %.*s\nsplit: %.*s\n", what,
            i, (int)(whole_len - i), whole + i, (int)(split_len - i),
            split + i);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct record whole, split;
    if (len < HEAD || len > INPUT_MAX)
        return 0;
    play(data, len, false, &whole);
    check_replies(&whole);
    play(data, len, true, &split);
    same("replies", whole.replies, whole.replies_len, split.replies,
         split.replies_len);
    same("stored", whole.stored, whole.stored_len, split.stored,
         split.stored_len);
    return 0;
}
