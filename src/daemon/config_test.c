/* Configuration files, good and bad. Of the bad ones the whole sentence is checked: it is what the operator gets. */
#include "daemon/config_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

static struct config *parse(const char *text, struct config_problems *problems)
{
    config_problems_init(problems);
    return config_parse("f", seki_str_of(text), problems);
}

static const struct {
    const char *name, *text, *want;
} bad_files[] = {
    { "an unknown option names the nearest", "[inbound]\nauthserv-id = a\n",
      "f:2: [inbound] has no option \"authserv-id\"; did you mean \"authserv_id\"?\n" },
    { "an option of another section says where it belongs", "[inbound]\nuser = a\n",
      "f:2: \"user\" belongs to section [daemon], not to [inbound]; move it there\n" },
    { "an option like no other points at the sample", "[inbound]\nxyzzy = a\n",
      "f:2: [inbound] has no option \"xyzzy\"; \"sekishod --print-config-sample\" shows all\n" },
    { "an unknown section names the nearest", "[inbuond]\nlisten = unix:/a\n",
      "f:2: there is no section [inbuond]; did you mean [inbound]?\n" },
    { "an unknown section like no other", "[xyzzy]\na = b\n",
      "f:2: there is no section [xyzzy]; \"sekishod --print-config-sample\" shows all\n" },
    { "an option before the first section", "user = a\n",
      "f:1: an option stands before the first \"[section]\"; move it below its section\n" },
    { "a line that is nothing", "[dns]\n\nhello world\n",
      "f:3: \"hello world\" is neither \"[section]\" nor \"name = value\"; put # before a comment\n" },
    { "an unclosed section", "[dns\ntimeout = 1s\n",
      "f:1: \"[dns\" is neither \"[section]\" nor \"name = value\"; put # before a comment\n"
      "f:2: an option stands before the first \"[section]\"; move it below its section\n" },
    { "an option set twice", "[dns]\ntimeout = 1s\ntimeout = 2s\n",
      "f:3: \"timeout\" is set a second time; keep one of the lines\n" },
    { "an indented line continues the one before", "[dns]\ntimeout = 1s\n  cache_size = 1MiB\n",
      "f:3: this line is indented, so it continues \"timeout\", which takes one value; remove the white space "
      "before it\n" },
    { "a duration without unit", "[dns]\ntimeout = 5\n",
      "f:2: timeout: \"5\" is no number with a unit; write for example 30s (ms, s, min, h or d)\n" },
    { "a duration that is empty", "[dns]\ntimeout =\n",
      "f:2: timeout: \"\" is no number with a unit; write for example 30s (ms, s, min, h or d)\n" },
    { "a duration with a unit of sizes", "[dns]\ntimeout = 5MiB\n",
      "f:2: timeout: \"5MiB\" is no number with a unit; write for example 30s (ms, s, min, h or d)\n" },
    { "a negative duration", "[dns]\ntimeout = -5s\n",
      "f:2: timeout: \"-5s\" is no number with a unit; write for example 30s (ms, s, min, h or d)\n" },
    { "a duration under its minimum", "[dns]\ntimeout = 1ms\n",
      "f:2: timeout: 1ms is out of range; write 10ms to 1min\n" },
    { "a duration one past its maximum", "[dns]\ntimeout = 60001ms\n",
      "f:2: timeout: 60001ms is out of range; write 10ms to 1min\n" },
    { "a size that does not fit 64 bits", "[dns]\ncache_size = 99999999999999999999GiB\n",
      "f:2: cache_size: 99999999999999999999GiB is out of range; write 64KiB to 1GiB\n" },
    { "a size whose product does not fit 64 bits", "[dns]\ncache_size = 17179869184GiB\n",
      "f:2: cache_size: 17179869184GiB is out of range; write 64KiB to 1GiB\n" },
    { "a number with a sign", "[dkim]\nmax_signatures = +5\n",
      "f:2: max_signatures: \"+5\" is not a whole number from 1 to 100\n" },
    { "min_rsa_bits under 1024", "[dkim]\nmin_rsa_bits = 512\n",
      "f:2: min_rsa_bits: \"512\" is not a whole number from 1024 to 4096\n" },
    { "a mode that is not octal", "[inbound]\nsocket_mode = 0698\n",
      "f:2: socket_mode: \"0698\" is no octal mode up to 0777; write for example 0660\n" },
    { "a word that is not known", "[inbound]\non_temperror = defer\n",
      "f:2: on_temperror: \"defer\" is not known here; write accept or tempfail\n" },
    { "a word in another case", "[log]\nlevel = Warning\n",
      "f:2: level: \"Warning\" is not known here; write information, warning, fatal or panic\n" },
    { "yes and no only", "[inbound]\nskip_authenticated = true\n",
      "f:2: skip_authenticated: \"true\" is not known here; write no or yes\n" },
    { "a network that is none", "[inbound]\nrelays = 192.0.2.0/24 example.com\n",
      "f:2: relays: \"example.com\" is no network; write for example 192.0.2.0/24 or 2001:db8::/32\n" },
    { "a prefix past 32 bits", "[inbound]\nrelays = 192.0.2.0/33\n",
      "f:2: relays: \"192.0.2.0/33\": the prefix after \"/\" must be a number from 0 to 32\n" },
    { "an empty prefix", "[inbound]\nrelays = 192.0.2.0/\n",
      "f:2: relays: \"192.0.2.0/\": the prefix after \"/\" must be a number from 0 to 32\n" },
    { "bits behind the prefix", "[inbound]\nrelays = 192.0.2.1/24\n",
      "f:2: relays: \"192.0.2.1/24\" has bits set behind its prefix; write the network's first address\n" },
    { "a store of another kind", "[store]\nurl = mysql://u:secret@h/d\n[hosting]\nreplica = /r\n",
      "f:2: url: it is no store; write sqlite:/PATH or postgresql://USER@HOST/DATABASE\n" },
    { "a SQLite file that is no whole path", "[store]\nurl = sqlite:store.db\n[hosting]\nreplica = /r\n",
      "f:2: url: it is no store; write sqlite:/PATH or postgresql://USER@HOST/DATABASE\n" },
    { "a store whose policies no mail would see", "[store]\nurl = sqlite:/s.db\n",
      "f:2: url: mail would not see what is in it; set [hosting] replica too\n" },
    { "an audit log that nothing would shorten",
      "[store]\nurl = sqlite:/s.db\naudit_days = 365\n[hosting]\nreplica = /r\n",
      "f:3: audit_days: a node without a journal drops nothing; set [journal] folder too\n" },
    { "a folder that is no whole path", "[journal]\nfolder = journal\n",
      "f:2: folder: \"journal\" is not a whole path; begin with /\n" },
    { "a segment size under its minimum", "[journal]\nmax_segment_size = 1KiB\n",
      "f:2: max_segment_size: 1KiB is out of range; write 1MiB to 4GiB\n" },
    { "a time of keeping the audit log that is none", "[store]\naudit_days = forever\n",
      "f:2: audit_days: \"forever\" is not a whole number from 0 to 36500\n" },
    { "a time of keeping that is none", "[journal]\nkeep_days = 0\n",
      "f:2: keep_days: \"0\" is not a whole number from 1 to 3650\n" },
    { "a release server without a port", "[quarantine]\nrelease_to = 127.0.0.1\n",
      "f:2: release_to: \"127.0.0.1\" is no address with a port; write for example 127.0.0.1:25\n" },
    { "a sender that is no address", "[quarantine]\nsender = postmaster\n",
      "f:2: sender: \"postmaster\" is no mail address; write for example postmaster@example.com\n" },
    { "a scanner that is no socket", "[scanner]\nclamd = /run/clamd\n",
      "f:2: clamd: \"/run/clamd\" is no socket; write for example unix:/run/clamav/clamd.ctl\n" },
    { "every mistake is told, not only the first", "[dns]\ntimeout = 5\n[log]\nto = file\n",
      "f:2: timeout: \"5\" is no number with a unit; write for example 30s (ms, s, min, h or d)\n"
      "f:4: to: \"file\" is not known here; write stderr or syslog\n" },

    { "no socket at all", "[inbound]\nlisten =\n", "f:2: listen: no socket is named; name at least one\n" },
    { "a socket that is none", "[inbound]\nlisten = /run/a\n",
      "f:2: listen: \"/run/a\" is no socket; write unix:/PATH, inet:ADDR:PORT or inet6:[ADDR]:PORT\n" },
    { "a unix socket without its slash", "[inbound]\nlisten = unix:run/a\n",
      "f:2: listen: \"unix:run/a\" is no socket; write unix:/PATH, inet:ADDR:PORT or inet6:[ADDR]:PORT\n" },
    { "a socket without port", "[inbound]\nlisten = inet:127.0.0.1\n",
      "f:2: listen: \"inet:127.0.0.1\" is no socket; write unix:/PATH, inet:ADDR:PORT or inet6:[ADDR]:PORT\n" },
    { "a port past 65535", "[inbound]\nlisten = inet:127.0.0.1:65536\n",
      "f:2: listen: \"inet:127.0.0.1:65536\" is no socket; write unix:/PATH, inet:ADDR:PORT or "
      "inet6:[ADDR]:PORT\n" },
    { "an IPv6 address after inet:", "[inbound]\nlisten = inet:[::1]:8891\n",
      "f:2: listen: \"inet:[::1]:8891\" is no socket; write unix:/PATH, inet:ADDR:PORT or inet6:[ADDR]:PORT\n" },
    { "an IPv4 address after inet6:", "[metrics]\nlisten = inet6:[127.0.0.1]:9641\n",
      "f:2: listen: \"inet6:[127.0.0.1]:9641\" is no socket; write for example inet:127.0.0.1:9641\n" },
    { "the same socket twice", "[inbound]\nlisten = unix:/a\nlisten = unix:/a\n",
      "f:3: listen: \"unix:/a\" is named twice; keep one of them\n" },
    { "metrics for everybody", "[metrics]\nlisten = inet:0.0.0.0:9641\n",
      "f:2: listen: \"inet:0.0.0.0:9641\" is not a loopback address; use 127.0.0.1 or [::1], with a proxy in front "
      "for others\n" },
    { "metrics on a milter socket", "[inbound]\nlisten = inet:127.0.0.1:1\n[metrics]\nlisten = inet:127.0.0.1:1\n",
      "f:4: listen: \"inet:127.0.0.1:1\" is a milter socket already; choose another\n" },
    { "an authserv-id that would have to be quoted", "[inbound]\nauthserv_id = our mail\n",
      "f:2: authserv_id: \"our mail\" does not look like a host name; use letters, digits, \".\", \"-\" and "
      "\"_\"\n" },
    { "an authserv-id that is not UTF-8", "[inbound]\nauthserv_id = m\xfcnchen.example\n",
      "f:2: authserv_id: \"m\xfcnchen.example\" is not UTF-8; save the file as UTF-8\n" },
    { "a relay in a trusted network", "[inbound]\nrelays = 127.0.0.1\n",
      "f:2: relays: 127.0.0.1/32 is in trusted_networks, whose mail passes unseen; take it out of one of the "
      "two\n" },
    { "a question that may take longer than its message", "[dns]\ntimeout = 31s\n",
      "f:2: timeout: 31000 ms is longer than [inbound] message_deadline, 30000 ms; make it shorter, or no question "
      "is waited for so long\n" },
    { "the same found by the other option has no line", "[inbound]\nmessage_deadline = 1s\n",
      "f: [dns] timeout: 5000 ms is longer than [inbound] message_deadline, 1000 ms; make it shorter, or no "
      "question "
      "is waited for so long\n" },
    { "too little memory for header and answers", "[limits]\nmessage_memory = 14MiB\n",
      "f:2: message_memory: too small for max_header_size, max_header_fields and max_dns_questions; give at least "
      "19MiB\n" },
    { "too many questions for the memory", "[limits]\nmax_dns_questions = 700\n",
      "f: [limits] message_memory: too small for max_header_size, max_header_fields and max_dns_questions; give at "
      "least 21MiB\n" },
    { "a nameserver by name", "[dns]\nnameservers = 192.0.2.1 dns.example\n",
      "f:2: nameservers: \"dns.example\" is no address; write ADDR, ADDR:PORT or [ADDR6]:PORT, or root alone\n" },
    { "root beside another", "[dns]\nnameservers = root 192.0.2.1\n",
      "f:2: nameservers: \"root\" is no address; write ADDR, ADDR:PORT or [ADDR6]:PORT, or root alone\n" },
    { "a suffix list that nobody reads", "[dmarc]\npsl_file = /a\n",
      "f:2: psl_file: it is only read with discovery = psl; set that, or remove this line\n" },
    { "a sealer that is no domain", "[arc]\ntrusted_sealers = example.com exa..mple\n",
      "f:2: trusted_sealers: \"exa..mple\" is no domain name\n" },
    { "a path that depends on where it is read", "[daemon]\npid_file = run/pid\n",
      "f:2: pid_file: \"run/pid\" is not a whole path; begin with /\n" },
    { "no user to become", "[daemon]\nuser =\n",
      "f:2: user: it is empty; name the user that a sekishod started as root becomes\n" },
    { "weaker and stronger keys at once", "[dkim]\nmin_rsa_bits = 2048\n[testing]\nunsafe_min_rsa_bits = 512\n",
      "f:4: unsafe_min_rsa_bits: [dkim] min_rsa_bits asks for more; remove one of the two\n" },
};

