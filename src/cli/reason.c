#include "cli/reason.h"

#include "cli/i18n.h"

#define MAX_SENTENCE_OCTETS 1024u /* what is longer stays English */
#define MAX_ARGUMENTS       8u
#define MAX_DEPTH           4u /* of sentences within sentences: "signature 1: key unavailable: timed out after 5000 ms" */

/* Sentences with something in them, as the engine formats them. Of several that fit, the one with most words of its own
 * counts. tests/e2e/language_test.py says which is missing here. */
static const char *const patterns[] = {
    /* What comes of a check. */
    N_("matched %.*s"),
    N_("%s could not be looked up"),
    N_("%s has more than 10 mail exchanges"),
    N_("%s has no SPF record"),
    N_("%s does not exist"),
    N_("%s has more than one SPF record"),
    N_("%s is not a full domain name"),
    N_("%s has something behind its name"),
    N_("%s lacks its domain name"),
    N_("%s has a prefix length where none may stand"),
    N_("%s holds an address where a domain name belongs; ip4: or ip6: takes addresses"),
    N_("%s has a prefix length that is not 0 to 32"),
    N_("%s has a prefix length that is not 0 to 128"),
    N_("%s does not hold an IPv4 address"),
    N_("%s does not hold an IPv6 address"),
    N_("%s is no mechanism"),
    N_("%s is neither a mechanism nor a modifier"),
    N_("%s is a modifier, which takes no qualifier"),
    N_("%s is there more than once"),
    N_("%s holds a character that may not stand there"),
    N_("%s holds a malformed macro"),
    N_("%s holds a macro letter that may not stand there"),
    N_("%s does not end in a full domain name"),
    N_("no Purported Responsible Address: %s"),
    N_("%s holds a group"),
    N_("%s holds more than one address"),
    N_("%s holds no address"),
    N_("%s holds an address without a domain name"),
    N_("%s cannot be read: %s"),
    N_("signature %zu"),
    N_("%.*s of i=%u"),
    N_("key unavailable: %.*s"),
    N_("the record at %.*s has no valid policy and asks for no reports"),
    N_("_dmarc.%.*s could not be looked up: %.*s"),
    N_("whether %.*s exists could not be looked up: %.*s"),
    N_("not an address list: %s at octet %zu"),
    N_("cannot read Authentication-Results: %s at octet %zu"),
    N_("timed out after %u ms"),

    /* Why there is no answer. */
    N_("SPF of %.*s: %s"),
    N_("OpenSSL does not offer %s: check its configuration and providers"),
    N_("the RSA key has %u bits, and under %u are not valid: make a new one"),
    N_("the RSA key has %u bits, and not every verifier takes over %u: make a new one"),
    N_("RSA keys for DKIM have %u to %u bits, not %u"),
    N_("the private key is for %s, and %s is asked for"),
    N_("the message has too many fields to be signed: h= would have over %u names"),
    N_("h= can have %u names at most"),
    N_("an ARC-Message-Signature must not sign \"%.*s\""),
    N_("\"%.*s\" is not the name of a field"),
    N_("\"%.*s\" is neither a mail address nor a URI for reports"),
    N_("receivers read no more than %u addresses"),
    N_("the record would have over %u octets: use fewer addresses"),
    N_("\"%.*s\" is no address or network, such as 192.0.2.1 or 2001:db8::/32"),
    N_("cannot write to standard output: %s"),
    N_("%s: no memory to read it"),
    N_("%s: cannot be read: %s"),
    N_("%s: larger than %u MiB, which is more than a message may have"),
    N_("%s: cannot be opened: %s"),
    N_("%s: too large for a private key"),
    N_("%s: cannot be made: %s"),
    N_("%s: cannot be written: %s"),
    N_("%s: the key is for %s, not %s"),
    N_("%s: larger than %zu MiB"),
    N_("%s:%u: %s"),
    N_("%s: %s"),
    N_("%s: %s (SQLite %d)"),
    N_("its disk is full; make room there"),
    N_("its disk does not read or write: it may be full, or failing"),
    N_("it cannot be opened; see that this user may read and write it and the folder that it is in, and that the "
       "disk is not mounted read-only"),
    N_("it cannot be written to, which is needed for looking at it too; run this as the user of sekishod or as "
       "root, and see that the disk is not mounted read-only"),
    N_("another program is writing to it and does not come to an end; try again"),
    N_("the file is damaged; stop sekishod and put the last backup in its place"),
    N_("the file is no store, or it is damaged; name another, or put the last backup in its place"),
    N_("%s: cannot be read as a public suffix list: %s; install the package publicsuffix, or name a list in text "
       "or "
       "DAFSA form"),
    N_("%s: cannot be read as a public suffix list; install the package publicsuffix, or name a list in text or "
       "DAFSA "
       "form"),
    N_("libunbound refuses \"%s %s\": %s"),
    N_("name server \"%.*s\": write ADDRESS, ADDRESS:PORT or [ADDRESS6]:PORT"),
    N_("name server \"%.*s\": %s"),
    N_("name servers from %s: %s; mend it, or name servers"),
    N_("trust anchors in %s: %s"),
    N_("libunbound does not start: %s; name a file that holds trust anchors: %s may hold none"),
    N_("libunbound does not start: %s"),

    N_("\"%.*s\" is neither a mail address nor a URI for reports"),
    N_("receivers read no more than %u addresses"),

    /* Of zone files. */
    N_("more than %u records of one name and type"),
    N_("%s is missing or quoted"),
    N_("\"%.*s\" is no domain name"),
    N_("%s \"%.*s\" is no number up to %llu"),
    N_("%s \"%.*s\" is no time (seconds up to 2147483647, or as in 2d12h)"),
    N_("\"%.*s\" is no %s"),
    N_("class %.*s: only IN can be used"),
    N_("unknown type \"%.*s\""),
    N_("\"%.*s\" is too much for a record of type %.*s"),
    N_("%.*s cannot be used here: only $ORIGIN and $TTL"),
    N_("too much behind %.*s"),

    /* Of recorded messages. */
    N_("there is no message %lld in the store (any more)"),
    N_("the journal record is damaged"),
    N_("the journal record has been erased"),
    N_("the header was not kept whole, so the message cannot be judged again"),
    N_("the message had not ended, so it cannot be judged again"),
    N_("the evidence was too large to be kept, or there was no verdict"),

    /* Of hosting: what the store and the choices of policy say. */
    N_("message %lld: %s; look into the mail server's log, and release it with --again only if it did not arrive"),
    N_("message %lld stays held: %s"),
    N_("the file of message %lld is damaged"),
    N_("the allow list of %.*s has no entry %llu"),
    N_("there is no member \"%s\" here; did you mean \"%s\"?"),
    N_("there is no member \"%s\" here; remove it"),
    N_("the value of \"%s\" must be a text, in quotes"),
    N_("the domain %.*s stands in this file twice"),
    N_("this is a file of version %lld; this program reads version %d"),
    N_("there is a tenant %.*s already; --replace makes it what this file says"),
    N_("here must stand %s"),
    N_("\"%s\" must be %s"),
    N_("\"%s\" is missing here; it must be %s"),
    N_("%s:%d: this is no JSON: %s"),
    N_("%s: this is no JSON: %s"),
    N_("there is no option \"%.*s\"; did you mean \"%s\"?"),
    N_("cannot read %s, which says where the quarantine is; name it with --config"),
    N_("%s names no quarantine; set folder in its section [quarantine]"),
    N_("message %lld is held on the node %.*s; run this command there"),
    N_("the store names no file for message %lld"),
    N_("cannot read %s; name the store with --store URL, or its file with --config"),
    N_("%s names no store; set url in its section [store], or give --store URL"),
    N_("on-%s = junk: a gateway has no junk folder; take mark, hold, quarantine or refuse"),
    N_("%s takes one of %s; did you mean \"%s\"?"),
    N_("%s takes one of %s"),
    N_("%s takes a number from %llu to %llu"),
    N_("%s takes at most %llu octets"),
    N_("%s begins with the separator that the mail server knows, as in +Junk"),
    N_("%s takes letters, digits and + - = _ . # / only"),
    N_("%s must not end in a dot"),
    N_("%s takes text in UTF-8"),
    N_("%s takes no control characters"),
    N_("%s neither begins nor ends with a space"),
    N_("the domain has %lld allow entries, which is as many as it may have; remove some first"),
    N_("there is no allow entry with the number %llu"),
    N_("there is such an entry already, number %lld; change that"),
    N_("its evidence, on node %.*s, cannot be had here: %s"),
    N_("allow entry %llu"),
    N_("%s no longer acts"),
    N_("version %lld of the explanation does not count; the one that is shown now is %d"),
    N_("there is no domain with the number %lld"),
    N_("%.*s is not hosted here"),
    N_("there is no store %s; check its name, or make it with `sekisho db migrate`"),
    N_("%.*s is hosted already, for tenant %.*s"),
    N_("there is no held message with the number %lld"),
    N_("message %lld %s"),
    N_("change %lld cannot be followed: the store knows those from %lld to %lld; all domains must be read anew"),
    N_("there is no option \"%.*s\"; did you mean %s?"),
    N_("there is no option \"%.*s\""),
    N_("%.*s needs the recorded confirmation of the domain's administrator, who has read what it does; record it "
       "first: `sekisho policy confirm %.*s --by WHO`"),
    N_("there is no tenant \"%.*s\""),
    N_("there is no tenant with the number %lld"),
    N_("a tenant's name has 1 to %u of: lower-case letters, digits, and \"-\" inside"),
    N_("there is a tenant \"%.*s\" already"),
    N_("tenant %.*s still has domains (%lld); remove them first, or together with it by --with-domains"),
    N_("%s has %zu octets; it may have %zu"),
    N_("%s is not UTF-8"),
    N_("%s holds a control character; leave it out"),
    N_("%s is missing"),
    N_("%s \"%.*s\" is not a domain name"),
    N_("%s \"%.*s\" is a public suffix, below which anybody can register names; give a name below it that has one "
       "owner"),
    N_("%s \"%.*s\" is a public suffix, and the names below it belong to others; leave its subdomains out"),
    N_("the store has taken segment %.*s over up to %llu, not %llu; read the position again"),
    N_("a batch has more than %u records"),
    N_("there is no user with the number %lld"),
    N_("there is no user \"%.*s\""),
    N_("a user's name has 1 to %u letters, digits and signs of ASCII, and no spaces"),
    N_("%.*s is no domain of this tenant"),
    N_("\"%.*s\" is no mail address"),
    N_("\"%.*s\" is no mail address; one is needed as user@example.com"),
    N_("there is a user \"%.*s\" already"),

    /* Of what is released: the mail server, and libcurl. */
    N_("the mail server cannot be reached: %s"),
    N_("the mail server says no with %ld: %.*s"),
    N_("the mail server did not answer to the end of the message (%s)"),
    N_("Failed to connect to %s port %ld after %ld ms: %s"),
    N_("Connection timed out after %ld milliseconds"),

    /* Of files that should be JSON: Jansson. */
    N_("%s near '%s'"),
    N_("%s near end of file"),

    /* Anything about a value. */
    N_("%s \"%.*s\""),
};

