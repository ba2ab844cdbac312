/* All mechanisms together: what is asked when, what the field says, and which fields must go. */
#include <sekisho/verify.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

struct fixture {
    struct seki_arena *arena;
    struct seki_context *context;
    struct seki_answers *answers;
    struct seki_verify *verify;
    struct seki_verdict verdict;
};

static const struct { const char *name, *text; } zone[] = {
    { "example.com", "v=spf1 ip4:192.0.2.1 -all" },
    { "_dmarc.example.com", "v=DMARC1; p=reject" },
    { "mail.example.com", "v=spf1 ip4:192.0.2.1 -all" },
};

static void begin(struct fixture *f, const struct seki_verify_options *options)
{
    struct seki_error why;
    *f = (struct fixture){ .arena = seki_arena_new(16 << 20) };
    f->context = seki_context_new(0, &why);
    assert_non_null(f->context);
    f->answers = seki_answers_new(f->arena, 0);
    f->verify = seki_verify_new(f->arena, f->context, options);
    assert_non_null(f->verify);
}

static void end(struct fixture *f)
{
    seki_verify_end(f->verify);
    seki_context_free(f->context);
    seki_arena_free(f->arena);
}

static void answer_all(struct fixture *f)
{
    const struct seki_answer *question;
    while ((question = seki_answers_next_open(f->answers)) != NULL) {
        struct seki_record record = { 0 };
        struct seki_answer outcome = { .status = SEKI_ANSWER_NXDOMAIN, .records = &record };
        for (size_t i = 0; i < sizeof zone / sizeof zone[0]; i++) {
            if (question->type != SEKI_RR_TXT || !seki_str_equal(question->name, seki_str_of(zone[i].name)))
                continue;
            record.text = seki_str_of(zone[i].text);
            outcome.status = SEKI_ANSWER_FOUND;
            outcome.record_count = 1;
        }
        (void)!seki_answers_enter(f->answers, question, &outcome); /* what does not fit shows in the next step */
    }
}

static void finish(struct fixture *f)
{
    assert_int_equal(seki_verify_end_of_header(f->verify), SEKI_OK);
    seki_verify_body(f->verify, SEKI_STR("Hello\r\n"));
    seki_verify_end_of_message(f->verify);
    enum seki_result result;
    while ((result = seki_verify_step(f->verify, f->answers, &f->verdict, NULL)) == SEKI_NEED_ANSWERS)
        answer_all(f);
    assert_int_equal(result, SEKI_OK);
}

static void field(struct fixture *f, const char *name, const char *value)
{
    assert_int_equal(seki_verify_field(f->verify, seki_str_of(name), seki_str_of(value)), SEKI_OK);
}

static void envelope(struct fixture *f, const char *ip, const char *helo, const char *mail_from)
{
    struct seki_ip client;
    assert_true(seki_ip_parse(seki_str_of(ip), &client));
    assert_int_equal(seki_verify_client(f->verify, &client, seki_str_of(helo)), SEKI_OK);
    assert_int_equal(seki_verify_mail_from(f->verify, seki_str_of(mail_from)), SEKI_OK);
}

static bool says(const struct fixture *f, const char *text)
{
    struct seki_str value = f->verdict.authentication_results, want = seki_str_of(text);
    return memmem(value.ptr, value.len, want.ptr, want.len) != NULL;
}

static const struct seki_verify_options named = { .authserv_id = SEKI_STR_INIT("mx.example.net") };

static bool is_open(const struct fixture *f, const char *name)
{
    const struct seki_answer *answer;
    for (size_t i = 0; (answer = seki_answers_at(f->answers, i)) != NULL; i++)
        if (answer->status == SEKI_ANSWER_OPEN && seki_str_equal(answer->name, seki_str_of(name)))
            return true;
    return false;
}

static void everything_independent_is_asked_when_the_header_ends(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, &named);
    envelope(&f, "192.0.2.1", "mail.example.com", "<a@example.com>");
    assert_int_equal(seki_verify_step(f.verify, f.answers, &f.verdict, NULL), SEKI_NEED_ANSWERS);
    assert_true(is_open(&f, "example.com"));
    assert_true(is_open(&f, "mail.example.com"));
    field(&f, "From", " a@news.example.com");
    field(&f, "DKIM-Signature", " v=1; a=rsa-sha256; d=example.com; s=s; h=from; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA");
    assert_int_equal(seki_verify_end_of_header(f.verify), SEKI_OK);
    assert_int_equal(seki_verify_step(f.verify, f.answers, &f.verdict, NULL), SEKI_NEED_ANSWERS);
    assert_true(is_open(&f, "s._domainkey.example.com"));
    assert_true(is_open(&f, "_dmarc.news.example.com"));
    assert_true(is_open(&f, "_dmarc.example.com"));
    assert_true(is_open(&f, "_dmarc.com"));
    end(&f);
}