static void a_bad_file_is_refused_with_its_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_files / sizeof bad_files[0]; i++) {
        struct config_problems problems;
        assert_null(parse(bad_files[i].text, &problems));
        seki_buf_add_char(&problems.text, '\0');
        if (strcmp(problems.text.ptr, bad_files[i].want) != 0)
            fail_msg("%s\n got: %s\nwant: %s", bad_files[i].name, problems.text.ptr, bad_files[i].want);
        config_problems_release(&problems);
    }
}

static struct config *parse_good(const char *text)
{
    struct config_problems problems;
    struct config *config = parse(text, &problems);
    if (config == NULL)
        fail_msg("refused: %.*s", (int)problems.text.len, problems.text.ptr);
    config_problems_release(&problems);
    return config;
}

static void an_empty_file_gives_the_defaults(void **state)
{
    (void)state;
    char host[256] = "";
    struct config *config = parse_good("");
    gethostname(host, sizeof host - 1);
    assert_int_equal(config->inbound.listen.count, 1);
    assert_string_equal(config->inbound.listen.items[0].ptr, "unix:/var/spool/postfix/sekisho/inbound.sock");
    assert_int_equal(config->inbound.socket_mode, 0660);
    assert_int_equal(config->inbound.trusted_networks.count, 2);
    assert_true(config->inbound.skip_authenticated);
    assert_int_equal(config->inbound.on_temperror, CONFIG_ON_TEMPERROR_ACCEPT);
    assert_int_equal(config->dns.timeout_ms, 5000);
    assert_int_equal(config->dns.cache_octets, 2816 * 1024);
    assert_int_equal(config_min_rsa_bits(config), 1024);
    assert_string_equal(config->inbound.authserv_id.ptr, host);
    config_unref(config);
}

