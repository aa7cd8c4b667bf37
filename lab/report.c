/* Words and numbers that all reports have in common, see report.h. */
#include "lab/report.h"

#include "lib/log.h"

#include <stdlib.h>

const unsigned report_percents[] = {50, 75, 90, 95, 99, 100};
const size_t report_npercents =
    sizeof(report_percents) / sizeof(*report_percents);

char *report_duration(int64_t sec, char *out, size_t size)
{
    static const struct {
        int64_t sec;
        char letter;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    int i = 0;

    if (sec == 0) {
        snprintf(out, size, "0");
        return out;
    }
    while (i < 3 && sec < units[i].sec)
        i++;
    if (i < 3 && sec % units[i].sec >= units[i + 1].sec)
        snprintf(out, size, "%lld%c%lld%c", (long long)(sec / units[i].sec),
                 units[i].letter,
                 (long long)(sec % units[i].sec / units[i + 1].sec),
                 units[i + 1].letter);
    else
        snprintf(out, size, "%lld%c", (long long)(sec / units[i].sec),
                 units[i].letter);
    return out;
}

const char *report_mail_word(enum mail_kind k)
{
    static const char *const words[] = {"wanted", "spam", "probe"};

    return words[k];
}

double report_share(unsigned n, unsigned all)
{
    return all > 0 ? 100.0 * n / all : 0;
}

static int by_size(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void delays_of_cells(const struct study *s, size_t receiver,
                            struct delays *out)
{
    int64_t *sec = xcalloc(s->nprofiles + 1, sizeof(*sec));
    size_t n = 0, of = 0;

    for (size_t p = 0; p < s->nprofiles; p++) {
        const struct cell *c = study_cell(s, p, receiver);

        if (s->profiles[p]->mail != MAIL_WANTED)
            continue;
        of++;
        if (c->fate == FATE_DELIVERED)
            sec[n++] = c->delay_sec;
    }
    qsort(sec, n, sizeof(*sec), by_size);
    delays_make(out, of, 0, sec, n);
    free(sec);
}

void report_delays(const struct study *s, size_t receiver, bool of_mix,
                   struct delays *out)
{
    const struct mix_result *m;

    if (!of_mix) {
        delays_of_cells(s, receiver, out);
        return;
    }
    m = &s->mix[receiver];
    delays_make(out, m->wanted, 0, m->delay_sec, m->wanted_delivered);
}

static bool same_end(const struct cell *a, const struct cell *b)
{
    return a->fate == b->fate && a->because == b->because &&
           (a->stored > 1) == (b->stored > 1);
}

/* One line for a cell and those of its row that ended likewise. */
static void reason(const struct study *s, size_t p, size_t r, FILE *out)
{
    const struct cell *c = study_cell(s, p, r);
    size_t n = 0;

    for (size_t i = 0; i < s->nreceivers; i++)
        n += same_end(c, study_cell(s, p, i));
    fprintf(out, "%s: %s: %s", s->profiles[p]->name,
            c->stored > 1 ? "duplicated" : fate_sentence(c->fate), c->why);
    if (n < s->nreceivers)
        for (size_t i = r, k = 0; i < s->nreceivers; i++)
            if (same_end(c, study_cell(s, p, i)))
                fprintf(out, "%s%s", k++ == 0 ? " (" : ", ",
                        receiver_name(s->receivers[i]));
    fprintf(out, "%s\n", n < s->nreceivers ? ")" : "");
}

void report_reasons(const struct study *s, FILE *out)
{
    for (size_t p = 0; p < s->nprofiles; p++)
        for (size_t r = 0; r < s->nreceivers; r++) {
            const struct cell *c = study_cell(s, p, r);
            size_t first = 0;

            while (!same_end(c, study_cell(s, p, first)))
                first++;
            if (first == r && c->fate != FATE_ANSWERED && c->why[0] != '\0')
                reason(s, p, r, out);
        }
}
