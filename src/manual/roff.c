#include "manual/roff.h"

#include <stdbool.h>
#include <string.h>

/* What troff would take for something else. Every hyphen is a real one, so that options can be copied. */
static const char *escape_of(char c)
{
    switch (c) {
    case '\\': return "\\e";
    case '-': return "\\-";
    case '"': return "\\(dq";
    case '\'': return "\\(aq";
    case '^': return "\\(ha";
    case '~': return "\\(ti";
    default: return NULL;
    }
}

static void write_octet(FILE *to, char c)
{
    const char *escape = escape_of(c);
    if (escape != NULL)
        fputs(escape, to);
    else
        fputc(c, to);
}

void roff_text(FILE *to, const char *text)
{
    bool is_bold = false;
    if (*text == '.')
        fputs("\\&", to); /* no request */
    for (; *text != '\0'; text++) {
        if (*text == '`') {
            is_bold = !is_bold;
            fputs(is_bold ? "\\fB" : "\\fR", to);
        } else {
            write_octet(to, *text);
        }
    }
}

void roff_begin(FILE *to, const char *name, const char *section, const char *version, const char *manual)
{
    fprintf(to, ".\\\" Made from the program's own tables; do not edit.\n.TH %s %s \"\" \"", name, section);
    roff_text(to, version);
    fputs("\" \"", to);
    roff_text(to, manual);
    fputs("\"\n.ad l\n.nh\n", to);
}

static void write_request(FILE *to, const char *request, const char *text)
{
    fprintf(to, ".%s \"", request);
    roff_text(to, text);
    fputs("\"\n", to);
}

void roff_section(FILE *to, const char *title)
{
    write_request(to, "SH", title);
}

void roff_subsection(FILE *to, const char *title)
{
    write_request(to, "SS", title);
}

void roff_more(FILE *to, const char *text)
{
    roff_text(to, text);
    fputc('\n', to);
}

void roff_paragraph(FILE *to, const char *text)
{
    fputs(".PP\n", to);
    roff_more(to, text);
}

void roff_item(FILE *to, const char *tag, const char *argument, const char *text)
{
    fputs(".TP\n\\fB", to);
    roff_text(to, tag);
    fputs("\\fR", to);
    if (argument != NULL) {
        fputs(" \\fI", to);
        roff_text(to, argument);
        fputs("\\fR", to);
    }
    fputc('\n', to);
    roff_more(to, text);
}

void roff_example(FILE *to, const char *text)
{
    fputs(".PP\n.RS 4\n.nf\n", to);
    bool is_start = true;
    for (; *text != '\0'; text++) {
        if (is_start && (*text == '.' || *text == '\''))
            fputs("\\&", to);
        if (*text == '`')
            fputs("\\(ga", to);
        else
            write_octet(to, *text);
        is_start = *text == '\n';
    }
    fputs("\n.fi\n.RE\n", to);
}