static void values_are_read_with_their_units(void **state)
{
    (void)state;
    struct config *config = parse_good("\xef\xbb\xbf[daemon]\r\nstop_timeout = 2 min\r\nloops = 3\r\n"
                                       "[dns] ; comment\ntimeout = 250ms ; another\ncache_size=1GiB\n"
                                       "[inbound]\nsocket_mode = 666\non_temperror = tempfail\n"
                                       "skip_authenticated = no\nauthserv_id = mx.example.com\n"
                                       "[testing]\nunsafe_min_rsa_bits = 512");
    assert_int_equal(config->daemon.stop_timeout_ms, 120000);
    assert_int_equal(config->daemon.loops, 3);
    assert_int_equal(config->dns.timeout_ms, 250);
    assert_int_equal(config->dns.cache_octets, 1024 * 1024 * 1024);
    assert_int_equal(config->inbound.socket_mode, 0666);
    assert_int_equal(config->inbound.on_temperror, CONFIG_ON_TEMPERROR_TEMPFAIL);
    assert_false(config->inbound.skip_authenticated);
    assert_string_equal(config->inbound.authserv_id.ptr, "mx.example.com");
    assert_int_equal(config_min_rsa_bits(config), 512);
    config_unref(config);
}

static void lists_add_up_and_take_the_place_of_the_default(void **state)
{
    (void)state;
    struct seki_ip ip;
    struct config *config = parse_good("[inbound]\ntrusted_networks =\nlisten = unix:/a, unix:/b\n"
                                       "listen = inet:127.0.0.1:1\n    inet6:[::1]:2\n"
                                       "relays = 192.0.2.0/24\nrelays = 2001:db8::/32\nrelays = 0.0.0.0/0\n");
    assert_int_equal(config->inbound.trusted_networks.count, 0);
    assert_int_equal(config->inbound.listen.count, 4);
    assert_string_equal(config->inbound.listen.items[3].ptr, "inet6:[::1]:2");
    assert_true(seki_ip_parse(SEKI_STR("2001:db8:1::2"), &ip));
    assert_true(config_networks_contain(&config->inbound.relays, &ip));
    assert_true(seki_ip_parse(SEKI_STR("2001:db9::2"), &ip));
    assert_false(config_networks_contain(&config->inbound.relays, &ip));
    assert_false(config_networks_contain(&config->inbound.relays, &(struct seki_ip){ 0 }));
    config_unref(config);
}

