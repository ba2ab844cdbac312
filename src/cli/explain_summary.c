/* What happened to a message, in a few sentences for somebody who has not read an RFC. */
#include "cli/explanation.h"
#include "cli/i18n.h"
#include "cli/text.h"

#include <stdio.h>

#define INDENT           2u
#define MAX_NAMES_OCTETS 1024u
#define MAX_SIGNATURES   3u

static struct seki_str first_of(struct seki_str a, struct seki_str b)
{
    return a.len > 0 ? a : b;
}

/* "a, b", without one that was named just before. */
static void add_name(struct seki_buf *names, struct seki_str *last, struct seki_str name)
{
    if (name.len == 0 || seki_str_equal_nocase(name, *last))
        return;
    if (names->len > 0)
        seki_buf_add(names, SEKI_STR(", "));
    seki_buf_add(names, name);
    *last = name;
}

static void print_way(const struct explain_hops *hops)
{
    const struct explain_hop *first = &hops->hops[0], *newest = &hops->hops[hops->hop_count - 1];
    struct seki_str from = first_of(first_of(first->name, first->helo), first->by), to = newest->by, last = from;
    struct seki_buf through;
    seki_buf_init(&through, MAX_NAMES_OCTETS);
    for (size_t i = 0; i + 1 < hops->hop_count; i++)
        if (!seki_str_equal_nocase(hops->hops[i].by, to))
            add_name(&through, &last, hops->hops[i].by);
    if (from.len == 0 || to.len == 0)
        cli_print_sentence(INDENT,
                           _("Its Received fields do not tell where this message came from and where it went."));
    else if (through.len == 0)
        cli_print_sentence(INDENT, _("By its Received fields, this message came from %.*s to %.*s."),
                           SEKI_STR_ARGS(from), SEKI_STR_ARGS(to));
    else
        cli_print_sentence(INDENT, _("By its Received fields, this message came from %.*s through %.*s to %.*s."),
                           SEKI_STR_ARGS(from), SEKI_STR_ARGS(seki_buf_str(&through)), SEKI_STR_ARGS(to));
    seki_buf_release(&through);
}

static void print_dmarc_fail(const struct seki_verdict *verdict)
{
    struct seki_str domain = verdict->dmarc.from_domain;
    if (verdict->has_spf_mail_from)
        cli_print_sentence(INDENT,
                           _("DMARC fails for %.*s, the domain in From: no signature of it verifies, and SPF does "
                             "not pass for it."),
                           SEKI_STR_ARGS(domain));
    else
        cli_print_sentence(INDENT,
                           _("DMARC fails for %.*s, the domain in From: no signature of it verifies, and SPF was "
                             "not checked."),
                           SEKI_STR_ARGS(domain));
}

static void print_disposition(const struct seki_verdict *verdict)
{
    static const char *const asks[] = {
        [SEKI_DMARC_POLICY_REJECT] = N_("The domain asks receivers to reject such mail."),
        [SEKI_DMARC_POLICY_QUARANTINE] = N_("The domain asks receivers to treat such mail as suspicious."),
        [SEKI_DMARC_POLICY_NONE] = N_("The domain asks receivers to do nothing about it."),
    };
    if (verdict->is_arc_override)
        cli_print_sentence(INDENT, "%s",
                           _("A trusted ARC chain vouches for the message, so the policy is not applied."));
    else if ((size_t)verdict->dmarc.policy < sizeof asks / sizeof asks[0] && asks[verdict->dmarc.policy] != NULL)
        cli_print_sentence(INDENT, "%s", _(asks[verdict->dmarc.policy]));
}

static void print_dmarc(const struct seki_verdict *verdict)
{
    struct seki_str domain = verdict->dmarc.from_domain;
    switch (verdict->dmarc.result) {
    case SEKI_DMARC_PASS:
        if (verdict->dmarc.dkim_aligned)
            cli_print_sentence(INDENT, _("DMARC passes for %.*s, the domain in From: a signature for it verifies."),
                               SEKI_STR_ARGS(domain));
        else
            cli_print_sentence(INDENT, _("DMARC passes for %.*s, the domain in From: SPF passes for it."),
                               SEKI_STR_ARGS(domain));
        break;
    case SEKI_DMARC_FAIL:
        print_dmarc_fail(verdict);
        print_disposition(verdict);
        break;
    case SEKI_DMARC_NONE:
        cli_print_sentence(INDENT, _("DMARC says nothing: %.*s, the domain in From, publishes no policy."),
                           SEKI_STR_ARGS(domain));
        break;
    case SEKI_DMARC_TEMPERROR:
        cli_print_sentence(INDENT, _("DMARC could not be checked for %.*s: the DNS did not answer."),
                           SEKI_STR_ARGS(domain));
        break;
    case SEKI_DMARC_PERMERROR:
        cli_print_sentence(INDENT, "%s",
                           _("DMARC cannot be checked: the author's domain or its record is not to be read."));
        break;
    }
}

