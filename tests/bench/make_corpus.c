/* Makes what the benchmark sends and what its DNS answers:
 *
 *   make_corpus FOLDER [WARM COLD]     (2,000 and 20,000 messages)
 *
 *   FOLDER/messages.dat  headers (LF line ends, as a milter sees them) and bodies (CRLF), one after the other
 *   FOLDER/warm.idx      WARM messages from as many domains; see corpus.h for the lines
 *   FOLDER/cold.idx      COLD messages from as many other domains, with the bodies of the first
 *   FOLDER/bench.zone    SPF, DKIM, DMARC, MX and address records of all of them, master format, origin "."
 *
 * Everything but the RSA keys (a pool of at most 20, made anew) follows from a fixed seed. Every message is signed by its
 * From domain and comes from an address that its SPF record permits, so all are spf=pass dkim=pass dmarc=pass.
 *
 * The longest chain of dependent look-ups is written with each message: 1 when the SPF record decides by itself
 * (ip4), 2 when one more answer is needed (include, or mx and its address). Key and policy look-ups depend on
 * nothing. In the cold set it is always 2, and no name is shared between messages. */
#include "corpus_sign.h"
#include "corpus_text.h"

enum { MAX_KEYS = 20, PROVIDERS = 20, MAX_BODY = 1 << 20 };

struct maker {
    FILE *data, *index, *zone;
    size_t offset; /* octets written to data */
    struct corpus_random random;
    struct corpus_key *keys;
    size_t key_count;
    struct made_body {
        size_t offset, len;
        char bh[64];
        char fields[256];
    } * bodies;
    size_t body_count;
};

struct sender {
    char domain[64], from_domain[80], client[16];
    const struct corpus_key *key;
    size_t number;
    bool own_include; /* cold: nothing shared with another domain */
};

static void die(const char *what, const char *name)
{
    fprintf(stderr, "make_corpus: %s %s\n", what, name);
    exit(1);
}

static FILE *create(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        die("cannot create", path);
    return file;
}

static void finish(FILE *file, const char *name)
{
    if (ferror(file) != 0 || fclose(file) != 0)
        die("cannot write", name);
}

static size_t write_data(struct maker *maker, struct seki_str octets)
{
    size_t at = maker->offset;
    if (fwrite(octets.ptr, 1, octets.len, maker->data) != octets.len)
        die("cannot write", "messages.dat");
    maker->offset += octets.len;
    return at;
}

static void make_body(struct maker *maker, struct made_body *made)
{
    struct seki_buf body, fields;
    seki_buf_init(&body, MAX_BODY);
    seki_buf_init(&fields, sizeof made->fields - 1);
    corpus_add_body(&body, &fields, &maker->random, corpus_random_size(&maker->random));
    if (seki_buf_failed(&body) || seki_buf_failed(&fields))
        die("a body is too long", "");
    corpus_body_hash(seki_buf_str(&body), made->bh);
    made->len = body.len;
    made->offset = write_data(maker, seki_buf_str(&body));
    memcpy(made->fields, fields.ptr, fields.len);
    made->fields[fields.len] = '\0';
    seki_buf_release(&body);
    seki_buf_release(&fields);
}

static void add_trace(struct seki_buf *out, const struct sender *sender, struct corpus_random *random)
{
    for (unsigned hop = 0; hop < 3; hop++)
        seki_buf_add_format(out,
                            "Received: from node%u.%s (node%u.%s [10.%zu.%zu.%u])\n\tby relay%u.%s (Postfix) with "
                            "ESMTPS id %012llX\n\tfor <reader@mx.bench.example>; Thu,  9 Oct 2025 08:53:%02u +0000 "
                            "(UTC)\n",
                            hop, sender->domain, hop, sender->domain, corpus_random_below(random, 256),
                            corpus_random_below(random, 256), hop, hop + 1, sender->domain,
                            (unsigned long long)(corpus_random_next(random) >> 16), 40 - hop);
}

