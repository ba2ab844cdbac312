#include "explain/hops.h"

#include "auth/arc_set.h"
#include "explain/one_line.h"
#include "message/received.h"

#include <assert.h>

struct reader {
    struct seki_arena *arena;
    const struct seki_message *message;
    struct explain_hop *hops;
    struct explain_mark *marks;
    size_t hops_left, marks_left; /* of the oldest, that are not told */
    struct explain_hops *out;
};

static void read_hop(struct reader *r, size_t field_index)
{
    struct seki_received received;
    struct seki_str value = seki_message_field(r->message, field_index)->value;
    struct explain_hop *hop = &r->hops[r->out->hop_count++];
    *hop = (struct explain_hop){ .field_index = field_index, .text = explain_one_line(r->arena, value) };
    hop->is_read = seki_received_read(value, &received);
    hop->helo = explain_one_line(r->arena, received.client.helo);
    hop->name = explain_one_line(r->arena, received.client.name);
    hop->address = received.client.address;
    hop->by = explain_one_line(r->arena, received.by);
    hop->with = explain_one_line(r->arena, received.with);
    hop->id = explain_one_line(r->arena, received.id);
    hop->for_path = explain_one_line(r->arena, received.for_path);
    hop->date = explain_one_line(r->arena, received.date);
    hop->tls_major = received.tls_major;
    hop->tls_minor = received.tls_minor;
    hop->has_time = received.has_time;
    hop->time_s = received.time_s;
}

static void read_authres(struct reader *r, struct seki_str value, struct explain_mark *mark)
{
    mark->is_read = seki_authres_parse(r->arena, value, &mark->results, NULL) == SEKI_OK;
    mark->claims = mark->results.authserv_id;
}

static void read_arc_authres(struct reader *r, struct seki_str value, struct explain_mark *mark)
{
    struct seki_str payload;
    mark->instance = seki_arc_auth_results_read(value, &payload);
    if (mark->instance > 0)
        read_authres(r, payload, mark);
}

/* header-field = "Received-SPF:" [CFWS] result FWS [comment FWS] [ key-value-list ] CRLF (RFC 7208 section 9.1) */
static void read_received_spf(struct reader *r, struct seki_str value, struct explain_mark *mark)
{
    (void)r;
    size_t len = 0;
    struct seki_str rest = seki_str_trim(value);
    while (len < rest.len && (seki_is_alpha(rest.ptr[len])))
        len++;
    mark->result = seki_str_head(rest, len);
    mark->is_read = len > 0;
}

static void read_signature(struct reader *r, enum seki_signature_kind kind, struct explain_mark *mark)
{
    static const struct seki_str words[] = {
        [SEKI_CV_NONE] = SEKI_STR_INIT("none"),
        [SEKI_CV_PASS] = SEKI_STR_INIT("pass"),
        [SEKI_CV_FAIL] = SEKI_STR_INIT("fail"),
    };
    struct seki_signature signature;
    if (seki_signature_read(r->arena, kind, r->message, mark->field_index, &signature) != SEKI_OK)
        return;
    mark->claims = signature.domain;
    mark->instance = signature.instance;
    mark->is_read = signature.domain.len > 0;
    if (kind == SEKI_SIGNATURE_SEAL && signature.refusal.result == SEKI_DKIM_NONE)
        mark->result = words[signature.cv];
}

static void read_dkim(struct reader *r, struct seki_str value, struct explain_mark *mark)
{
    (void)value;
    read_signature(r, SEKI_SIGNATURE_DKIM, mark);
}

static void read_arc_signature(struct reader *r, struct seki_str value, struct explain_mark *mark)
{
    (void)value;
    read_signature(r, SEKI_SIGNATURE_AMS, mark);
}

static void read_seal(struct reader *r, struct seki_str value, struct explain_mark *mark)
{
    (void)value;
    read_signature(r, SEKI_SIGNATURE_SEAL, mark);
}

static const struct {
    const char *name;
    void (*read)(struct reader *r, struct seki_str value, struct explain_mark *mark);
} mark_kinds[] = {
    [EXPLAIN_MARK_AUTHRES] = { "Authentication-Results", read_authres },
    [EXPLAIN_MARK_ARC_AUTHRES] = { "ARC-Authentication-Results", read_arc_authres },
    [EXPLAIN_MARK_RECEIVED_SPF] = { "Received-SPF", read_received_spf },
    [EXPLAIN_MARK_DKIM_SIGNATURE] = { "DKIM-Signature", read_dkim },
    [EXPLAIN_MARK_ARC_SIGNATURE] = { "ARC-Message-Signature", read_arc_signature },
    [EXPLAIN_MARK_ARC_SEAL] = { "ARC-Seal", read_seal },
};
static_assert(sizeof mark_kinds / sizeof mark_kinds[0] == EXPLAIN_MARK_KINDS, "a row for every kind");

const char *explain_mark_name(enum explain_mark_kind kind)
{
    return mark_kinds[kind].name;
}

static void read_mark(struct reader *r, enum explain_mark_kind kind, size_t field_index)
{
    struct seki_str value = seki_message_field(r->message, field_index)->value;
    struct explain_mark *mark = &r->marks[r->out->mark_count++];
    *mark = (struct explain_mark){ .kind = kind, .field_index = field_index, .hop = r->out->hop_count };
    mark->text = explain_one_line(r->arena, value);
    mark->claims = mark->result = SEKI_STR("");
    mark_kinds[kind].read(r, value, mark);
}

