/*
 * libconfuse: from text to items.
 *
 * Every option is declared to it as a string or a list of strings, so that
 * each value arrives here with its line; what a value means is decided
 * afterwards, in the file's order.  libconfuse keeps the grammar: names, '=',
 * lists, sections.  It stops at the first offence against that; its messages
 * are put into ours here.
 *
 * It hands no argument to its callbacks, and its scanner is static anyway:
 * one reading at a time, in one thread.  No functions are declared, so there
 * is no include(): a program in its sandbox could not follow one.
 */
#include "lib/conf_internal.h"
#include "lib/log.h"

#include <assert.h>
#include <confuse.h>
#include <string.h>
#include <sysexits.h>

static const char *const sections[] = {"tls",      "limits", "resolver",
                                       "greylist", "policy", "control",
                                       "queue",    "route"};
#define SECTIONS (sizeof(sections) / sizeof(sections[0]))

static struct conf_reading *current;

static const char *section_of(const cfg_t *cfg)
{
    return strcmp(cfg->name, "root") == 0 ? "" : cfg->name;
}

static int record(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
    struct conf_reading *r = current;
    struct conf_item *item;
    const char **kept = result;

    r->items = xrealloc(r->items, r->nitems + 1, sizeof(*r->items));
    item = &r->items[r->nitems++];
    item->option = conf_option(section_of(cfg), opt->name);
    assert(item->option != NULL);
    item->line = (unsigned)cfg->line;
    item->first = opt->nvalues == 1; /* '=' drops the values before it */
    item->title = cfg_title(cfg) != NULL ? xstrdup(cfg_title(cfg)) : NULL;
    item->text = xstrdup(value);
    *kept = value; /* libconfuse makes its copy, which we don't use */
    return 0;
}

static void unknown(const char *section, const char *name, unsigned line)
{
    size_t i;

    for (i = 0; i < CONF_OPTIONS; i++)
        if (strcmp(conf_options[i].name, name) == 0)
            break;
    if (i == CONF_OPTIONS)
        conf_mistake(current, line, section, name, "no such option");
    else if (conf_options[i].section[0] == '\0')
        conf_mistake(current, line, section, name,
                     "no such option here; it stands outside of sections");
    else
        conf_mistake(current, line, section, name,
                     "no such option here; it stands in the section %s { }",
                     conf_options[i].section);
}

/* The option whose '=' was read, and no value yet; or NULL. */
static const struct conf_option *awaiting_value(const cfg_t *cfg)
{
    for (const cfg_opt_t *opt = cfg->opts; opt->name != NULL; opt++)
        if (opt->flags & CFGF_RESET)
            return conf_option(section_of(cfg), opt->name);
    return NULL;
}

/* The option that had the last value, if it was in this section; or NULL. */
static const struct conf_option *last_option(const cfg_t *cfg)
{
    const struct conf_option *last;

    if (current->nitems == 0)
        return NULL;
    last = current->items[current->nitems - 1].option;
    return strcmp(last->section, section_of(cfg)) == 0 ? last : NULL;
}

static void unexpected(const cfg_t *cfg, const char *token)
{
    const struct conf_option *awaiting = awaiting_value(cfg);
    const struct conf_option *o = awaiting ? awaiting : last_option(cfg);
    unsigned line = (unsigned)cfg->line;
    const char *hint = "is a comma missing before it?";

    if (strcmp(token, "{") == 0)
        hint = "a list holds no list, and a section has a name";
    else if (awaiting != NULL || strcmp(token, "=") == 0)
        hint = "is a value missing before it?";
    else if (strcmp(token, ",") == 0)
        hint = "a list stands in braces: { \"a\", \"b\" }";

    if (awaiting != NULL && awaiting->list == 0 && strcmp(token, "{") == 0)
        conf_mistake(current, line, o->section, o->name,
                     "takes one value, not a list");
    else if (o != NULL)
        conf_mistake(current, line, o->section, o->name,
                     "unexpected '%.80s'%s; %s", token,
                     awaiting != NULL ? "" : " after its value", hint);
    else
        conf_mistake(current, line, "", "syntax", "unexpected '%.80s'; %s",
                     token, hint);
}

