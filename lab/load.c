/*
 * Finds and reads profiles and settings, see load.h.  The one place of the
 * simulation that touches files.
 */
#include "lab/load.h"

#include "lib/log.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX (64 * 1024)
#define PATH     1024

static const char *folder = "etc";

void load_from(const char *dir)
{
    if (dir != NULL)
        folder = dir;
    else if (access(SYSCONF "/profiles", R_OK) == 0)
        folder = SYSCONF;
}

static void path_of(const char *name, const char *where, const char *end,
                    char out[PATH])
{
    if (strchr(name, '/') != NULL)
        snprintf(out, PATH, "%s", name);
    else
        snprintf(out, PATH, "%s/%s%s%s", folder, where, name, end);
}

struct profile *load_profile(const char *name)
{
    char path[PATH], err[4096];
    struct profile *p = NULL;
    char *text;
    size_t len;
    FILE *f;

    path_of(name, "profiles/", ".profile", path);
    f = fopen(path, "re");
    if (f == NULL) {
        fprintf(stderr, "tarrylab: %s: %s\n", path, strerror(errno));
        return NULL;
    }
    text = xcalloc(1, FILE_MAX);
    len = fread(text, 1, FILE_MAX, f);
    if (ferror(f) || len == FILE_MAX)
        fprintf(stderr, "tarrylab: %s: cannot be read, or is too long\n", path);
    else if ((p = profile_parse(path, text, len, err, sizeof(err))) == NULL)
        fprintf(stderr, "%s\n", err);
    fclose(f);
    free(text);
    return p;
}

struct receiver *load_receiver(const char *name)
{
    char path[PATH], err[4096], *base = xstrdup(name);
    char *changes = strchr(base, ',');
    struct receiver *r;

    if (changes != NULL)
        *changes++ = '\0';
    path_of(base, strcmp(base, "tarry") == 0 ? "" : "examples/", ".conf", path);
    r = receiver_new(path, changes, err, sizeof(err));
    if (r == NULL)
        fprintf(stderr, "%s\n", err);
    free(base);
    return r;
}

static void add_name(char ***names, size_t *n, const char *name, size_t len)
{
    *names = xrealloc(*names, *n + 1, sizeof(**names));
    (*names)[*n] = xcalloc(1, len + 1);
    memcpy((*names)[(*n)++], name, len);
}

/* The names in a folder of the files that end so. */
static int list(const char *where, const char *end, char ***names, size_t *n)
{
    char pattern[PATH];
    glob_t found;
    int rc;

    snprintf(pattern, sizeof(pattern), "%s/%s/*%s", folder, where, end);
    rc = glob(pattern, 0, NULL, &found);
    if (rc != 0) {
        fprintf(stderr,
                "tarrylab: %s: there are none (--etc names another folder)\n",
                pattern);
        return -1;
    }
    for (size_t i = 0; i < found.gl_pathc; i++) {
        const char *base = strrchr(found.gl_pathv[i], '/') + 1;

        add_name(names, n, base, strlen(base) - strlen(end));
    }
    globfree(&found);
    return 0;
}

int load_profile_names(char ***names, size_t *n)
{
    *names = NULL;
    *n = 0;
    return list("profiles", ".profile", names, n);
}

int load_receiver_names(char ***names, size_t *n)
{
    *names = NULL;
    *n = 0;
    add_name(names, n, "tarry", 5);
    if (list("examples", ".conf", names, n) == 0)
        return 0;
    load_names_free(*names, *n);
    return -1;
}

void load_names_free(char **names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(names[i]);
    free(names);
}