static void sealers_become_a_labels(void **state)
{
    (void)state;
    struct config *config = parse_good("[arc]\ntrusted_sealers = Lists.Example.ORG. b\xc3\xbc"
                                       "cher.example\n");
    assert_int_equal(config->arc.trusted_sealers.count, 2);
    assert_string_equal(config->arc.trusted_sealers.items[0].ptr, "lists.example.org");
    assert_string_equal(config->arc.trusted_sealers.items[1].ptr, "xn--bcher-kva.example");
    config_unref(config);
}

static void the_sample_is_a_configuration_of_defaults(void **state)
{
    (void)state;
    struct seki_buf sample;
    seki_buf_init(&sample, CONFIG_FILE_MAX_OCTETS);
    config_write_sample(&sample);
    assert_int_equal(seki_buf_failed(&sample), SEKI_OK);
    /* Take the # of every option away: all names and defaults must be understood. */
    for (size_t i = 1; i + 1 < sample.len; i++) {
        if (sample.ptr[i - 1] == '\n' && sample.ptr[i] == '#' && sample.ptr[i + 1] != ' ')
            sample.ptr[i] = ' ';
        if (sample.ptr[i - 1] == '\n' && sample.ptr[i] == ' ')
            memmove(sample.ptr + i, sample.ptr + i + 1, --sample.len - i);
    }
    seki_buf_add_char(&sample, '\0');
    struct config *config = parse_good(sample.ptr), *defaults = parse_good("");
    for (size_t i = 0; i < config_option_count; i++) {
        assert_int_not_equal(config->lines[i], 0);
        if (!config_value_equal(&config_options[i], (char *)config + config_options[i].offset,
                                (char *)defaults + config_options[i].offset))
            fail_msg("%s differs", config_options[i].name);
    }
    config_unref(config);
    config_unref(defaults);
    seki_buf_release(&sample);
}