/* What libconfuse says, in its words without a locale, and what we say. */
static void on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
    const char *section = section_of(cfg);
    const char *word = strstr(fmt, "'%s'") ? va_arg(ap, const char *) : "";
    unsigned line = (unsigned)cfg->line;

    if (strncmp(fmt, "no such option", 14) == 0)
        unknown(section, word, line);
    else if (strncmp(fmt, "unexpected token", 16) == 0)
        unexpected(cfg, word);
    else if (strncmp(fmt, "missing equal sign", 18) == 0)
        conf_mistake(current, line, section, word, "write it with =: %s = ...",
                     word);
    else if (strncmp(fmt, "missing title", 13) == 0)
        conf_mistake(current, line, section, word,
                     "has a title; write %s \"example.com\" { ... }", word);
    else if (strncmp(fmt, "missing opening brace", 21) == 0)
        conf_mistake(current, line, section, word,
                     "is a section; write %s { ... }", word);
    else if (strncmp(fmt, "premature end", 13) == 0)
        conf_mistake(current, line, "", "syntax",
                     "the file ends in the middle of an option");
    else
        conf_mistake(current, line, "", "syntax", "cannot be read");
}

/* Writes the options of a section, as libconfuse wants them, into out. */
static size_t declare(const char *section, cfg_opt_t *out)
{
    size_t n = 0;

    for (size_t i = 0; i < CONF_OPTIONS; i++) {
        const struct conf_option *o = &conf_options[i];

        if (strcmp(o->section, section) != 0)
            continue;
        out[n] = (cfg_opt_t)CFG_STR_CB(o->name, NULL, CFGF_NODEFAULT, record);
        if (o->list > 0)
            out[n].flags |= CFGF_LIST;
        n++;
    }
    out[n] = (cfg_opt_t)CFG_END();
    return n;
}

/* Sections of which there may be many have a title. */
static bool has_title(const char *section)
{
    return strcmp(section, "route") == 0;
}

static void refuse_second_sections(struct conf_reading *r, cfg_t *cfg)
{
    for (size_t i = 0; i < SECTIONS; i++)
        if (!has_title(sections[i]) && cfg_size(cfg, sections[i]) > 1)
            conf_mistake(r, (unsigned)cfg_getnsec(cfg, sections[i], 1)->line,
                         "", sections[i],
                         "a second section of this name ends here; write all "
                         "its options in one");
}

/*
 * "list = {}" brings no value to record(), and would quietly mean the
 * default.  By now libconfuse has forgotten its line.
 */
static void refuse_empty_lists(struct conf_reading *r, const char *section,
                               cfg_t *cfg)
{
    for (unsigned i = 0; i < cfg_num(cfg); i++) {
        cfg_opt_t *opt = cfg_getnopt(cfg, i);
        const struct conf_option *o = conf_option(section, opt->name);

        if (o != NULL && o->default_set != NULL && opt->nvalues == 0 &&
            opt->flags & CFGF_MODIFIED)
            conf_mistake(r, 0, section, o->name,
                         "is empty; leave it out for its default");
    }
}

bool conf_read(struct conf_reading *r, const char *text)
{
    cfg_opt_t inner[SECTIONS][CONF_OPTIONS + 1];
    cfg_opt_t outer[CONF_OPTIONS + SECTIONS + 1];
    size_t n = declare("", outer);
    bool complete;
    cfg_t *cfg;

    for (size_t i = 0; i < SECTIONS; i++) {
        declare(sections[i], inner[i]);
        outer[n++] = (cfg_opt_t)CFG_SEC(
            sections[i], inner[i],
            has_title(sections[i]) ? CFGF_MULTI | CFGF_TITLE : CFGF_MULTI);
    }
    outer[n] = (cfg_opt_t)CFG_END();

    cfg = cfg_init(outer, CFGF_NONE);
    if (cfg == NULL)
        fatal(EX_OSERR, "out of memory");
    cfg_set_error_function(cfg, on_error);
    current = r;
    complete = cfg_parse_buf(cfg, text) == CFG_SUCCESS;
    if (!complete && r->nmistakes == 0)
        conf_mistake(r, (unsigned)cfg->line, "", "syntax", "cannot be read");
    refuse_second_sections(r, cfg);
    if (complete)
        refuse_empty_lists(r, "", cfg);
    for (size_t i = 0; i < SECTIONS && complete; i++)
        if (cfg_size(cfg, sections[i]) > 0)
            refuse_empty_lists(r, sections[i], cfg_getsec(cfg, sections[i]));
    current = NULL;
    cfg_free(cfg);
    return complete;
}
