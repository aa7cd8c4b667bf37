/* Words and numbers that all reports have in common, see report.h. */
#include "lab/report.h"

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