/* Words and whole sentences that stand in those, of rooms whose own texts are not collected. */
__attribute__((unused)) static const char *const parts[] = {
    N_("the domain"),
    N_("the author domain"),
    N_("the domain that must pass"),
    N_("the note"),
    N_("the store's URL must begin with sqlite: or postgresql://"),
    N_("the owner"),
    N_("the administrator who confirms"),
    N_("the name of who makes the change"),
    N_("the option's name"),
    N_("the tenant's name"),
    N_("the tenant's title"),
    N_("the user's name"),
    N_("the person's name"),
    N_("the address"),
    N_("an address of the envelope cannot be written in SMTP"),
    N_("the message could not be sent as a whole, and was not submitted"),
    N_("Could not connect to server"),
    N_("Couldn't connect to server"),
    N_("Connection refused"),
    N_("premature end of input"),
    N_("invalid token"),
    N_("string or '}' expected"),
    N_("':' expected"),
    N_("'}' expected"),
    N_("']' expected"),
    N_("'[' or '{' expected"),
    N_("end of file expected"),
    N_("duplicate object key"),
    N_("maximum parsing depth reached"),
    N_("unexpected newline"),
    N_("invalid escape"),
};

/* What the system says in these sentences; its own catalogues may not be there. */
__attribute__((unused)) static const char *const system_texts[] = {
    N_("No such file or directory"),
    N_("Permission denied"),
    N_("Is a directory"),
    N_("Not a directory"),
    N_("File exists"),
    N_("Read-only file system"),
    N_("No space left on device"),
    N_("Input/output error"),
    N_("Cannot allocate memory"),
    N_("Too many open files"),
    N_("Operation not permitted"),
};