static const struct {
    const char *name, *text, *want;
} withheld[] = {
    { "the section and nothing else goes; lines stay where they were",
      "[log]\nlevel = panic\n[store]\n# was x:secret@\nurl = sqlite:/s\n\n[hosting]\nreplica = /r\n",
      "[log]\nlevel = panic\n       \n               \n               \n\n[hosting]\nreplica = /r\n" },
    { "at the end, without a newline", "[hosting]\nreplica = /r\n[store]\nurl = sqlite:/s",
      "[hosting]\nreplica = /r\n       \n               " },
    { "twice, with a comment behind the head",
      "[store] ; here\n[log]\n[store]\nurl = sqlite:/s\n[hosting]\nreplica = /r\n",
      "              \n[log]\n       \n               \n[hosting]\nreplica = /r\n" },
    { "behind a byte order mark", "\xef\xbb\xbf[store]\nurl = sqlite:/s\n[hosting]\nreplica = /r\n",
      "\xef\xbb\xbf       \n               \n[hosting]\nreplica = /r\n" },
    { "a section with a longer name stays", "[stores]\nurl = sqlite:/s\n", NULL },
    { "a head that only the parser sees is refused", "[log]\n  [store]\nurl = sqlite:/s\n[hosting]\nreplica = /r\n",
      NULL },
};

static void a_section_is_withheld(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof withheld / sizeof withheld[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, "%s", withheld[i].text);
        bool is_done = config_withhold(text, strlen(text), "store");
        if (is_done != (withheld[i].want != NULL) || (is_done && strcmp(text, withheld[i].want) != 0))
            fail_msg("%s\n got: %s", withheld[i].name, text);
    }
}