static void what_may_have_to_align_is_asked_with_the_rest(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, &named);
    envelope(&f, "192.0.2.1", "mail.example.com", "<a@bounce.example.com>");
    field(&f, "From", " a@example.com");
    field(&f, "DKIM-Signature", " v=1; a=rsa-sha256; d=mail.Example.com; s=s; h=from; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA");
    field(&f, "DKIM-Signature", " v=1; a=rsa-sha256; d=esp.example.net; s=s; h=from; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA");
    assert_int_equal(seki_verify_end_of_header(f.verify), SEKI_OK);
    assert_int_equal(seki_verify_step(f.verify, f.answers, &f.verdict, NULL), SEKI_NEED_ANSWERS);
    assert_true(is_open(&f, "_dmarc.example.com"));
    assert_true(is_open(&f, "_dmarc.bounce.example.com"));
    assert_true(is_open(&f, "_dmarc.mail.example.com"));
    assert_false(is_open(&f, "_dmarc.esp.example.net"));
    end(&f);
}

static void the_field_names_what_was_checked(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, &named);
    envelope(&f, "192.0.2.1", "mail.example.com", "<a@example.com>");
    field(&f, "From", " a@example.com");
    finish(&f);
    assert_int_equal(f.verdict.dmarc.result, SEKI_DMARC_PASS);
    assert_true(says(&f, "mx.example.net;"));
    assert_true(says(&f, "spf=pass smtp.mailfrom=example.com"));
    assert_true(says(&f, "spf=pass smtp.helo=mail.example.com"));
    assert_true(says(&f, "dkim=none"));
    assert_true(says(&f, "dmarc=pass header.from=example.com policy.dmarc=reject"));
    assert_true(says(&f, "smtp.remote-ip=192.0.2.1"));
    end(&f);
}

static void a_null_reverse_path_is_reported_as_helo(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, &named);
    envelope(&f, "192.0.2.1", "mail.example.com", "<>");
    field(&f, "From", " a@example.com");
    finish(&f);
    assert_false(f.verdict.has_spf_helo);
    assert_true(says(&f, "spf=pass smtp.helo=mail.example.com"));
    assert_false(says(&f, "smtp.mailfrom"));
    assert_int_equal(f.verdict.dmarc.result, SEKI_DMARC_PASS);
    end(&f);
}

static void a_source_route_is_no_part_of_the_address(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, &named);
    envelope(&f, "192.0.2.1", "mail.example.com", "<@relay.example.org,@b.example.org:a@example.com>");
    field(&f, "From", " a@example.com");
    finish(&f);
    assert_true(says(&f, "smtp.mailfrom=example.com"));
    end(&f);
}

static void without_a_client_spf_is_left_out(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, &named);
    field(&f, "From", " a@example.com");
    finish(&f);
    assert_false(f.verdict.has_spf_mail_from);
    assert_false(says(&f, "spf="));
    assert_int_equal(f.verdict.dmarc.result, SEKI_DMARC_FAIL);
    assert_int_equal(f.verdict.disposition, SEKI_DMARC_POLICY_REJECT);
    end(&f);
}

/* RFC 8601 section 6.7, RFC 9989 section 4.3: reported on demand, and DMARC goes its way without it. */
static void sender_id_is_reported_alone(void **state)
{
    (void)state;
    struct fixture f;
    struct seki_verify_options options = named;
    begin(&f, &options);
    envelope(&f, "192.0.2.1", "mail.example.com", "<a@bounce.example.net>");
    field(&f, "From", " a@example.com");
    finish(&f);
    assert_false(f.verdict.has_sender_id);
    assert_false(says(&f, "sender-id"));
    assert_null(seki_verify_trace(f.verify, "sender-id"));
    end(&f);
    options.with_sender_id = options.explain = true;
    begin(&f, &options);
    envelope(&f, "192.0.2.1", "mail.example.com", "<a@bounce.example.net>");
    field(&f, "From", " A <a@Example.com>");
    finish(&f);
    assert_true(f.verdict.has_sender_id);
    assert_int_equal(f.verdict.sender_id.check.result, SEKI_SPF_PASS);
    assert_true(says(&f, "sender-id=pass header.from=example.com"));
    assert_int_equal(f.verdict.dmarc.result, SEKI_DMARC_FAIL);
    assert_non_null(seki_trace_first(seki_verify_trace(f.verify, "sender-id")));
    end(&f);
}

