/* A version of the settings: of which files it has new copies. */
#include "tarryd/settings.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char dir[] = "/tmp/settings-XXXXXX";
static char conf_path[64];
static struct report mistakes;

static void write_file(const char *name, const char *text)
{
    char path[64];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    f = fopen(path, "w");
    cr_assert_not_null(f);
    fputs(text, f);
    cr_assert_eq(fclose(f), 0);
}

static void make(void)
{
    char text[1024];

    cr_assert_not_null(mkdtemp(dir));
    snprintf(text, sizeof(text),
             "hostname = \"mx.example.org\"\n"
             "domains = { \"example.org\" }\n"
             "mailboxes = \"/nowhere/%%u\"\n"
             "aliases = \"%s/aliases\"\n"
             "tls { certificate = \"%s/cert\" key = \"%s/key\" }\n",
             dir, dir, dir);
    write_file("conf", text);
    write_file("aliases", "old aliases");
    write_file("cert", "old certificate");
    write_file("key", "old key");
    snprintf(conf_path, sizeof(conf_path), "%s/conf", dir);
}

static void clean(void)
{
    static const char *const names[] = {"conf", "aliases", "cert", "key"};
    char path[64];

    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
        unlink(path);
    }
    rmdir(dir);
}

TestSuite(settings, .init = make, .fini = clean);

static void expect(const struct settings *s, enum file_kind kind,
                   const char *text)
{
    char buf[64] = "";

    for (size_t i = 0; i < s->nfiles; i++)
        if (s->files[i].kind == kind)
            cr_assert_gt(pread(s->files[i].fd, buf, sizeof(buf) - 1, 0), 0);
    cr_assert_str_eq(buf, text);
}

static struct settings *read_settings(void)
{
    struct settings *s = settings_read(conf_path, &mistakes);

    cr_assert_not_null(s, "%s", mistakes.text);
    return s;
}

/* Whose change nobody asked for must not bring along what nobody checked. */
Test(settings, copy_no_other_files_anew_than_those_that_are_watched)
{
    struct settings *s = read_settings(), *again;
    unsigned programs;

    write_file("aliases", "an administrator is writing them");
    write_file("cert", "another certificate");
    write_file("key", "another key");
    programs = settings_changed(s);
    cr_assert_eq(programs, 1u << PROGRAM_SMTPD | 1u << PROGRAM_SIGNER);
    again = settings_reopen(s, programs, &mistakes);
    cr_assert_not_null(again);
    expect(again, FILE_CERTIFICATE, "another certificate");
    expect(again, FILE_KEY, "another key");
    expect(again, FILE_ALIASES, "old aliases");
    settings_free(s);
    expect(again, FILE_ALIASES, "old aliases");
    settings_free(again);
}

Test(settings, take_along_no_change_of_which_its_reader_is_not_told)
{
    struct settings *s = read_settings(), *again;

    write_file("cert", "another certificate");
    again = settings_reopen(s, 1u << PROGRAM_DELIVER, &mistakes);
    cr_assert_not_null(again);
    expect(again, FILE_CERTIFICATE, "old certificate");
    cr_assert_eq(settings_changed(again),
                 1u << PROGRAM_SMTPD | 1u << PROGRAM_SIGNER);
    settings_free(s);
    settings_free(again);
}

Test(settings, copy_all_files_anew_when_they_are_read)
{
    struct settings *s = read_settings(), *again;

    write_file("aliases", "new aliases");
    again = read_settings();
    expect(again, FILE_ALIASES, "new aliases");
    expect(s, FILE_ALIASES, "old aliases");
    settings_free(s);
    settings_free(again);
}
