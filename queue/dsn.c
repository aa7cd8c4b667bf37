/*
 * Writing a report, see dsn.h.  Three parts: words for people, fields for
 * programs, and the original message or its header.
 *
 * The boundary has the report's own number and a random one in it, so that
 * nobody can have written it into the message that is quoted.
 */
#include "queue/dsn_text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

static bool any(const struct dsn *d, enum dsn_action action)
{
    for (size_t i = 0; i < d->n; i++)
        if (d->recipients[i].action == action)
            return true;
    return false;
}

static const char *subject(const struct dsn *d)
{
    if (any(d, DSN_FAILED))
        return "Undelivered mail returned to sender";
    if (any(d, DSN_DELAYED))
        return "Delayed mail (it is still being tried)";
    return "Mail delivered";
}

static void write_boundary(FILE *out, const struct dsn *d)
{
    fprintf(out, "=_%s.%08" PRIx32, d->id, d->random);
}

static void write_head(FILE *out, const struct dsn *d, bool utf8)
{
    fprintf(out, "Received: by %s id %s; ", d->hostname, d->id);
    dsn_date(out, d->now);
    fprintf(out, "\nDate: ");
    dsn_date(out, d->now);
    fprintf(out,
            "\nFrom: Mail Delivery System <MAILER-DAEMON@%s>\n"
            "To: <%s>\n"
            "Subject: %s\n"
            "Message-ID: <%s@%s>\n"
            "Auto-Submitted: auto-replied\n"
            "MIME-Version: 1.0\n"
            "Content-Type: multipart/report; report-type=%s;\n"
            "\tboundary=\"",
            d->hostname, d->record->sender, subject(d), d->id, d->hostname,
            utf8 ? "global-delivery-status" : "delivery-status");
    write_boundary(out, d);
    fprintf(out, "\"\n\nThis is a MIME-encapsulated message.\n");
}

static void write_part(FILE *out, const struct dsn *d, const char *type)
{
    fprintf(out, "\n--");
    write_boundary(out, d);
    fprintf(out, "\nContent-Type: %s\n", type);
}

static const char *explanation(enum dsn_action action)
{
    switch (action) {
    case DSN_FAILED:
        return "Your message could not be delivered to these recipients, and "
               "will not be\ntried again:\n";
    case DSN_DELAYED:
        return "Your message could not yet be delivered to these recipients. "
               "It is still being\ntried: you need not send it again.\n";
    case DSN_DELIVERED:
        return "Your message was delivered to these recipients, as you asked "
               "to be told:\n";
    case DSN_RELAYED:
        return "Your message was handed to the mail server of these "
               "recipients, which does not\ntell what becomes of it:\n";
    case DSN_EXPANDED:
        return "Your message was passed on to the addresses that stand for "
               "these recipients:\n";
    }
    return "";
}

static void write_person_recipient(FILE *out, const struct dsn *d,
                                   const struct dsn_recipient *r)
{
    fprintf(out, "\n    <%s>\n", r->rcpt->address);
    if (r->rcpt->reply[0] != '\0' && r->action != DSN_DELIVERED) {
        int column = r->rcpt->flags & RESULT_REMOTE
                         ? fprintf(out, "        %s said: ", r->rcpt->host)
                         : fprintf(out, "        this host says: ");

        dsn_fold(out, r->rcpt->reply, "        ", (size_t)column);
    }
    if (r->expired)
        fprintf(out, "        (given up after %u attempts)\n",
                r->rcpt->attempts);
    if (r->action == DSN_DELAYED) {
        fprintf(out, "        (it will be tried until ");
        dsn_date(out, d->expires);
        fprintf(out, ")\n");
    }
}

static void write_people(FILE *out, const struct dsn *d, bool eight)
{
    write_part(out, d, "text/plain; charset=utf-8");
    fprintf(out, "Content-Description: what happened\n%s\n",
            eight ? "Content-Transfer-Encoding: 8bit\n" : "");
    fprintf(out, "This is the mail system of %s.\n", d->hostname);
    for (unsigned a = DSN_FAILED; a <= DSN_EXPANDED; a++) {
        if (!any(d, (enum dsn_action)a))
            continue;
        fprintf(out, "\n%s", explanation((enum dsn_action)a));
        for (size_t i = 0; i < d->n; i++)
            if (d->recipients[i].action == (enum dsn_action)a)
                write_person_recipient(out, d, &d->recipients[i]);
    }
    fprintf(out, "\nThe message was queued here as %s.\n", d->original);
}

static bool ascii(const char *s)
{
    while (*s != '\0')
        if ((unsigned char)*s++ > 127)
            return false;
    return true;
}

