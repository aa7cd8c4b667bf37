/*
 * The spool at start, see spool.c: what a crash may have left is put right,
 * and every accepted message is read once.
 */
#include "queue/spool_parts.h"

#include "lib/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

/* The files of one message, as found in the folder. */
struct found {
    uint64_t id;
    enum { HAS_BODY = 1, HAS_NEW = 2, HAS_ENV = 4 } has;
};

struct folder {
    struct found *v;
    size_t n, room;
};

static int by_id(const void *a, const void *b)
{
    const struct found *x = a, *y = b;

    return (x->id > y->id) - (x->id < y->id);
}

static void note(struct folder *f, const char *name)
{
    static const struct {
        const char *kind;
        unsigned has;
    } kinds[] = {{"body", HAS_BODY}, {"new", HAS_NEW}, {"env", HAS_ENV}};
    char number[SPOOL_NAME];
    const char *dot = strchr(name, '.');
    struct found found = {0};

    if (dot != NULL && (size_t)(dot - name) < sizeof(number)) {
        memcpy(number, name, (size_t)(dot - name));
        number[dot - name] = '\0';
        for (size_t i = 0; i < 3; i++)
            if (strcmp(dot + 1, kinds[i].kind) == 0)
                found.has = kinds[i].has;
    }
    if (found.has == 0 || !spool_parse(number, &found.id)) {
        log_warn("queue: %s is none of ours; left alone", name);
        return;
    }
    if (f->n == f->room) {
        f->room = f->room * 2 + 1024;
        f->v = xrealloc(f->v, f->room, sizeof(*f->v));
    }
    f->v[f->n++] = found;
}

/* One entry a message. */
static void merge(struct folder *f)
{
    size_t n = 0;

    if (f->n == 0)
        return;
    qsort(f->v, f->n, sizeof(*f->v), by_id);
    for (size_t i = 1; i < f->n; i++) {
        if (f->v[i].id == f->v[n].id)
            f->v[n].has |= f->v[i].has;
        else
            f->v[++n] = f->v[i];
    }
    f->n = n + 1;
}

static int read_folder(const struct spool *s, struct folder *f)
{
    int fd = openat(spool_folder(s), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd != -1 ? fdopendir(fd) : NULL;
    const struct dirent *e;

    if (dir == NULL) {
        if (fd != -1)
            close(fd);
        return -1;
    }
    /* cppcheck-suppress readdirCalled */
    while ((e = readdir(dir)) != NULL)
        if (e->d_name[0] != '.' && strcmp(e->d_name, "damaged") != 0)
            note(f, e->d_name);
    closedir(dir);
    merge(f);
    return 0;
}

void spool_set_aside(struct spool *s, uint64_t id, const char *why)
{
    static const char *const kinds[] = {"env", "body"};
    char name[SPOOL_NAME];
    struct log_line l;

    log_begin(&l, LOG_LEVEL_ERROR, "set-aside");
    log_str(&l, "id", spool_name(id, name));
    log_str(&l, "why", why);
    log_end(&l);
    for (size_t i = 0; i < 2; i++) {
        char file[SPOOL_NAME + 8], to[SPOOL_NAME + 24];

        snprintf(file, sizeof(file), "%s.%s", spool_name(id, name), kinds[i]);
        snprintf(to, sizeof(to), "damaged/%s", file);
        if (renameat(spool_folder(s), file, spool_folder(s), to) != 0 &&
            errno != ENOENT)
            log_error("queue: %s: %s", to, strerror(errno));
    }
}

/* Cuts a torn line away. */
static void mend(int fd, const struct record *r)
{
    struct stat st;
    char name[SPOOL_NAME];

    if (r->bad_lines > 0)
        log_warn("queue: %s: %u lines of its record cannot be read",
                 spool_name(r->id, name), r->bad_lines);
    if (fstat(fd, &st) == 0 && (size_t)st.st_size > r->length &&
        ftruncate(fd, (off_t)r->length) != 0)
        log_error("queue: %s: %s", name, strerror(errno));
}

/*
 * Only what is damaged is set aside.  What is short in the whole system ends
 * us, and the next of us reads all again; a message that the disk does not
 * give out waits for the next start.
 */
static void unreadable(struct spool *s, uint64_t id, int error)
{
    char name[SPOOL_NAME];

    if (error == EBADMSG)
        spool_set_aside(s, id, "its record is damaged");
    else if (error == EMFILE || error == ENFILE || error == ENOMEM)
        fatal(EX_OSERR, "the queue cannot be read: %s", strerror(error));
    else
        log_error("queue: %s cannot be read and waits for the next start: %s",
                  spool_name(id, name), strerror(error));
}

static struct record *load(struct spool *s, const struct found *f)
{
    struct record *r;
    int fd;

    if (!(f->has & HAS_BODY)) {
        spool_set_aside(s, f->id, "its message is missing");
        return NULL;
    }
    fd = spool_open_record(s, f->id);
    if (fd == -1) {
        unreadable(s, f->id, errno);
        return NULL;
    }
    r = spool_read(f->id, fd);
    if (r == NULL)
        unreadable(s, f->id, errno);
    else
        mend(fd, r);
    close(fd);
    return r;
}

ssize_t spool_scan(struct spool *s, void (*each)(struct record *r, void *arg),
                   void *arg)
{
    struct folder f = {0};
    ssize_t count = 0;

    if (read_folder(s, &f) != 0)
        return -1;
    if (f.n > 0) /* of all, before each() takes a number for a report */
        spool_seen(s, f.v[f.n - 1].id);
    for (size_t i = 0; i < f.n; i++) {
        struct record *r;

        if (!(f.v[i].has & HAS_ENV)) {
            spool_discard(s, f.v[i].id);
            continue;
        }
        r = load(s, &f.v[i]);
        if (r == NULL)
            continue;
        count++;
        each(r, arg);
    }
    free(f.v);
    return count;
}
