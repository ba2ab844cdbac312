/* Between the table and the DNS messages that resolver libraries take and give. */
#include <sekisho/answers.h>

#include "base/i18n.h"
#include "dns/wire.h"

#include <assert.h>
#include <stdlib.h>

static_assert(SEKI_QUERY_NAME_MAX >= DNS_NAME_MASTER_MAX, "every name fits");

const char *seki_answer_query_name(const struct seki_answer *question, char *text)
{
    struct seki_dns_name name;
    if (!seki_dns_name_from_text(question->name, &name)) {
        *text = '\0';
        return text;
    }
    return seki_dns_name_to_master(&name, text);
}

/* The question section: a message that answers something else must not be taken for the answer. */
static bool is_about(const void *packet, size_t packet_len, struct seki_str question)
{
    struct seki_dns_cursor c = seki_dns_cursor_of(packet, packet_len);
    struct seki_dns_name asked, named;
    seki_dns_cursor_take(&c, DNS_HEADER_OCTETS);
    seki_dns_name_read(&c, &named);
    return !c.failed && seki_dns_name_from_text(question, &asked) && seki_dns_name_equal(&asked, &named);
}

static enum seki_result enter_failure(struct seki_answers *answers, const struct seki_answer *question,
                                      struct seki_str failure)
{
    const struct seki_answer outcome = { .status = SEKI_ANSWER_FAILED, .failure = failure };
    return seki_answers_enter(answers, question, &outcome);
}

enum seki_result seki_answers_enter_packet(struct seki_answers *answers, const struct seki_answer *question,
                                           const void *packet, size_t packet_len, enum seki_dnssec dnssec)
{
    struct seki_answer outcome;
    if (packet == NULL || packet_len == 0)
        return enter_failure(answers, question, SEKI_STR(N_("no answer")));
    if (!is_about(packet, packet_len, question->name))
        return enter_failure(answers, question, SEKI_STR(N_("unreadable answer, or one to another question")));
    struct seki_dns_records *records = malloc(sizeof *records);
    if (records == NULL)
        return enter_failure(answers, question, SEKI_STR(N_("no memory")));
    seki_dns_wire_read(records, packet, packet_len, question->type, &outcome);
    outcome.dnssec = dnssec;
    enum seki_result result = seki_answers_enter(answers, question, &outcome);
    free(records);
    return result;
}