static enum explain_mark_kind mark_kind_named(struct seki_str name)
{
    size_t kind = 0;
    while (kind < EXPLAIN_MARK_KINDS && !seki_str_equal_nocase(name, seki_str_of(mark_kinds[kind].name)))
        kind++;
    return (enum explain_mark_kind)kind;
}

/* One of those that are not told? */
static bool is_left_out(size_t *left)
{
    bool is_out = *left > 0;
    *left -= is_out;
    return is_out;
}

static void read_field(struct reader *r, size_t field_index)
{
    struct seki_str name = seki_message_field(r->message, field_index)->name;
    enum explain_mark_kind kind = mark_kind_named(name);
    if (kind < EXPLAIN_MARK_KINDS && !is_left_out(&r->marks_left))
        read_mark(r, kind, field_index);
    else if (seki_str_equal_nocase(name, SEKI_STR("Received")) && !is_left_out(&r->hops_left))
        read_hop(r, field_index);
}

static size_t count_marks(const struct seki_message *message)
{
    size_t count = 0;
    for (size_t kind = 0; kind < EXPLAIN_MARK_KINDS; kind++)
        count += seki_message_count_named(message, seki_str_of(mark_kinds[kind].name));
    return count;
}

static size_t beyond(size_t count, size_t bound)
{
    return count > bound ? count - bound : 0;
}

static void measure_delays(struct explain_hop *hops, size_t count)
{
    for (size_t i = 0; i + 1 < count; i++) {
        hops[i].has_delay = hops[i].has_time && hops[i + 1].has_time;
        if (hops[i].has_delay)
            hops[i].delay_s = hops[i + 1].time_s - hops[i].time_s;
    }
}

/* The topmost field of this name; ptr NULL when there is none. */
static struct seki_str topmost(const struct seki_message *message, struct seki_str name)
{
    size_t index = SIZE_MAX, above = SIZE_MAX;
    while ((above = seki_message_find_up(message, name, above)) != SIZE_MAX)
        index = above;
    return index != SIZE_MAX ? seki_message_field(message, index)->value : (struct seki_str){ NULL, 0 };
}

/* What stands between "<" and ">"; all, when they are not there. */
static struct seki_str in_angle_brackets(struct seki_str text)
{
    size_t open = seki_str_find(text, '<'), close = seki_str_find_last(text, '>');
    if (open >= close || close == text.len)
        return seki_str_trim(text);
    return seki_str_trim((struct seki_str){ text.ptr + open + 1, close - open - 1 });
}

static void read_list_and_path(struct reader *r)
{
    struct seki_str return_path = topmost(r->message, SEKI_STR("Return-Path"));
    struct seki_str list_id = topmost(r->message, SEKI_STR("List-Id"));
    r->out->has_return_path = return_path.ptr != NULL;
    r->out->return_path = explain_one_line(r->arena, in_angle_brackets(return_path));
    r->out->list_id = explain_one_line(r->arena, in_angle_brackets(list_id));
}

enum seki_result explain_hops_read(struct seki_arena *arena, const struct seki_message *message,
                                   struct explain_hops *hops_out)
{
    size_t received = seki_message_count_named(message, SEKI_STR("Received")), marks = count_marks(message);
    *hops_out = (struct explain_hops){ .older_hops = beyond(received, EXPLAIN_MAX_HOPS),
                                       .older_marks = beyond(marks, EXPLAIN_MAX_MARKS) };
    struct reader reader = { .arena = arena,
                             .message = message,
                             .hops_left = hops_out->older_hops,
                             .marks_left = hops_out->older_marks,
                             .out = hops_out };
    hops_out->hops = reader.hops = seki_arena_alloc(arena, received - reader.hops_left, sizeof *reader.hops);
    hops_out->marks = reader.marks = seki_arena_alloc(arena, marks - reader.marks_left, sizeof *reader.marks);
    if (reader.hops == NULL || reader.marks == NULL)
        return seki_arena_failure(arena);
    for (size_t i = seki_message_field_count(message); i > 0; i--)
        read_field(&reader, i - 1);
    measure_delays(reader.hops, hops_out->hop_count);
    read_list_and_path(&reader);
    return seki_arena_failure(arena);
}

/* Addresses that no host on the Internet has: RFC 1918, 6598, 3927, 1122, 4193, 4291. */
static bool is_public(const struct seki_ip *address)
{
    static const struct {
        struct seki_ip network;
        unsigned prefix_bits;
    } inside[] = {
        { { 4, { 10 } }, 8 },       { { 4, { 172, 16 } }, 12 },  { { 4, { 192, 168 } }, 16 },
        { { 4, { 100, 64 } }, 10 }, { { 4, { 169, 254 } }, 16 }, { { 4, { 127 } }, 8 },
        { { 4, { 0 } }, 8 },        { { 16, { 0xFC } }, 7 },     { { 16, { 0xFE, 0x80 } }, 10 },
        { { 16, { 0 } }, 127 }, /* :: and ::1 */
    };
    for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++)
        if (seki_ip_in_network(address, &inside[i].network, inside[i].prefix_bits))
            return false;
    return address->octet_count > 0;
}

bool explain_hops_border(const struct explain_hops *hops, size_t *index_out)
{
    for (size_t i = hops->hop_count; i > 0; i--) {
        *index_out = i - 1;
        if (is_public(&hops->hops[i - 1].address))
            return true;
    }
    return false;
}
