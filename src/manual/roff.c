#include "manual/roff.h"

#include "cli/columns.h"

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

static void write_character(FILE *to, const char *octets, size_t len)
{
    const char *escape = len == 1 ? escape_of(*octets) : NULL;
    if (escape != NULL)
        fputs(escape, to);
    else
        fwrite(octets, 1, len, to);
}

static void write_text(FILE *to, const char *text, bool has_breaks)
{
    bool is_bold = false;
    wchar_t character, before = L'\0';
    if (*text == '.')
        fputs("\\&", to); /* no request */
    for (size_t len; (len = cli_next_character(text, &character)) > 0; text += len, before = character) {
        if (has_breaks && cli_may_break(before, character))
            fputs("\\:", to); /* between wide characters troff sees no place to break a line */
        if (character != L'`') {
            write_character(to, text, len);
            continue;
        }
        is_bold = !is_bold;
        fputs(is_bold ? "\\fB" : "\\fR", to);
    }
}

void roff_text(FILE *to, const char *text)
{
    write_text(to, text, true);
}

void roff_name(FILE *to, const char *name, const char *text)
{
    fprintf(to, "%s \\- ", name);
    write_text(to, text, false);
    fputc('\n', to);
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
    write_text(to, text, false);
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
            write_character(to, text, 1);
        is_start = *text == '\n';
    }
    fputs("\n.fi\n.RE\n", to);
}
