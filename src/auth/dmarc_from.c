/* The Author Domain: RFC 9989 section 5.3.1, and what happens when there is not exactly one.
 *
 * A message without one is outside the RFC's scope, which makes it the way around DMARC (section 11.5): several
 * addresses, a second From field, a field that only a lenient reader understands. All of these are defects with a
 * name here, and the domains that can be read are kept so that their policies are known. Groups (RFC 6854) are no
 * defect as long as one address stands in them; an empty one names no domain (section 4.4). */
#include "auth/dmarc_internal.h"

#include "base/i18n.h"

#include <sekisho/address.h>

#define MAX_FROM_FIELDS 4u /* read; a second one is a defect already */

struct reader {
    struct seki_arena *arena;
    size_t max_domains;
    struct seki_dmarc_from *from;
    bool has_more; /* domains than are evaluated; nothing is read any more */
};

/* The first defect found is the one that is told. */
static enum seki_result defect(struct reader *reader, const char *text, struct seki_str detail)
{
    if (reader->from->defect.len > 0)
        return SEKI_OK;
    reader->from->defect = detail.len > 0
                               ? seki_arena_format(reader->arena, "%s: %.*s", text, SEKI_STR_ARGS(detail))
                               : seki_str_of(text);
    return reader->from->defect.ptr != NULL ? SEKI_OK : seki_arena_failure(reader->arena);
}

static bool is_known(const struct seki_dmarc_from *from, struct seki_str domain)
{
    for (size_t i = 0; i < from->domain_count; i++)
        if (seki_str_equal(from->domains[i], domain))
            return true;
    return false;
}

static enum seki_result add_domain(struct reader *reader, struct seki_str domain)
{
    struct seki_dmarc_from *from = reader->from;
    if (is_known(from, domain))
        return SEKI_OK;
    if (from->domain_count == reader->max_domains) { /* an evaluation that is not complete says so (section 11.5) */
        reader->has_more = true;
        from->defect = SEKI_STR(N_("From has more different domains than are evaluated"));
        return SEKI_OK;
    }
    from->domains[from->domain_count++] = domain;
    if (from->domain_count > 1)
        return defect(reader, N_("From has several different domains"), SEKI_STR(""));
    return SEKI_OK;
}

/* "If the domain is a U-label, the domain MUST be converted to an A-label" (section 5.3.1). */
static enum seki_result read_mailbox(struct reader *reader, const struct seki_mailbox *mailbox)
{
    if (mailbox->domain.len == 0)
        return defect(reader, N_("an address in From has no domain"), SEKI_STR(""));
    if (mailbox->domain.ptr[0] == '[')
        return defect(reader, N_("From has an address literal"), mailbox->domain);
    if (is_known(reader->from, mailbox->domain))
        return SEKI_OK; /* a thousand addresses of one domain are converted once */
    struct seki_str ascii;
    enum seki_result result = seki_domain_to_ascii(reader->arena, mailbox->domain, &ascii);
    if (result == SEKI_BAD_INPUT)
        return defect(reader, N_("From has what is no domain name"), mailbox->domain);
    return result == SEKI_OK ? add_domain(reader, ascii) : result;
}

static enum seki_result read_field(struct reader *reader, const struct seki_field *field)
{
    struct seki_address_list list;
    struct seki_error why = { "" };
    enum seki_result result = seki_address_parse_list(reader->arena, field->value, &list, &why);
    if (result == SEKI_BAD_INPUT)
        return defect(reader, N_("From cannot be read"), seki_str_of(why.text));
    if (result != SEKI_OK)
        return result;
    if (list.mailbox_count == 0)
        return defect(reader, N_("From names nobody"), SEKI_STR(""));
    for (size_t i = 0; i < list.mailbox_count && result == SEKI_OK && !reader->has_more; i++)
        result = read_mailbox(reader, &list.mailboxes[i]);
    return result;
}

/* What stands in the header besides the fields that are read. */
static enum seki_result judge_header(struct reader *reader, const struct seki_message *message)
{
    size_t count = seki_message_count_named(message, SEKI_STR("From"));
    if ((seki_message_defects(message) & (SEKI_DEFECT_TOO_MANY_FIELDS | SEKI_DEFECT_HEADER_TOO_LONG)) != 0)
        return defect(reader, N_("the header is too long to know that it has only one From field"), SEKI_STR(""));
    if (count == 0)
        return defect(reader, N_("there is no From field"), SEKI_STR(""));
    if (count > 1)
        return defect(reader, N_("there are several From fields"), SEKI_STR(""));
    return SEKI_OK;
}

enum seki_result seki_dmarc_from_read(struct seki_arena *arena, const struct seki_message *message,
                                      size_t max_domains, struct seki_dmarc_from *from_out)
{
    *from_out = (struct seki_dmarc_from){ .defect = SEKI_STR_INIT("") };
    from_out->domains = seki_arena_alloc(arena, max_domains, sizeof *from_out->domains);
    if (from_out->domains == NULL)
        return seki_arena_failure(arena);
    struct reader reader = { .arena = arena, .max_domains = max_domains, .from = from_out };
    enum seki_result result = judge_header(&reader, message);
    size_t index = SIZE_MAX;
    for (size_t i = 0; i < MAX_FROM_FIELDS && result == SEKI_OK && !reader.has_more; i++) {
        index = seki_message_find_up(message, SEKI_STR("From"), index);
        if (index == SIZE_MAX)
            break;
        result = read_field(&reader, seki_message_field(message, index));
    }
    return result;
}
