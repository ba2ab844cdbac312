/* Which names and which first octets are dangerous. */
#include "content/types.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void names_are_judged_by_what_opens_them(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum content_danger danger;
        enum content_kind kind;
    } cases[] = {
        { "a.exe", CONTENT_BY_NAME, CONTENT_PLAIN },
        { "A.EXE", CONTENT_BY_NAME, CONTENT_PLAIN },
        { "a.pdf.exe", CONTENT_BY_NAME, CONTENT_PLAIN },
        { "a.exe.", CONTENT_BY_NAME, CONTENT_PLAIN },
        { "a.exe . .", CONTENT_BY_NAME, CONTENT_PLAIN },
        { "a.exe\xe2\x80\x8b", CONTENT_BY_NAME, CONTENT_PLAIN }, /* zero width space */
        { "a.exe\xc2\xa0", CONTENT_BY_NAME, CONTENT_PLAIN },     /* no-break space */
        { "a.exe\"", CONTENT_BY_NAME, CONTENT_PLAIN },
        { "d/a.scr", CONTENT_BY_NAME, CONTENT_PLAIN },
        { "d\\a.vbs", CONTENT_BY_NAME, CONTENT_PLAIN },
        { ".js", CONTENT_BY_NAME, CONTENT_PLAIN },
        { "a.hta", CONTENT_BY_NAME, CONTENT_PLAIN },
        { "a.lnk", CONTENT_BY_NAME, CONTENT_PLAIN },
        { "a.iso", CONTENT_BY_NAME, CONTENT_PLAIN },
        { "a.img", CONTENT_BY_NAME, CONTENT_PLAIN },
        { "a.jar", CONTENT_BY_NAME, CONTENT_PLAIN },
        { "a.{00020420-0000-0000-C000-000000000046}", CONTENT_BY_NAME, CONTENT_PLAIN },
        { "photo\xe2\x80\xaegpj.txt", CONTENT_BY_NAME, CONTENT_PLAIN }, /* right-to-left override */
        { "a.docm", CONTENT_MACROS, CONTENT_PLAIN },
        { "word/vbaProject.bin", CONTENT_MACROS, CONTENT_PLAIN },
        { "a.zip", CONTENT_HARMLESS, CONTENT_ZIP },
        { "a.exe.zip", CONTENT_HARMLESS, CONTENT_ZIP },
        { "a.tar.gz", CONTENT_HARMLESS, CONTENT_GZIP },
        { "a.7z", CONTENT_HARMLESS, CONTENT_CLOSED },
        { "WINMAIL.DAT", CONTENT_HARMLESS, CONTENT_TNEF },
        { "winmail.dat.txt", CONTENT_HARMLESS, CONTENT_PLAIN },
        { "a.dat", CONTENT_HARMLESS, CONTENT_PLAIN },
        { "a.txt", CONTENT_HARMLESS, CONTENT_PLAIN },
        { "a.docx", CONTENT_HARMLESS, CONTENT_PLAIN },
        { "a.pdf", CONTENT_HARMLESS, CONTENT_PLAIN },
        { "exe", CONTENT_HARMLESS, CONTENT_PLAIN },
        { "a.exe/b", CONTENT_HARMLESS, CONTENT_PLAIN },
        { "a.exe.txt", CONTENT_HARMLESS, CONTENT_PLAIN },
        { "a.exes", CONTENT_HARMLESS, CONTENT_PLAIN },
        { "...", CONTENT_HARMLESS, CONTENT_PLAIN },
        { "", CONTENT_HARMLESS, CONTENT_PLAIN },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct content_type got = content_type_of_name(seki_str_of(cases[i].name));
        if (got.danger != cases[i].danger || got.kind != cases[i].kind)
            fail_msg("%s: %s, kind %d", cases[i].name, content_danger_name(got.danger), (int)got.kind);
    }
    assert_int_equal(content_type_of_name((struct seki_str){ "a.exe\0.txt", 10 }).danger, CONTENT_BY_NAME);
}