static void sender_id_names_the_field_that_was_used(void **state)
{
    (void)state;
    struct fixture f;
    struct seki_verify_options options = named;
    options.with_sender_id = true;
    begin(&f, &options);
    envelope(&f, "192.0.2.9", "mail.example.com", "<a@example.com>");
    field(&f, "Resent-From", " \"; dmarc=pass\"@example.com (; dmarc=pass)");
    field(&f, "From", " a@example.org");
    finish(&f);
    assert_true(says(&f, "sender-id=fail reason=\"matched -all\" header.resent-from=example.com;"));
    end(&f);
    begin(&f, &options);
    envelope(&f, "192.0.2.1", "mail.example.com", "<a@example.com>");
    field(&f, "From", " a@example.com, b@example.com");
    finish(&f);
    assert_int_equal(f.verdict.sender_id.check.result, SEKI_SPF_PERMERROR);
    assert_true(says(&f, "sender-id=permerror"));
    assert_false(says(&f, "header.from=example.com;\r\n\tdkim"));
    end(&f);
}

struct removals {
    size_t ordinals[8], count;
};

static void note(void *user, size_t field_index, size_t ordinal)
{
    (void)field_index;
    struct removals *removals = user;
    assert_true(removals->count < 8);
    removals->ordinals[removals->count++] = ordinal;
}

static void forged_fields_are_named_from_the_bottom(void **state)
{
    (void)state;
    struct fixture f;
    struct removals removals = { .count = 0 };
    const struct seki_str ours[] = { SEKI_STR("mx.example.net") };
    begin(&f, &named);
    field(&f, "Authentication-Results", " mx.example.net; spf=pass smtp.mailfrom=a.example");
    field(&f, "authentication-results", " other.example.org; spf=pass smtp.mailfrom=a.example");
    field(&f, "AUTHENTICATION-RESULTS", " (x)\n\tMX.Example.NET (y) 1; dkim=pass header.d=a.example");
    field(&f, "Authentication-Results", " \"mx.example.net\"; none");
    seki_verify_forged_fields(f.verify, ours, 1, note, &removals);
    assert_int_equal(removals.count, 3);
    assert_int_equal(removals.ordinals[0], 4);
    assert_int_equal(removals.ordinals[1], 3);
    assert_int_equal(removals.ordinals[2], 1);
    end(&f);
}

static void past_the_header_bound_the_verdict_is_permerror_and_hidden_fields_go(void **state)
{
    (void)state;
    struct fixture f;
    struct removals removals = { .count = 0 };
    const struct seki_str ours[] = { SEKI_STR("mx.example.net") };
    struct seki_verify_options options = named;
    options.message.max_fields = 2;
    begin(&f, &options);
    envelope(&f, "192.0.2.1", "mail.example.com", "<a@example.com>");
    field(&f, "From", " a@example.com");
    field(&f, "Subject", " x");
    field(&f, "Authentication-Results", " mx.example.net; dmarc=pass header.from=example.com");
    finish(&f);
    assert_int_equal(f.verdict.spf_mail_from.result, SEKI_SPF_PASS);
    assert_int_equal(f.verdict.dmarc.result, SEKI_DMARC_PERMERROR);
    assert_true(says(&f, "dkim=permerror"));
    seki_verify_forged_fields(f.verify, ours, 1, note, &removals);
    assert_int_equal(removals.count, 1);
    assert_int_equal(removals.ordinals[0], 1);
    end(&f);
}

static void past_the_header_bound_the_policy_of_a_readable_author_is_known(void **state)
{
    (void)state;
    struct fixture f;
    struct seki_verify_options options = named;
    options.message.max_fields = 2;
    begin(&f, &options);
    envelope(&f, "192.0.2.66", "mail.example.org", "<a@example.org>");
    field(&f, "From", " a@example.com");
    field(&f, "Subject", " x");
    field(&f, "Subject", " y");
    finish(&f);
    assert_int_equal(f.verdict.dmarc.result, SEKI_DMARC_PERMERROR);
    assert_int_equal(f.verdict.dmarc.policy, SEKI_DMARC_POLICY_REJECT);
    assert_int_equal(f.verdict.disposition, SEKI_DMARC_POLICY_NONE);
    end(&f);
}