/* printf's "%5$.*4$s": which argument it shows. */
struct directive {
    size_t len;
    size_t argument; /* from 1, as "5$" counts */
    bool is_number;
};

/* @param next the argument that one without a number shows; moved on */
static struct directive read_directive(const char *format, size_t *next)
{
    struct directive d = { .len = 1 + strspn(format + 1, "0123456789") };
    bool is_numbered = d.len > 1 && format[d.len] == '$';
    for (size_t i = 1; is_numbered && i < d.len; i++)
        d.argument = d.argument * 10 + (size_t)(format[i] - '0');
    d.len += is_numbered;
    for (size_t i = d.len; strchr(".*$0123456789lhzj", format[i]) != NULL && format[i] != '\0'; i++)
        *next += format[i] == '*' && !is_numbered;
    d.len += strspn(format + d.len, ".*$0123456789lhzj");
    d.is_number = format[d.len] != 's';
    d.len += format[d.len] != '\0';
    if (!is_numbered)
        d.argument = (*next)++;
    return d;
}

struct arguments {
    struct seki_str texts[MAX_ARGUMENTS]; /* by the number of the argument */
    bool is_quoted[MAX_ARGUMENTS];        /* other people's words */
};

/* Does the rest of a pattern fit? An argument is as short as it can be, and never empty. */
static bool fits(const char *pattern, size_t next, struct seki_str text, struct arguments *arguments)
{
    bool is_quoted = false;
    for (; *pattern != '%' && *pattern != '\0'; pattern++) {
        is_quoted = *pattern == '"';
        if (text.len == 0 || *text.ptr != *pattern)
            return false;
        text = seki_str_from(text, 1);
    }
    if (*pattern == '\0')
        return text.len == 0;
    struct directive d = read_directive(pattern, &next);
    for (size_t len = 1; len <= text.len; len++) {
        if (d.is_number && !seki_is_digit(text.ptr[len - 1]))
            return false;
        if (!fits(pattern + d.len, next, seki_str_from(text, len), arguments))
            continue;
        if (d.argument < MAX_ARGUMENTS) {
            arguments->texts[d.argument] = seki_str_head(text, len);
            arguments->is_quoted[d.argument] = is_quoted;
        }
        return true;
    }
    return false;
}

