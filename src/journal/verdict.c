#include "journal/verdict.h"

static bool take_signatures(struct journal_record *record, const struct seki_dkim_verdict *dkim,
                            struct seki_arena *arena)
{
    struct journal_signature *signatures = seki_arena_alloc(arena, dkim->signature_count, sizeof *signatures);
    record->signatures = signatures;
    record->signature_count = signatures != NULL ? dkim->signature_count : 0;
    for (size_t i = 0; i < record->signature_count; i++) {
        const struct seki_dkim_signature_verdict *from = &dkim->signatures[i];
        signatures[i] =
            (struct journal_signature){ from->result, from->domain, from->selector, from->algorithm, from->reason };
    }
    return signatures != NULL;
}

bool journal_record_take_verdict(struct journal_record *record, const struct seki_verdict *verdict,
                                 struct seki_arena *arena)
{
    record->spf_reason = verdict->has_spf_mail_from ? verdict->spf_mail_from.reason : SEKI_STR("");
    record->dmarc_reason = verdict->dmarc.reason;
    record->policy_domain = verdict->dmarc.policy_domain;
    record->org_domain = verdict->dmarc.org_domain;
    record->arc = verdict->arc.result;
    return take_signatures(record, &verdict->dkim, arena);
}