static void what_a_sender_chose_cannot_break_the_field(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, &named);
    envelope(&f, "192.0.2.1", "x; dmarc=pass", "<\"a b; dmarc=pass\"@example.com>");
    field(&f, "From", " a@example.com");
    field(&f, "DKIM-Signature", " v=1; a=rsa-sha256; d=e.example; s=\"; dmarc=pass; h=from; bh=AAAA; b=AA");
    finish(&f);
    struct seki_authres parsed;
    assert_int_equal(seki_authres_parse(f.arena, f.verdict.authentication_results, &parsed, NULL), SEKI_OK);
    size_t dmarc = 0;
    for (size_t i = 0; i < parsed.result_count; i++)
        dmarc += seki_str_equal(parsed.results[i].method, SEKI_STR("dmarc"));
    assert_int_equal(dmarc, 1);
    end(&f);
}

#define D60 "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
#define LONG_NAME D60 "." D60 "." D60 "." D60

static char *repeated(struct fixture *f, const char *head, char c, size_t count, const char *tail)
{
    size_t head_len = strlen(head), tail_len = strlen(tail);
    char *text = seki_arena_octets(f->arena, head_len + count + tail_len + 1);
    assert_non_null(text);
    memcpy(text, head, head_len);
    memset(text + head_len, c, count);
    memcpy(text + head_len + count, tail, tail_len + 1);
    return text;
}

/* A sender that could keep the verdict from coming would never be rejected. */
static void absurd_signatures_do_not_cost_the_verdict(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, &named);
    envelope(&f, "192.0.2.66", "mail.example.org", "<a@example.org>");
    field(&f, "DKIM-Signature", repeated(&f, " v=1; a=rsa-sha256; h=from; bh=AAAA; b=AA; s=s; d=", 'd', 70000, ""));
    field(&f, "DKIM-Signature", repeated(&f, " v=1; a=rsa-sha256; h=from; bh=AAAA; b=AA; s=s; d=e.example; i=",
                                         '"', 70000, "@e.example"));
    field(&f, "DKIM-Signature", repeated(&f, " v=1; h=from; bh=AAAA; b=AA; s=s; d=e.example; a=", '\\', 70000, ""));
    for (size_t i = 0; i < 200; i++)
        field(&f, "DKIM-Signature", repeated(&f, " v=1; a=rsa-sha256; h=from; d=" LONG_NAME "; s=" LONG_NAME
                                             "; i=x@" LONG_NAME "; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=",
                                             'A', 344, ""));
    field(&f, "From", " a@example.com");
    finish(&f);
    assert_int_equal(f.verdict.dkim.signature_count, 100);
    assert_int_equal(f.verdict.dmarc.result, SEKI_DMARC_FAIL);
    assert_int_equal(f.verdict.disposition, SEKI_DMARC_POLICY_REJECT);
    assert_true(says(&f, "dmarc=fail"));
    assert_true(f.verdict.authentication_results.len < 65536);
    end(&f);
}

static void copies_of_a_signature_are_told_by_its_first_octets(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, &named);
    field(&f, "From", " a@example.com");
    for (size_t i = 0; i < 2; i++)
        field(&f, "DKIM-Signature", repeated(&f, " v=1; a=rsa-sha256; h=from; bh=AAAA; s=s; d=e.example; b=", 'A', 344, ""));
    finish(&f);
    assert_int_equal(f.verdict.dkim.signatures[0].b_prefix.len, 8);
    assert_true(says(&f, "header.b=AAAAAAAA;"));
    end(&f);
}

/* h= with a thousand names of one octet: the text that takes the most memory for its length. */
static void long_signature(struct fixture *f, const char *name, const char *head)
{
    static char value[4096];
    size_t len = (size_t)snprintf(value, sizeof value, "%s; a=rsa-sha256; d=example.com; s=s; b=AAAA; "
                                  "bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; h=from", head);
    for (size_t i = 1; i < 1000; i++, len += 2)
        memcpy(value + len, ":a", 3);
    field(f, name, value);
}

static void costly_header(struct fixture *f)
{
    char text[80];
    for (unsigned i = 0; i < 100; i++)
        long_signature(f, "DKIM-Signature", "v=1");
    for (unsigned i = 1; i <= 50; i++) {
        snprintf(text, sizeof text, "i=%u", i);
        long_signature(f, "ARC-Message-Signature", text);
        snprintf(text, sizeof text, "i=%u; cv=%s; a=rsa-sha256; d=example.com; s=s; b=AAAA", i, i > 1 ? "pass" : "none");
        field(f, "ARC-Seal", text);
        snprintf(text, sizeof text, "i=%u; mx.example.org; none", i);
        field(f, "ARC-Authentication-Results", text);
    }
    field(f, "From", repeated(f, " \"", 'a', 500000, "\" <a@example.com>"));
    for (unsigned i = 0; i < 9700; i++) {
        snprintf(text, sizeof text, "X-%u", i);
        field(f, text, "");
    }
}