static void add_fields(struct seki_buf *out, const struct sender *sender, const struct made_body *body,
                       struct corpus_random *random)
{
    unsigned long long id = corpus_random_next(random);
    add_trace(out, sender, random);
    seki_buf_add(out, SEKI_STR("From: \""));
    corpus_add_words(out, random, 2);
    seki_buf_add_format(out, "\" <news@%s>\nTo: Reader <reader@mx.bench.example>\nSubject: ", sender->from_domain);
    corpus_add_words(out, random, 8);
    seki_buf_add_format(out, "\nDate: Thu, 09 Oct 2025 08:53:20 +0000\nMessage-ID: <%016llx@%s>\n", id,
                        sender->domain);
    seki_buf_add_format(out,
                        "In-Reply-To: <%016llx@mx.bench.example>\nReferences: <%016llx@mx.bench.example>\n"
                        "\t<%016llx@%s>\n",
                        id ^ 1, id ^ 1, id ^ 2, sender->domain);
    seki_buf_add_format(out, "Reply-To: <answers@%s>\nMIME-Version: 1.0\n%s", sender->domain, body->fields);
    seki_buf_add_format(out,
                        "List-Id: <news.%s>\nList-Unsubscribe: <https://www.%s/u/%016llx>,\n"
                        "\t<mailto:leave-%llx@%s>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\n",
                        sender->domain, sender->domain, id, id, sender->domain);
    seki_buf_add_format(out,
                        "Feedback-ID: %zu:campaign:bench\nX-Mailer: Bench Mailer 1.0\nX-Campaign-ID: %016llx\n"
                        "Precedence: bulk\nX-Priority: 3 (Normal)\n",
                        sender->number, id * 31);
}

static void add_header(struct seki_buf *out, const struct sender *sender, const struct made_body *body,
                       struct corpus_random *random)
{
    struct seki_buf fields;
    seki_buf_init(&fields, 65536);
    add_fields(&fields, sender, body, random);
    corpus_add_signature(
        out, sender->key, seki_buf_str(&fields),
        "from:to:subject:date:message-id:in-reply-to:references:reply-to:mime-version:content-type:"
        "content-transfer-encoding:list-id:list-unsubscribe:list-unsubscribe-post:feedback-id",
        sender->domain, body->bh);
    seki_buf_add(out, seki_buf_str(&fields));
    if (seki_buf_failed(&fields) || seki_buf_failed(out))
        die("a header is too long", "");
    seki_buf_release(&fields);
}

/* @return the longest chain of dependent look-ups that the SPF record asks for */
static unsigned write_spf(FILE *zone, const struct sender *sender)
{
    const char *domain = sender->domain;
    if (sender->own_include) {
        fprintf(zone, "%s. 3600 IN TXT \"v=spf1 include:_spf.%s -all\"\n", domain, domain);
        fprintf(zone, "_spf.%s. 3600 IN TXT \"v=spf1 ip4:198.51.100.0/24 ip4:192.0.2.0/24 ~all\"\n", domain);
        return 2;
    }
    size_t kind = sender->number % 10;
    if (kind < 5)
        fprintf(zone, "%s. 3600 IN TXT \"v=spf1 ip4:203.0.113.7 ip4:192.0.2.0/24 -all\"\n", domain);
    else if (kind < 9)
        fprintf(zone, "%s. 3600 IN TXT \"v=spf1 include:_spf.provider-%zu.example ~all\"\n", domain,
                sender->number % PROVIDERS);
    else
        fprintf(zone, "%s. 3600 IN TXT \"v=spf1 mx ip4:192.0.2.0/24 -all\"\n", domain);
    return kind < 5 ? 1 : 2;
}

static unsigned write_records(FILE *zone, const struct sender *sender)
{
    const char *domain = sender->domain;
    unsigned chain = write_spf(zone, sender);
    fprintf(zone, "%s. 3600 IN MX 10 mx.%s.\n", domain, domain);
    fprintf(zone, "mx.%s. 3600 IN A 198.51.100.25\n", domain);
    fprintf(zone, "mta.%s. 3600 IN A %s\n", domain, sender->client);
    /* n= makes each domain's record another one: who keeps parsed keys keeps as many as there are domains. */
    fprintf(zone, "bench._domainkey.%s. 3600 IN TXT \"v=DKIM1; k=rsa; n=%s; p=%.200s\" \"%s\"\n", domain, domain,
            sender->key->record, sender->key->record + 200);
    fprintf(zone, "_dmarc.%s. 3600 IN TXT \"v=DMARC1; p=reject; rua=mailto:dmarc@%s\"\n", domain, domain);
    if (strcmp(domain, sender->from_domain) != 0)
        fprintf(zone, "%s. 3600 IN A 192.0.2.9\n", sender->from_domain);
    return chain;
}

