/*
 * Fuzzing what a server sends: any octets, in any pieces, with the connection
 * lost at the end, on one session or on two jobs in one; and with the last
 * octet of what we say held back while the server speaks.
 *
 * Beyond memory errors it holds the session to its contract: each recipient is
 * told one outcome, or the session one failure; a message counts as delivered
 * only after its end was written and a reply came; nothing that the server
 * said turns into a command; and what is passed on is printable.
 *
 * The first two octets choose the job, then follow pieces: a length, octets.
 * A length above 127 holds back an octet, and counts from 128.
 */
#include "queue/relay_session.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    unsigned nrecipients;
    unsigned told[JOB_RECIPIENTS];
    unsigned dots;
    bool written; /* the end of the message */
    size_t held;  /* octets of a command, at the front of the output */
};

static void check_text(const char *s)
{
    for (; *s != '\0'; s++)
        assert((*s >= ' ' && *s <= '~') || *s == '\n');
}

static void on_result(void *arg, const struct job_result *r)
{
    struct seen *seen = arg;

    assert(r->index < seen->nrecipients && r->step < STEP_COUNT);
    assert(seen->told[r->index]++ == 0);
    assert(r->outcome != OUTCOME_DELIVERED || seen->written);
    assert(r->outcome != OUTCOME_UNKNOWN || seen->written);
    check_text(r->reply);
}

static void on_dot(void *arg)
{
    struct seen *seen = arg;

    assert(seen->dots++ == 0);
}

static void make_job(struct job *j, struct seen *seen, unsigned a, unsigned b)
{
    memset(j, 0, sizeof(*j));
    memset(seen, 0, sizeof(*seen));
    j->flags = a & 63;
    j->size = 1000;
    strcpy(j->helo, "h");
    strcpy(j->sender, "s@h");
    strcpy(j->envid, b & 64 ? "e" : "");
    j->nrecipients = seen->nrecipients = 1 + b % 5;
    for (unsigned i = 0; i < j->nrecipients; i++) {
        strcpy(j->recipients[i].address, "r@h");
        j->recipients[i].notify = b >> 4 & 15;
    }
}

/* Our commands are ours: each line begins with a verb that we know. */
static void check_commands(const char *out, size_t len, bool commands)
{
    static const char *const verbs[] = {
        "EHLO h",        "HELO h", "STARTTLS", "MAIL FROM:<s@h>",
        "RCPT TO:<r@h>", "DATA",   "RSET",     "QUIT",
        "BDAT "};
    const char *end = out + len;

    while (commands && out < end) {
        const char *stop = memchr(out, '\n', (size_t)(end - out));
        bool known = false;

        assert(stop != NULL && stop > out && stop[-1] == '\r');
        for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
            known |= strncmp(out, verbs[i], strlen(verbs[i])) == 0;
        assert(known);
        out = stop + 1;
    }
}

static enum relay_want write_all(struct relay_session *s, enum relay_want want,
                                 struct seen *seen, bool *commands, bool hold)
{
    size_t len;
    const char *out;

    for (;;) {
        while (out = relay_session_output(s, &len), len > 0) {
            check_commands(out + seen->held, len - seen->held, *commands);
            seen->held = hold ? 1 : 0;
            want = relay_session_written(s, len - seen->held);
            if (hold)
                return want;
            seen->written = seen->dots > 0;
            *commands = true;
        }
        if (want == RELAY_BODY) {
            *commands = false;
            want = relay_session_body(s, ".\nx\r", 4, true);
        } else if (want == RELAY_TLS) {
            want = relay_session_tls(s);
        } else {
            return want;
        }
    }
}

static void check_end(const struct relay_session *s, const struct seen *seen)
{
    const struct job_result *failure = relay_session_failure(s);

    if (failure != NULL) {
        assert(failure->outcome == OUTCOME_DEFERRED ||
               failure->outcome == OUTCOME_REFUSED);
        check_text(failure->reply);
    }
    for (unsigned i = 0; i < seen->nrecipients; i++)
        assert(seen->told[i] == (failure == NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct relay_hooks hooks = {on_result, on_dot};
    static struct job job;
    static struct seen seen;
    struct relay_session *s;
    enum relay_want want;
    bool commands = true;
    unsigned jobs = 1;

    if (size < 2)
        return 0;
    make_job(&job, &seen, data[0], data[1]);
    s = relay_session_new(&job,
                          data[0] & 128 ? RELAY_TLS_NEVER : RELAY_TLS_OFFERED,
                          &hooks, &seen);
    want = relay_session_start(s);
    for (size_t at = 2; at < size && want != RELAY_CLOSE;) {
        size_t n = data[at++];

        want = write_all(s, want, &seen, &commands, n > 127);
        n &= 127;
        if (want == RELAY_CLOSE)
            break;
        if (want == RELAY_IDLE && jobs++ < 3) {
            check_end(s, &seen);
            assert((relay_session_output(s, &n), n == 0));
            make_job(&job, &seen, data[0], data[1]);
            want = relay_session_job(s, &job);
            continue;
        }
        if (n > size - at)
            n = size - at;
        want = relay_session_input(s, (const char *)data + at, n);
        at += n;
    }
    if (want != RELAY_CLOSE)
        relay_session_lost(s, "4.4.2 Lost");
    check_end(s, &seen);
    relay_session_free(s);
    return 0;
}
