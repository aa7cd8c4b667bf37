/*
 * Writing records, see record.h.  What comes from a stranger (an address, a
 * reply) cannot begin a line of its own: control characters are escaped.
 */
#include "queue/record.h"

#include "queue/text.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void encode_some(FILE *out, const char *text, size_t max)
{
    for (; *text != '\0' && max > 0; text++, max--) {
        unsigned char c = (unsigned char)*text;

        if (c < ' ' || c == 0x7f || c == '\\')
            fprintf(out, "\\%02x", c);
        else
            putc(c, out);
    }
}

static void encode(FILE *out, const char *text)
{
    encode_some(out, text, SIZE_MAX);
}

static int hex(char c)
{
    return isdigit((unsigned char)c) ? c - '0'
           : c >= 'a' && c <= 'f'    ? c - 'a' + 10
                                     : -1;
}

char *record_decode(char *text)
{
    char *in = text, *out = text;

    while (*in != '\0') {
        if (*in == '\\' && hex(in[1]) >= 0 && hex(in[2]) >= 0) {
            *out++ = (char)(hex(in[1]) * 16 + hex(in[2]));
            in += 3;
        } else {
            *out++ = *in++;
        }
    }
    *out = '\0';
    return text;
}

static uint32_t checksum(const char *text, size_t len)
{
    uint32_t h = 0x811c9dc5u; /* FNV-1a */

    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)text[i]) * 0x01000193u;
    return h;
}

void record_rcpt_begin(struct record_rcpt *r)
{
    bool ended = r->notify & (NOTIFY_DELIVERED | NOTIFY_EXPANDED);

    r->state = ended ? RCPT_DELIVERED : RCPT_WAITING;
    r->expanded = r->notify & NOTIFY_EXPANDED;
    r->host = r->reply = "";
}

static void write_text(FILE *out, const char *name, const char *value)
{
    fprintf(out, "%s ", name);
    encode(out, value);
    putc('\n', out);
}

void record_write(FILE *out, const struct record *r)
{
    char *text;
    size_t len;
    FILE *part = text_open(&text, &len);

    fprintf(part, "tarry-queue 1\nqueued %" PRId64 "\n", r->queued);
    write_text(part, "session", r->session);
    fprintf(part, "size %" PRIu64 "\nflags %u\n", r->size, r->flags);
    if (r->envid[0] != '\0')
        write_text(part, "envid", r->envid);
    write_text(part, "sender", r->sender);
    for (size_t i = 0; i < r->n; i++) {
        const struct record_rcpt *rcpt = &r->rcpts[i];

        fprintf(part, "recipient %u ", rcpt->notify);
        encode(part, rcpt->orcpt[0] != '\0' ? rcpt->orcpt : "-");
        putc(' ', part);
        encode(part, rcpt->address);
        putc('\n', part);
    }
    fclose(part);
    fwrite(text, 1, len, out);
    fprintf(out, "end %08" PRIx32 "\n", checksum(text, len));
    free(text);
}

static void write_list(FILE *out, const unsigned *index, size_t n)
{
    for (size_t i = 0; i < n; i++)
        fprintf(out, "%c%u", i == 0 ? ' ' : ',', index[i]);
    putc('\n', out);
}

void record_try(FILE *out, int64_t time, const unsigned *index, size_t n)
{
    fprintf(out, "try %" PRId64, time);
    write_list(out, index, n);
}

void record_result(FILE *out, int64_t time, unsigned rcpt, int64_t next,
                   const struct job_result *result)
{
    static const char *const names[] = {[OUTCOME_DELIVERED] = "delivered",
                                        [OUTCOME_DEFERRED] = "deferred",
                                        [OUTCOME_REFUSED] = "refused",
                                        [OUTCOME_UNKNOWN] = "unknown"};

    bool again = result->outcome == OUTCOME_DEFERRED ||
                 result->outcome == OUTCOME_UNKNOWN;

    fprintf(out, "%s %" PRId64 " %u ", names[result->outcome], time, rcpt);
    if (again)
        fprintf(out, "%" PRId64 " ", next);
    fprintf(out, "%u %u ", (unsigned)result->step, result->flags);
    encode(out, result->host[0] != '\0' ? result->host : "-");
    putc(' ', out);
    encode_some(out, result->reply, again ? RECORD_REPLY : SIZE_MAX);
    putc('\n', out);
}

void record_event(FILE *out, int64_t time, const char *event, unsigned rcpt)
{
    fprintf(out, "%s %" PRId64 " %u\n", event, time, rcpt);
}

void record_report(FILE *out, int64_t time, uint64_t id, enum report_kind kind,
                   const unsigned *index, size_t n)
{
    fprintf(out, "report %" PRId64 " %" PRIx64 " %c", time, id, (int)kind);
    write_list(out, index, n);
}

void record_reported(FILE *out, int64_t time, uint64_t id)
{
    fprintf(out, "reported %" PRId64 " %" PRIx64 "\n", time, id);
}

void record_held(FILE *out, int64_t time, bool held)
{
    fprintf(out, "%s %" PRId64 "\n", held ? "held" : "released", time);
}

bool record_finished(const struct record *r)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->rcpts[i].state == RCPT_WAITING)
            return false;
    return true;
}