void cli_print_story(unsigned column, const struct explain_signature *signature)
{
    struct seki_buf sentence;
    struct seki_str rest = seki_str_of(_(explain_story_texts[explain_signature_story(signature)].text));
    const char *place = memmem(rest.ptr, rest.len, "{domain}", sizeof "{domain}" - 1);
    size_t before = place != NULL ? (size_t)(place - rest.ptr) : rest.len;
    seki_buf_init(&sentence, MAX_NAMES_OCTETS);
    seki_buf_add(&sentence, seki_str_head(rest, before));
    if (place != NULL)
        seki_buf_add(&sentence, first_of(signature->domain, SEKI_STR("?")));
    seki_buf_add(&sentence, seki_str_from(rest, before + sizeof "{domain}" - 1));
    cli_print_sentence(column, "%.*s", SEKI_STR_ARGS(seki_buf_str(&sentence)));
    seki_buf_release(&sentence);
}

/* What was done, without the places. */
static void print_changes(const struct cli_explanation *x, const struct explain_signature *s)
{
    if (cli_refusal_of(x, s).len > 0)
        cli_print_sentence(INDENT + 2, "%s", _("It does not count all the same; below stands why."));
    for (size_t i = 0; i < s->header_change.step_count; i++)
        cli_print_sentence(INDENT + 2, "%s", _(explain_header_kind_texts[s->header_change.steps[i].kind].what));
    for (size_t i = 0; i < s->body_change.step_count; i++)
        cli_print_sentence(INDENT + 2, "%s", _(explain_body_kind_texts[s->body_change.steps[i].kind].what));
    if (explain_signature_is_unexplained(s))
        cli_print_sentence(INDENT + 2, "%s", _("No usual change explains all of it."));
}

static void print_signatures(const struct cli_explanation *x)
{
    const struct explain_signatures_report *report = &x->signatures;
    for (size_t i = 0, told = 0; i < report->count && told < MAX_SIGNATURES; i++) {
        const struct explain_signature *s = &report->signatures[i];
        if (s->kind != SEKI_SIGNATURE_DKIM)
            continue;
        told++;
        cli_print_story(INDENT, s);
        print_changes(x, s);
    }
}

/* What the newest sealer says it saw. */
static void add_seen(const struct cli_explanation *x, struct seki_buf *seen)
{
    for (size_t i = 0; i < x->hops.mark_count; i++) {
        const struct explain_mark *mark = &x->hops.marks[i];
        if (mark->kind == EXPLAIN_MARK_ARC_AUTHRES && mark->instance == x->verdict->arc.instance)
            cli_add_results(mark, seen);
    }
}

static void print_arc(const struct cli_explanation *x)
{
    const struct seki_arc_verdict *arc = &x->verdict->arc;
    struct seki_buf seen;
    seki_buf_init(&seen, MAX_NAMES_OCTETS);
    add_seen(x, &seen);
    if (arc->result == SEKI_ARC_PASS && seen.len > 0)
        cli_print_sentence(
            INDENT, _("%.*s has sealed the message (ARC), and the seal verifies. It says that it saw: %.*s."),
            SEKI_STR_ARGS(arc->sets[arc->set_count - 1].sealer), SEKI_STR_ARGS(seki_buf_str(&seen)));
    else if (arc->result == SEKI_ARC_PASS)
        cli_print_sentence(INDENT, _("%.*s has sealed the message (ARC), and the seal verifies."),
                           SEKI_STR_ARGS(arc->sets[arc->set_count - 1].sealer));
    else if (arc->result == SEKI_ARC_FAIL)
        cli_print_sentence(INDENT, "%s", _("The ARC seals of the message do not verify."));
    seki_buf_release(&seen);
}

void cli_print_summary(const struct cli_explanation *x)
{
    printf("%s\n", _("What happened"));
    if (x->hops.hop_count > 0)
        print_way(&x->hops);
    else
        cli_print_sentence(INDENT, "%s",
                           _("No server has left a Received field: the way of this message is not known."));
    if (x->hops.list_id.len > 0)
        cli_print_sentence(INDENT, _("It went through the mailing list %.*s (List-Id)."),
                           SEKI_STR_ARGS(x->hops.list_id));
    print_dmarc(x->verdict);
    print_signatures(x);
    print_arc(x);
}