/* What sekishod reckons with ([limits] message_memory): 4 octets for each of the header's, and 512 for each field. */
static void the_costliest_header_stays_within_its_share_of_the_memory(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, &named);
    envelope(&f, "192.0.2.66", "mail.example.org", "<a@example.org>");
    costly_header(&f);
    finish(&f);
    assert_int_equal(f.verdict.dkim.signature_count, 100);
    assert_int_equal(f.verdict.arc.instance, 50);
    assert_int_equal(f.verdict.dmarc.result, SEKI_DMARC_FAIL);
    assert_true(seki_arena_used(f.arena) < 4 * (1 << 20) + 512 * 10000);
    end(&f);
}

static void a_whole_message_is_the_sum_of_its_parts(void **state)
{
    static const char *const texts[] = { "From: a@example.com\r\n\r\nHello\r\n", "From: a@example.com\n\nHello\n" };
    struct fixture parts;
    (void)state;
    begin(&parts, &named);
    envelope(&parts, "192.0.2.1", "mail.example.com", "a@example.com");
    field(&parts, "From", " a@example.com");
    finish(&parts);
    for (size_t i = 0; i < 2; i++) {
        struct fixture whole;
        begin(&whole, &named);
        envelope(&whole, "192.0.2.1", "mail.example.com", "a@example.com");
        assert_int_equal(seki_verify_whole(whole.verify, seki_str_of(texts[i])), SEKI_OK);
        while (seki_verify_step(whole.verify, whole.answers, &whole.verdict, NULL) == SEKI_NEED_ANSWERS)
            answer_all(&whole);
        assert_true(seki_str_equal(whole.verdict.authentication_results, parts.verdict.authentication_results));
        end(&whole);
    }
    end(&parts);
}

/* One message under every ceiling, up to the first that is high enough. @return whether there was a verdict */
static bool verify_within(size_t max_octets)
{
    struct fixture f = { .arena = seki_arena_new(max_octets), .context = seki_context_new(0, NULL) };
    struct seki_ip client = { 4, { 192, 0, 2, 1 } };
    struct seki_error why = { "of another message" };
    enum seki_result result = SEKI_LIMIT;
    f.answers = seki_answers_new(f.arena, 0);
    f.verify = seki_verify_new(f.arena, f.context, &named);
    if (f.answers != NULL && f.verify != NULL) {
        seki_verify_client(f.verify, &client, SEKI_STR("mail.example.com")); /* what fails here the steps tell */
        seki_verify_mail_from(f.verify, SEKI_STR("a@example.com"));
        seki_verify_whole(f.verify, SEKI_STR("From: a@example.com\r\n\r\n"));
        while ((result = seki_verify_step(f.verify, f.answers, &f.verdict, &why)) == SEKI_NEED_ANSWERS)
            answer_all(&f);
        if ((result != SEKI_OK && result != SEKI_LIMIT) || (result == SEKI_LIMIT) != (why.text[0] != '\0'))
            fail_msg("%zu octets: result %d, %s", max_octets, result, why.text);
    }
    end(&f);
    return result == SEKI_OK;
}

static void whatever_does_not_fit_is_told(void **state)
{
    size_t max_octets = 256;
    (void)state;
    while (!verify_within(max_octets))
        max_octets += 32;
    assert_true(max_octets > 4096);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_independent_is_asked_when_the_header_ends),
        cmocka_unit_test(what_may_have_to_align_is_asked_with_the_rest),
        cmocka_unit_test(the_field_names_what_was_checked),
        cmocka_unit_test(a_null_reverse_path_is_reported_as_helo),
        cmocka_unit_test(a_source_route_is_no_part_of_the_address),
        cmocka_unit_test(without_a_client_spf_is_left_out),
        cmocka_unit_test(sender_id_is_reported_alone),
        cmocka_unit_test(sender_id_names_the_field_that_was_used),
        cmocka_unit_test(forged_fields_are_named_from_the_bottom),
        cmocka_unit_test(past_the_header_bound_the_verdict_is_permerror_and_hidden_fields_go),
        cmocka_unit_test(past_the_header_bound_the_policy_of_a_readable_author_is_known),
        cmocka_unit_test(what_a_sender_chose_cannot_break_the_field),
        cmocka_unit_test(absurd_signatures_do_not_cost_the_verdict),
        cmocka_unit_test(copies_of_a_signature_are_told_by_its_first_octets),
        cmocka_unit_test(the_costliest_header_stays_within_its_share_of_the_memory),
        cmocka_unit_test(a_whole_message_is_the_sum_of_its_parts),
        cmocka_unit_test(whatever_does_not_fit_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