/* "rfc822;xtext", as it came with RCPT. */
static void write_orcpt(FILE *out, const char *orcpt)
{
    const char *semicolon = strchr(orcpt, ';');
    char text[DSN_ORCPT];

    if (semicolon == NULL)
        return;
    fprintf(out, "Original-Recipient: %.*s;%s\n", (int)(semicolon - orcpt),
            orcpt, dsn_xtext(semicolon + 1, text, sizeof(text)));
}

static void write_recipient(FILE *out, const struct dsn *d,
                            const struct dsn_recipient *r)
{
    static const char *const actions[] = {
        [DSN_FAILED] = "failed",       [DSN_DELAYED] = "delayed",
        [DSN_DELIVERED] = "delivered", [DSN_RELAYED] = "relayed",
        [DSN_EXPANDED] = "expanded",
    };
    const struct record_rcpt *rcpt = r->rcpt;
    char status[16];

    putc('\n', out);
    write_orcpt(out, rcpt->orcpt);
    dsn_status(rcpt->reply, r->action, r->expired, status);
    fprintf(out, "Final-Recipient: %s; %s\nAction: %s\nStatus: %s\n",
            ascii(rcpt->address) ? "rfc822" : "utf-8", rcpt->address,
            actions[r->action], status);
    if (rcpt->flags & RESULT_REMOTE) {
        fprintf(out, "Remote-MTA: dns; %s\nDiagnostic-Code: smtp; ",
                rcpt->host);
        dsn_fold(out, rcpt->reply, "    ", 23);
    }
    if (rcpt->last != 0) {
        fprintf(out, "Last-Attempt-Date: ");
        dsn_date(out, rcpt->last);
        putc('\n', out);
    }
    if (r->action == DSN_DELAYED) {
        fprintf(out, "Will-Retry-Until: ");
        dsn_date(out, d->expires);
        putc('\n', out);
    }
}

static void write_fields(FILE *out, const struct dsn *d, bool utf8)
{
    char envid[DSN_ENVID];

    write_part(out, d,
               utf8 ? "message/global-delivery-status\n"
                      "Content-Transfer-Encoding: 8bit"
                    : "message/delivery-status");
    putc('\n', out);
    if (d->record->envid[0] != '\0')
        fprintf(out, "Original-Envelope-Id: %s\n",
                dsn_xtext(d->record->envid, envid, sizeof(envid)));
    fprintf(out, "Reporting-MTA: dns; %s\nArrival-Date: ", d->hostname);
    dsn_date(out, d->record->queued);
    putc('\n', out);
    for (size_t i = 0; i < d->n; i++)
        write_recipient(out, d, &d->recipients[i]);
}

/* Octets of the original that are quoted; *eight: some are above 127. */
static size_t original_length(const struct dsn *d, bool *eight)
{
    char buf[8192], last = '\n';
    size_t length = 0;
    ssize_t n;

    while ((n = pread(d->body, buf, sizeof(buf), (off_t)length)) > 0)
        for (ssize_t i = 0; i < n; i++) {
            if (!d->full && buf[i] == '\n' && last == '\n')
                return length;
            *eight |= (unsigned char)buf[i] > 127;
            last = buf[i];
            length++;
        }
    return length;
}

static void write_original(FILE *out, const struct dsn *d, size_t length,
                           bool eight)
{
    char buf[8192];
    size_t at = 0;

    write_part(out, d, d->full ? "message/rfc822" : "text/rfc822-headers");
    fprintf(out, "Content-Description: %s\n%s\n",
            d->full ? "the message" : "its header",
            eight ? "Content-Transfer-Encoding: 8bit\n" : "");
    while (at < length) {
        size_t want = length - at < sizeof(buf) ? length - at : sizeof(buf);
        ssize_t n = pread(d->body, buf, want, (off_t)at);

        if (n <= 0)
            break;
        fwrite(buf, 1, (size_t)n, out);
        at += (size_t)n;
    }
}

bool dsn_write(FILE *out, const struct dsn *d)
{
    bool eight = false, people = false, utf8 = false;
    size_t length = original_length(d, &eight);

    for (size_t i = 0; i < d->n; i++) {
        utf8 |= !ascii(d->recipients[i].rcpt->address) ||
                !ascii(d->recipients[i].rcpt->orcpt);
        people |= utf8 || !ascii(d->recipients[i].rcpt->reply);
    }
    write_head(out, d, utf8);
    write_people(out, d, people);
    write_fields(out, d, utf8);
    write_original(out, d, length, eight);
    fprintf(out, "\n--");
    write_boundary(out, d);
    fprintf(out, "--\n");
    return eight || people;
}