static void first_octets_are_judged(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct seki_str head;
        enum content_danger danger;
        enum content_kind kind;
    } cases[] = {
        { "a program of Windows", SEKI_STR_INIT("MZ\x90\0\3\0\0\0"), CONTENT_BY_OCTETS, CONTENT_PLAIN },
        { "a text that begins alike", SEKI_STR_INIT("MZ is a postal code"), CONTENT_HARMLESS, CONTENT_PLAIN },
        { "a program of Linux",
          SEKI_STR_INIT("\x7f"
                        "ELF\2\1\1"),
          CONTENT_BY_OCTETS, CONTENT_PLAIN },
        { "a program of macOS", SEKI_STR_INIT("\xcf\xfa\xed\xfe\7\0"), CONTENT_BY_OCTETS, CONTENT_PLAIN },
        { "a script", SEKI_STR_INIT("#!/bin/sh\n"), CONTENT_BY_OCTETS, CONTENT_PLAIN },
        { "a link", SEKI_STR_INIT("L\0\0\0\1\x14\2\0\0\0"), CONTENT_BY_OCTETS, CONTENT_PLAIN },
        { "an internet link", SEKI_STR_INIT("\xef\xbb\xbf\r\n[internetshortcut]\r\n"), CONTENT_BY_OCTETS,
          CONTENT_PLAIN },
        { "an HTML application", SEKI_STR_INIT("<html><HTA:APPLICATION id=x>"), CONTENT_BY_OCTETS, CONTENT_PLAIN },
        { "a zip", SEKI_STR_INIT("PK\3\4\x14\0"), CONTENT_HARMLESS, CONTENT_ZIP },
        { "an empty zip", SEKI_STR_INIT("PK\5\6\0\0"), CONTENT_HARMLESS, CONTENT_ZIP },
        { "gzip", SEKI_STR_INIT("\x1f\x8b\x08"), CONTENT_HARMLESS, CONTENT_GZIP },
        { "an older office document", SEKI_STR_INIT("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), CONTENT_HARMLESS,
          CONTENT_OLE },
        { "7z", SEKI_STR_INIT("7z\xbc\xaf\x27\x1c"), CONTENT_HARMLESS, CONTENT_CLOSED },
        { "bzip2", SEKI_STR_INIT("BZh91AY&SY"), CONTENT_HARMLESS, CONTENT_CLOSED },
        { "LHA", SEKI_STR_INIT("\x20\x31-lh5-"), CONTENT_HARMLESS, CONTENT_CLOSED },
        { "a text with a dash", SEKI_STR_INIT("ab-lhc"), CONTENT_HARMLESS, CONTENT_PLAIN },
        { "a PDF", SEKI_STR_INIT("%PDF-1.7"), CONTENT_HARMLESS, CONTENT_PLAIN },
        { "a part of a signature", SEKI_STR_INIT("PK"), CONTENT_HARMLESS, CONTENT_PLAIN },
        { "nothing", SEKI_STR_INIT(""), CONTENT_HARMLESS, CONTENT_PLAIN },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct content_type got = content_type_of_head(cases[i].head);
        if (got.danger != cases[i].danger || got.kind != cases[i].kind)
            fail_msg("%s: %s, kind %d", cases[i].name, content_danger_name(got.danger), (int)got.kind);
    }
}

static void tar_is_known_by_its_middle(void **state)
{
    (void)state;
    char head[CONTENT_HEAD_MAX] = "a.txt";
    memcpy(head + 257, "ustar", 5);
    assert_int_equal(content_type_of_head((struct seki_str){ head, sizeof head }).kind, CONTENT_TAR);
    assert_int_equal(content_type_of_head((struct seki_str){ head, 261 }).kind, CONTENT_PLAIN);
}

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_judged_by_what_opens_them),
        cmocka_unit_test(first_octets_are_judged),
        cmocka_unit_test(tar_is_known_by_its_middle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
