#include "manual/sekishod_page.h"

#include "cli/i18n.h"
#include "daemon/options.h"
#include "manual/roff.h"

#define COUNT_OF(table) (sizeof(table) / sizeof(table)[0])

struct row {
    const char *tag, *text;
};

static const struct row signals[] = {
    { "SIGHUP",
      N_("Read the configuration anew, and what it names: resolv.conf, trust anchors, the public suffix list. It "
         "is for the next message of every session; no session is dropped. What is wrong, or can only be "
         "changed by a restart, is said in the log and stays as it was.") },
    { "SIGTERM, SIGINT",
      N_("Take no new connections, finish the messages under way within `[daemon] stop_timeout`, and "
         "end. A second one ends at once.") },
};

static const struct row exits[] = {
    { "0", N_("ended because it was told to; with `--check-config`: the configuration is sound") },
    { "1", N_("did not start, or could not go on; standard error or the log says why") },
    { "2", N_("was called wrongly; standard error says how") },
};

static const struct row files[] = {
    { SEKISHO_CONFIG_FILE,
      N_("The configuration: see `sekisho.conf`(5). It is read before privileges are given up, so "
         "it needs to be readable by root alone.") },
    { SEKISHO_CONFIG_FILE ".sample", N_("Every option with its default and what it is for.") },
    { "/var/spool/postfix/sekisho/inbound.sock",
      N_("The milter socket, below the folder that the processes of Postfix "
         "may be confined to. `[inbound] listen` names others.") },
    { "sekishod.service",
      N_("The unit for systemd: it makes the folder of the socket, checks the configuration before "
         "the start, and gives the daemon no more than it needs.") },
};

static const struct row variables[] = {
    { "NOTIFY_SOCKET",
      N_("Where systemd wants to hear that the daemon is ready, reloads or stops (`Type=notify`).") },
    { "JOURNAL_STREAM",
      N_("Says that standard error is the journal, which then gets the level of each line, and puts "
         "the time to it itself.") },
};

static void write_rows(FILE *to, const char *title, const struct row *rows, size_t count)
{
    roff_section(to, title);
    for (size_t i = 0; i < count; i++)
        roff_item(to, rows[i].tag, NULL, _(rows[i].text));
}

static void write_synopsis(FILE *to)
{
    roff_section(to, _("SYNOPSIS"));
    fputs("\\fBsekishod\\fR [\\fB\\-\\-config\\fR \\fIFILE\\fR] [\\fB\\-\\-foreground\\fR]\n.br\n"
          "\\fBsekishod \\-\\-check\\-config\\fR [\\fIFILE\\fR]\n",
          to);
}

static void write_description(FILE *to)
{
    roff_section(to, _("DESCRIPTION"));
    roff_more(
        to,
        _("`sekishod` stands beside Postfix or Sendmail as a milter. It checks every incoming message by SPF, "
          "DKIM, DMARC and ARC, puts one Authentication-Results field on top, and removes the fields that "
          "falsely claim to be its own. With `on_temperror = tempfail` it puts off what cannot be checked now."));
    roff_paragraph(
        to,
        _("Without `[hosting] replica` it labels and does not refuse. With it, mail to hosted domains is marked, "
          "put into the junk folder, held, refused or discarded as each domain has chosen (sekisho(1)), and a "
          "record of every message is kept where `[journal] folder` says."));
    roff_paragraph(
        to,
        _("A supervisor holds the sockets, reads the configuration, and starts the process that sees mail, "
          "and where `[store] url` names a store the one that keeps this node and the store in step. These run as "
          "`[daemon] user` and `[control] user`, can gain no privileges and have their system calls filtered. One "
          "that dies is started again without harm to the other; connections wait in the backlog meanwhile."));
    roff_paragraph(
        to, _("Without `--foreground` the daemon goes into the background, and the command returns when it is "
              "ready to take mail."));
}

static void write_options(FILE *to)
{
    roff_section(to, _("OPTIONS"));
    for (size_t i = 0; i < sekishod_option_count; i++) {
        const struct sekishod_option *o = &sekishod_options[i];
        char tag[64], text[256];
        if (o->help == NULL)
            continue;
        snprintf(tag, sizeof tag, "-%c, --%s", o->letter, o->name);
        snprintf(text, sizeof text, _("%s."), _(o->help));
        roff_item(to, tag, o->argument, text);
    }
}

static void write_mail_servers(FILE *to)
{
    roff_section(to, _("MAIL SERVERS"));
    roff_more(to, _("For Postfix, in `main.cf`:"));
    roff_example(to, "smtpd_milters = unix:sekisho/inbound.sock\n"
                     "milter_default_action = tempfail\n"
                     "milter_content_timeout = 300s");
    roff_paragraph(
        to, _("For Sendmail, in `sendmail.mc`, with `[inbound] listen = unix:/run/sekisho/inbound.sock` and an "
              "empty `socket_group`:"));
    roff_example(to, "INPUT_MAIL_FILTER(`sekisho', `S=local:/run/sekisho/inbound.sock, F=T, "
                     "T=C:1m;S:10s;R:10s;E:5m')dnl");
    roff_paragraph(
        to, _("While the daemon is down mail waits at its senders: accepted unchecked, it would bring in forged "
              "results."));
}

static void write_figures(FILE *to)
{
    roff_section(to, _("LOG AND FIGURES"));
    roff_more(
        to,
        _("Every event is one line, `key=value` or JSON, on standard error or in syslog; `verdict` tells what a "
          "message got and why. The file `log-events.md` of the documentation lists all events and keys. With "
          "`[metrics] listen` the daemon answers over HTTP: `/metrics` has figures for Prometheus, `/healthz` "
          "says whether every loop answers."));
}

void sekishod_page(FILE *to, const char *version)
{
    roff_begin(to, "SEKISHOD", "8", version, _("Mail authentication"));
    roff_section(to, _("NAME"));
    /* TRANSLATORS: at most 56 columns (28 wide characters), as no line can end within. */
    roff_name(to, "sekishod", _("check incoming mail by SPF, DKIM, DMARC and ARC"));
    write_synopsis(to);
    write_description(to);
    write_options(to);
    write_rows(to, _("SIGNALS"), signals, COUNT_OF(signals));
    write_rows(to, _("EXIT STATUS"), exits, COUNT_OF(exits));
    write_mail_servers(to);
    write_figures(to);
    write_rows(to, _("FILES"), files, COUNT_OF(files));
    write_rows(to, _("ENVIRONMENT"), variables, COUNT_OF(variables));
    roff_section(to, _("SEE ALSO"));
    fputs(".BR sekisho.conf (5),\n.BR sekisho (1),\n.BR postconf (5)\n", to);
}