static void a_line_longer_than_the_readers_buffer_is_refused(void **state)
{
    (void)state;
    struct config_problems problems;
    char text[400];
    memset(text, ' ', sizeof text);
    memcpy(text, "[dns]\nnameservers = 192.0.2.1", 29);
    memcpy(text + 210, "192.0.2.2\n", 11);
    assert_null(parse(text, &problems));
    assert_non_null(strstr(problems.text.ptr,
                           "f:2: the line has 213 octets, more than 197; set the option on several lines\n"));
    assert_int_equal(problems.count, 1);
    config_problems_release(&problems);
}

static void a_nul_in_the_file_is_refused(void **state)
{
    (void)state;
    struct config_problems problems;
    config_problems_init(&problems);
    assert_null(config_parse("f", SEKI_STR("[log]\nlevel = panic\0x\n"), &problems));
    assert_non_null(strstr(problems.text.ptr, "f:2: the line holds a NUL octet; write the file as plain text\n"));
    config_problems_release(&problems);
}

static void many_mistakes_are_cut_at_twenty(void **state)
{
    (void)state;
    struct config_problems problems;
    char text[4096] = "";
    for (size_t i = 0; i < 100; i++)
        memcpy(text + i * 5, "oops\n", 6);
    assert_null(parse(text, &problems));
    assert_non_null(strstr(problems.text.ptr, "f:20: "));
    assert_null(strstr(problems.text.ptr, "f:21: "));
    assert_non_null(strstr(problems.text.ptr, "f: and perhaps more; mend these first\n"));
    config_problems_release(&problems);
}

static void a_missing_file_is_named(void **state)
{
    (void)state;
    struct config_problems problems;
    struct seki_buf text;
    config_problems_init(&problems);
    seki_buf_init(&text, 100);
    assert_false(config_read_file("/nonexistent/sekisho.conf", &text, &problems));
    seki_buf_add_char(&problems.text, '\0');
    assert_string_equal(problems.text.ptr, "/nonexistent/sekisho.conf: cannot open it: No such file or directory; "
                                           "name another file with --config\n");
    seki_buf_release(&text);
    config_problems_release(&problems);
}

static void a_file_without_end_is_refused(void **state)
{
    (void)state;
    struct config_problems problems;
    struct seki_buf text;
    config_problems_init(&problems);
    seki_buf_init(&text, 100000);
    assert_false(config_read_file("/dev/zero", &text, &problems));
    seki_buf_add_char(&problems.text, '\0');
    assert_string_equal(problems.text.ptr, "/dev/zero: the file has more than 100000 octets\n");
    seki_buf_release(&text);
    config_problems_release(&problems);
}

static void options_read_at_start_are_listed_when_they_change(void **state)
{
    (void)state;
    struct seki_buf names;
    seki_buf_init(&names, 1000);
    struct config *before = parse_good("[daemon]\nloops = 2\n[dns]\ntimeout = 1s\n");
    struct config *after = parse_good("[daemon]\nloops = 3\n[dns]\ntimeout = 2s\n[log]\nformat = json\n");
    config_list_restart_changes(before, after, &names);
    assert_true(seki_str_equal(seki_buf_str(&names), SEKI_STR("daemon.loops log.format")));
    config_unref(before);
    config_unref(after);
    seki_buf_release(&names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_file_is_refused_with_its_sentence),
        cmocka_unit_test(an_empty_file_gives_the_defaults),
        cmocka_unit_test(values_are_read_with_their_units),
        cmocka_unit_test(lists_add_up_and_take_the_place_of_the_default),
        cmocka_unit_test(sealers_become_a_labels),
        cmocka_unit_test(the_sample_is_a_configuration_of_defaults),
        cmocka_unit_test(a_section_is_withheld),
        cmocka_unit_test(a_line_longer_than_the_readers_buffer_is_refused),
        cmocka_unit_test(a_nul_in_the_file_is_refused),
        cmocka_unit_test(many_mistakes_are_cut_at_twenty),
        cmocka_unit_test(a_missing_file_is_named),
        cmocka_unit_test(a_file_without_end_is_refused),
        cmocka_unit_test(options_read_at_start_are_listed_when_they_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
