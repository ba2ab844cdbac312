#include "corpus_text.h"

#include <math.h>

static const char *const words[] = {
    "the",
    "of",
    "and",
    "to",
    "in",
    "a",
    "is",
    "that",
    "for",
    "it",
    "was",
    "on",
    "with",
    "as",
    "be",
    "by",
    "at",
    "your",
    "order",
    "invoice",
    "meeting",
    "account",
    "please",
    "find",
    "attached",
    "report",
    "quarter",
    "team",
    "schedule",
    "delivery",
    "customer",
    "service",
    "update",
    "project",
    "review",
    "thanks",
    "regards",
    "offer",
    "shipping",
    "number",
    "confirm",
    "address",
    "payment",
    "receipt",
    "tomorrow",
    "Monday",
    "information",
    "available",
    "network",
    "maintenance",
    "window",
    "between",
    "and/or",
    "(see",
    "below)",
    "details,",
    "today.",
    "possible.",
    "r\xc3\xa9sum\xc3\xa9",
    "na\xc3\xafve",
    "caf\xc3\xa9",
    "questions?",
    "contact",
    "support",
    "page",
    "read",
    "more",
    "https://www.example.com/offers/2026?id=",
    "changes",
    "version",
    "release",
    "discussion",
    "yesterday",
};

/* splitmix64: any seed is a good one, and the sequence is the same everywhere. */
uint64_t corpus_random_next(struct corpus_random *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

size_t corpus_random_below(struct corpus_random *random, size_t bound)
{
    return corpus_random_next(random) % bound;
}

static double unit(struct corpus_random *random)
{
    return ((double)(corpus_random_next(random) >> 11) + 1.0) / 9007199254740993.0;
}

size_t corpus_random_size(struct corpus_random *random)
{
    /* Median 19.6 KB and sigma 1.05, cut at both ends, give a mean of 35 KB with the header's 2 KB. */
    double normal = sqrt(-2.0 * log(unit(random))) * cos(6.283185307179586 * unit(random));
    double size = 19600.0 * exp(1.05 * normal);
    return size < 2000 ? 2000 : size > 200000 ? 200000 : (size_t)size;
}

void corpus_add_words(struct seki_buf *out, struct corpus_random *random, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            seki_buf_add_char(out, ' ');
        seki_buf_add(out, seki_str_of(words[corpus_random_below(random, sizeof words / sizeof *words)]));
    }
}

/* Prose as people send it: lines under 78 octets, empty lines, quoted lines, some ends with spaces (format=flowed),
 * some runs of blanks. */
static void add_prose(struct seki_buf *out, struct corpus_random *random, size_t size)
{
    size_t end = out->len + size;
    while (out->len < end) {
        size_t kind = corpus_random_below(random, 16);
        if (kind < 2)
            seki_buf_add(out, SEKI_STR("> "));
        corpus_add_words(out, random, 8 + corpus_random_below(random, 4));
        if (kind == 3)
            seki_buf_add(out, SEKI_STR("   and \t so"));
        if (kind == 4 || kind == 5)
            seki_buf_add_char(out, ' ');
        seki_buf_add(out, kind >= 13 ? SEKI_STR("\r\n\r\n") : SEKI_STR("\r\n"));
    }
}

/* Newsletter HTML: indented tables with much markup around few words. equals is "=3D" in quoted-printable. */
static void add_table_row(struct seki_buf *out, struct corpus_random *random, const char *equals)
{
    static const char indent[] = "                        ";
    int depth = (int)corpus_random_below(random, 10) * 2;
    seki_buf_add_format(out, "%.*s<table width%s\"100%%\" cellpadding%s\"0\" border%s\"0\">\r\n", depth, indent,
                        equals, equals, equals);
    seki_buf_add_format(out, "%.*s  <tr><td style%s\"padding:0 10px;font-family:Arial;\r\n", depth, indent, equals);
    seki_buf_add_format(out, "%.*s    font-size:14px;line-height:20px;color:#%06zx;\">\r\n%.*s    ", depth, indent,
                        corpus_random_below(random, 0x1000000), depth, indent);
    corpus_add_words(out, random, 7);
    seki_buf_add_format(out, "\r\n%.*s  </td></tr>\r\n%.*s</table>\r\n", depth, indent, depth, indent);
}

static void add_html_text(struct seki_buf *out, struct corpus_random *random, size_t size, const char *equals)
{
    size_t end = out->len + size;
    seki_buf_add_format(out, "<!DOCTYPE html>\r\n<html><head><meta charset%s\"utf-8\"></head>\r\n<body>\r\n",
                        equals);
    while (out->len < end)
        add_table_row(out, random, equals);
    seki_buf_add(out, SEKI_STR("</body></html>\r\n"));
}