static size_t own_octets(const char *pattern)
{
    size_t octets = 0, next = 1;
    while (*pattern != '\0') {
        octets += *pattern != '%';
        pattern += *pattern == '%' ? read_directive(pattern, &next).len : 1;
    }
    return octets;
}

static const char *find_pattern(struct seki_str text, struct arguments *arguments)
{
    const char *best = NULL;
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        struct arguments found = { 0 };
        if ((best != NULL && own_octets(patterns[i]) <= own_octets(best)) || !fits(patterns[i], 1, text, &found))
            continue;
        best = patterns[i];
        *arguments = found;
    }
    return best;
}

static void write_sentence(seki_translator *text, struct seki_str english, unsigned depth, struct seki_buf *out);

/* "title" of a file, and an option named filter, are not the labels of a table that are called so: what we say in a
 * sentence of ours has several words. */
static void fill_in(seki_translator *text, const struct arguments *arguments, size_t which, unsigned depth,
                    struct seki_buf *out)
{
    struct seki_str argument = arguments->texts[which];
    if (arguments->is_quoted[which] || seki_str_find(argument, ' ') == argument.len)
        seki_buf_add(out, argument);
    else
        write_sentence(text, argument, depth + 1, out);
}

static void fill(seki_translator *text, const char *format, const struct arguments *arguments, unsigned depth,
                 struct seki_buf *out)
{
    size_t next = 1;
    while (*format != '\0') {
        if (*format != '%') {
            seki_buf_add_char(out, *format++);
            continue;
        }
        struct directive d = read_directive(format, &next);
        if (d.argument < MAX_ARGUMENTS)
            fill_in(text, arguments, d.argument, depth, out);
        format += d.len;
    }
}

static void write_sentence(seki_translator *text, struct seki_str english, unsigned depth, struct seki_buf *out)
{
    char whole[MAX_SENTENCE_OCTETS];
    struct arguments arguments = { 0 };
    if (english.len == 0 || english.len >= sizeof whole || depth > MAX_DEPTH) {
        seki_buf_add(out, english);
        return;
    }
    memcpy(whole, english.ptr, english.len);
    whole[english.len] = '\0';
    const char *translated = text(whole);
    const char *pattern = translated == whole ? find_pattern(english, &arguments) : NULL;
    if (pattern != NULL)
        fill(text, text(pattern), &arguments, depth, out);
    else
        seki_buf_add(out, translated == whole ? english : seki_str_of(translated));
}

void cli_reason_through(seki_translator *text, struct seki_str english, struct seki_buf *out)
{
    write_sentence(text, english, 0, out);
}

void cli_reason(struct seki_str english, struct seki_buf *out)
{
    if (cli_is_english())
        seki_buf_add(out, english);
    else
        cli_reason_through(cli_text, english, out);
}

const struct seki_trace_language *cli_trace_language(void)
{
    static const struct seki_trace_language language = { .text = cli_text, .reason = cli_reason };
    return cli_is_english() ? NULL : &language;
}

struct seki_trace *cli_trace_new(struct seki_arena *arena)
{
    struct seki_trace *trace = seki_trace_new(arena);
    seki_trace_translate(trace, cli_trace_language());
    return trace;
}