static void make_message(struct maker *maker, const struct sender *sender, const struct made_body *body)
{
    struct seki_buf header;
    seki_buf_init(&header, 65536);
    add_header(&header, sender, body, &maker->random);
    size_t at = write_data(maker, seki_buf_str(&header));
    unsigned chain = write_records(maker->zone, sender);
    fprintf(maker->index, "%zu %zu %zu %zu %u bounce-%zu@%s mta.%s %s\n", at, header.len, body->offset, body->len,
            chain, sender->number, sender->domain, sender->domain, sender->client);
    seki_buf_release(&header);
}

static void make_set(struct maker *maker, const char *folder, const char *name, size_t count, bool cold)
{
    maker->index = create(folder, name);
    for (size_t i = 0; i < count; i++) {
        struct sender sender = { .key = &maker->keys[i % maker->key_count], .number = i, .own_include = cold };
        snprintf(sender.domain, sizeof sender.domain, cold ? "c%06zu.example" : "sender%04zu.example", i);
        /* Every tenth writes from a subdomain, so that the DMARC walk has to climb. */
        snprintf(sender.from_domain, sizeof sender.from_domain, !cold && i % 10 == 3 ? "mail.%s" : "%s",
                 sender.domain);
        snprintf(sender.client, sizeof sender.client, "192.0.2.%zu", 10 + i % 200);
        make_message(maker, &sender, &maker->bodies[i % maker->body_count]);
    }
    finish(maker->index, name);
}

static void write_shared_records(FILE *zone)
{
    fputs("$ORIGIN .\n$TTL 3600\n. IN SOA ns.bench.example. hostmaster.bench.example. 1 3600 600 864000 3600\n"
          ". IN NS ns.bench.example.\nns.bench.example. IN A 127.0.0.1\n",
          zone);
    for (int i = 0; i < PROVIDERS; i++)
        fprintf(zone,
                "_spf.provider-%d.example. 3600 IN TXT \"v=spf1 ip4:198.51.100.0/24 ip4:203.0.113.0/24 "
                "ip4:192.0.2.0/25 ip4:192.0.2.128/25 ip6:2001:db8:%d::/48 ~all\"\n",
                i, i);
    for (int i = 10; i < 210; i++)
        fprintf(zone,
                "%d.2.0.192.in-addr.arpa. 3600 IN PTR out%d.bench.example.\nout%d.bench.example. 3600 IN A "
                "192.0.2.%d\n",
                i, i, i, i);
}

static size_t number(const char *text)
{
    uint64_t value = 0;
    if (!seki_str_to_u64(seki_str_of(text), 1000000, &value) || value == 0)
        die("not a number of messages:", text);
    return (size_t)value;
}

int main(int argc, char **argv)
{
    if (argc != 2 && argc != 4) {
        fputs("usage: make_corpus FOLDER [WARM COLD]\n", stderr);
        return 2;
    }
    size_t warm = argc == 4 ? number(argv[2]) : 2000, cold = argc == 4 ? number(argv[3]) : 20000;
    struct maker maker = { .data = create(argv[1], "messages.dat"),
                           .zone = create(argv[1], "bench.zone"),
                           .random = { 20261122 },
                           .key_count = warm < MAX_KEYS ? warm : MAX_KEYS,
                           .bodies = calloc(warm, sizeof *maker.bodies),
                           .body_count = warm };
    maker.keys = corpus_keys_new(maker.key_count);
    if (maker.bodies == NULL || maker.keys == NULL)
        die("no memory", "");
    for (size_t i = 0; i < warm; i++)
        make_body(&maker, &maker.bodies[i]);
    write_shared_records(maker.zone);
    make_set(&maker, argv[1], "warm.idx", warm, false);
    make_set(&maker, argv[1], "cold.idx", cold, true);
    finish(maker.zone, "bench.zone");
    finish(maker.data, "messages.dat");
    corpus_keys_free(maker.keys, maker.key_count);
    free(maker.bodies);
    return 0;
}