static void add_html(struct seki_buf *out, struct corpus_random *random, size_t size)
{
    add_html_text(out, random, size, "=3D");
}

void corpus_add_base64(struct seki_buf *out, const unsigned char *octets, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < len; i += 3) {
        uint32_t group = (uint32_t)octets[i] << 16;
        group |= i + 1 < len ? (uint32_t)octets[i + 1] << 8 : 0;
        group |= i + 2 < len ? octets[i + 2] : 0;
        char text[4] = { digits[group >> 18], digits[group >> 12 & 63], digits[group >> 6 & 63],
                         digits[group & 63] };
        size_t rest = len - i;
        if (rest < 3)
            text[3] = '=';
        if (rest < 2)
            text[2] = '=';
        seki_buf_add(out, (struct seki_str){ text, 4 });
    }
}

static void add_base64_lines(struct seki_buf *out, struct seki_str octets)
{
    for (; octets.len > 0; octets = seki_str_from(octets, 57)) {
        struct seki_str line = seki_str_head(octets, 57);
        corpus_add_base64(out, (const unsigned char *)line.ptr, line.len);
        seki_buf_add(out, SEKI_STR("\r\n"));
    }
}

static void add_html_base64(struct seki_buf *out, struct corpus_random *random, size_t size)
{
    struct seki_buf html;
    seki_buf_init(&html, 1 << 20);
    add_html_text(&html, random, size * 3 / 4, "=");
    add_base64_lines(out, seki_buf_str(&html));
    seki_buf_release(&html);
}

static void add_attachment(struct seki_buf *out, struct corpus_random *random, size_t size)
{
    size_t end = out->len + size;
    while (out->len < end) {
        char octets[57];
        for (size_t i = 0; i < sizeof octets; i++)
            octets[i] = (char)corpus_random_next(random);
        add_base64_lines(out, (struct seki_str){ octets, sizeof octets });
    }
}

struct part {
    const char *type, *encoding;
    void (*add)(struct seki_buf *, struct corpus_random *, size_t);
    size_t size;
};

static void add_parts(struct seki_buf *body, struct corpus_random *random, const char *boundary,
                      const struct part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        seki_buf_add_format(body, "--%s\r\nContent-Type: %s\r\nContent-Transfer-Encoding: %s\r\n\r\n", boundary,
                            parts[i].type, parts[i].encoding);
        parts[i].add(body, random, parts[i].size);
        seki_buf_add(body, SEKI_STR("\r\n"));
    }
    seki_buf_add_format(body, "--%s--\r\n", boundary);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* People write little: up to 5 KB of prose, up to 40 KB of HTML; what makes mail large is attached. A quarter of the
 * messages has prose only, one in eight HTML only (in base64), the rest both. */
static size_t choose_parts(struct part parts[3], struct corpus_random *random, size_t size)
{
    size_t kind = corpus_random_below(random, 8), count = 0;
    if (kind < 7) {
        parts[count++] = (struct part){ "text/plain; charset=utf-8", "8bit", add_prose,
                                        smaller(size, 1000 + corpus_random_below(random, 4000)) };
        size -= parts[0].size;
    }
    if (kind >= 2 && size > 500) {
        size_t html = smaller(size, 6000 + corpus_random_below(random, 34000));
        parts[count++] = (struct part){ "text/html; charset=utf-8", kind == 7 ? "base64" : "quoted-printable",
                                        kind == 7 ? add_html_base64 : add_html, html };
        size -= html;
    }
    if (size > 500)
        parts[count++] = (struct part){ "application/pdf; name=\"report.pdf\"", "base64", add_attachment, size };
    return count;
}

void corpus_add_body(struct seki_buf *body, struct seki_buf *fields_out, struct corpus_random *random, size_t size)
{
    struct part parts[3];
    char boundary[40];
    size_t count = choose_parts(parts, random, size);
    snprintf(boundary, sizeof boundary, "----=_Part_%016llx", (unsigned long long)corpus_random_next(random));
    if (count == 1) {
        seki_buf_add_format(fields_out, "Content-Type: %s\nContent-Transfer-Encoding: %s\n", parts[0].type,
                            parts[0].encoding);
        parts[0].add(body, random, parts[0].size);
        return;
    }
    bool alternative = parts[count - 1].add != add_attachment;
    seki_buf_add_format(fields_out, "Content-Type: multipart/%s;\n\tboundary=\"%s\"\n",
                        alternative ? "alternative" : "mixed", boundary);
    add_parts(body, random, boundary, parts, count);
}
