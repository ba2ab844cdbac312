#include "content/types.h"

/* Programs, scripts and links of the systems that people have on their desks; what opens and mounts images of disks; what
 * these systems' own mail programs hold back. Sorted by nothing: the whole word is looked up. */
static const char *const program_extensions[] = {
    /* Windows: programs and what loads them */
    "exe",
    "com",
    "scr",
    "pif",
    "cpl",
    "dll",
    "ocx",
    "sys",
    "drv",
    "msi",
    "msp",
    "mst",
    "msu",
    "msix",
    "msixbundle",
    "appx",
    "appxbundle",
    "application",
    "appref-ms",
    "gadget",
    "diagcab",
    "xbap",
    "xll",
    "ax",
    "vxd",
    "hlp",
    "chm",
    "its",
    /* Windows: scripts */
    "bat",
    "cmd",
    "vb",
    "vbe",
    "vbs",
    "vbp",
    "js",
    "jse",
    "ws",
    "wsc",
    "wsf",
    "wsh",
    "sct",
    "hta",
    "htc",
    "ps1",
    "ps1xml",
    "ps2",
    "ps2xml",
    "psc1",
    "psc2",
    "psd1",
    "psm1",
    "msh",
    "msh1",
    "msh2",
    "mshxml",
    "bas",
    "inf",
    "ins",
    "isp",
    "reg",
    "rgs",
    "osd",
    "msc",
    "job",
    "prf",
    "prg",
    "vsmacros",
    "webpnp",
    "xnk",
    "plg",
    "pcd",
    "hpj",
    "shb",
    "shs",
    "fxp",
    "grp",
    /* Windows: links and settings that run something */
    "lnk",
    "url",
    "scf",
    "website",
    "library-ms",
    "search-ms",
    "searchconnector-ms",
    "settingcontent-ms",
    "theme",
    "themepack",
    "deskthemepack",
    "desktop",
    "iqy",
    "oqy",
    "rqy",
    "slk",
    "udl",
    "rdp",
    "printerexport",
    "mcf",
    "ade",
    "adp",
    "mad",
    "maf",
    "mag",
    "mam",
    "maq",
    "mar",
    "mas",
    "mat",
    "mau",
    "mav",
    "maw",
    "mda",
    "mdb",
    "mde",
    "mdt",
    "mdw",
    "mdz",
    /* images of disks, which open at a click and lose the mark of coming from outside */
    "iso",
    "img",
    "vhd",
    "vhdx",
    "wim",
    "dmg",
    "udf",
    /* elsewhere */
    "jar",
    "jnlp",
    "class",
    "apk",
    "app",
    "command",
    "sh",
    "bash",
    "csh",
    "ksh",
    "zsh",
    "run",
    "appimage",
    "deb",
    "rpm",
    "pkg",
    "mpkg",
    "workflow",
    "action",
    "scpt",
    "applescript",
    "py",
    "pyc",
    "pyo",
    "pyw",
    "pyz",
    "pyzw",
    "pl",
    "asp",
    "aspx",
};

static const char *const macro_extensions[] = {
    "docm", "dotm", "xlsm", "xltm", "xlam", "xla", "pptm", "potm", "ppam", "ppsm", "sldm", "ppa", "wll",
};

static const struct {
    const char *extension;
    enum content_kind kind;
} archive_extensions[] = {
    { "zip", CONTENT_ZIP },     { "zipx", CONTENT_ZIP },   { "tar", CONTENT_TAR },     { "gz", CONTENT_GZIP },
    { "tgz", CONTENT_GZIP },    { "7z", CONTENT_CLOSED },  { "rar", CONTENT_CLOSED },  { "r00", CONTENT_CLOSED },
    { "cab", CONTENT_CLOSED },  { "xz", CONTENT_CLOSED },  { "txz", CONTENT_CLOSED },  { "bz2", CONTENT_CLOSED },
    { "bz", CONTENT_CLOSED },   { "tbz", CONTENT_CLOSED }, { "tbz2", CONTENT_CLOSED }, { "zst", CONTENT_CLOSED },
    { "tzst", CONTENT_CLOSED }, { "lz", CONTENT_CLOSED },  { "lzma", CONTENT_CLOSED }, { "z", CONTENT_CLOSED },
    { "taz", CONTENT_CLOSED },  { "lzh", CONTENT_CLOSED }, { "lha", CONTENT_CLOSED },  { "arj", CONTENT_CLOSED },
    { "ace", CONTENT_CLOSED },  { "arc", CONTENT_CLOSED }, { "alz", CONTENT_CLOSED },  { "egg", CONTENT_CLOSED },
};

#define COUNT(table)   (sizeof(table) / sizeof(table)[0])
#define EXTENSION_ROOM 24u /* the longest in the tables has 18 letters */

/* ---- names ---- */

/* Characters that are not seen, in UTF-8: U+00AD, U+200B to U+200F, U+2060, U+FEFF. @return octets, 0 for none */
static size_t unseen_at_end(struct seki_str name)
{
    static const struct seki_str unseen[] = {
        SEKI_STR_INIT("\xc2\xad"),     SEKI_STR_INIT("\xe2\x80\x8b"), SEKI_STR_INIT("\xe2\x80\x8c"),
        SEKI_STR_INIT("\xe2\x80\x8d"), SEKI_STR_INIT("\xe2\x80\x8e"), SEKI_STR_INIT("\xe2\x80\x8f"),
        SEKI_STR_INIT("\xe2\x81\xa0"), SEKI_STR_INIT("\xef\xbb\xbf"), SEKI_STR_INIT("\xc2\xa0"),
    };
    for (size_t i = 0; i < COUNT(unseen); i++)
        if (seki_str_ends_with_nocase(name, unseen[i]))
            return unseen[i].len;
    unsigned char last = (unsigned char)name.ptr[name.len - 1];
    return last <= ' ' || last == 0x7F || last == '.' || last == '"' || last == '\'' || last == ';' ? 1 : 0;
}

/* U+202A to U+202E and U+2066 to U+2069 */
static bool turns_direction(struct seki_str name)
{
    for (size_t i = 0; i + 2 < name.len; i++) {
        unsigned char third = (unsigned char)name.ptr[i + 2];
        if (memcmp(name.ptr + i, "\xe2\x80", 2) == 0 && third >= 0xaa && third <= 0xae)
            return true;
        if (memcmp(name.ptr + i, "\xe2\x81", 2) == 0 && third >= 0xa6 && third <= 0xa9)
            return true;
    }
    return false;
}

/* A name ends at NUL for whoever writes the file. */
static struct seki_str extension_of(struct seki_str name)
{
    name = seki_str_head(name, seki_str_find(name, '\0'));
    for (size_t cut; name.len > 0 && (cut = unseen_at_end(name)) > 0;)
        name.len -= cut;
    size_t start = name.len;
    while (start > 0 && name.ptr[start - 1] != '.' && name.ptr[start - 1] != '/' && name.ptr[start - 1] != '\\')
        start--;
    bool has_dot = start > 0 && name.ptr[start - 1] == '.';
    return has_dot ? seki_str_from(name, start) : SEKI_STR("");
}

/* An extension as the tables have it: in lower case, with NUL; "" when it is longer than any of them. */
struct extension {
    char text[EXTENSION_ROOM];
};

static struct extension lower(struct seki_str text)
{
    struct extension extension = { "" };
    for (size_t i = 0; text.len < sizeof extension.text && i < text.len; i++)
        extension.text[i] = seki_ascii_lower(text.ptr[i]);
    return extension;
}

static bool is_same(const struct extension *extension, const char *other)
{
    return extension->text[0] == other[0] && strcmp(extension->text, other) == 0;
}

static bool is_among(const struct extension *extension, const char *const *extensions, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_same(extension, extensions[i]))
            return true;
    return false;
}

static enum content_kind kind_of(const struct extension *extension)
{
    for (size_t i = 0; i < COUNT(archive_extensions); i++)
        if (is_same(extension, archive_extensions[i].extension))
            return archive_extensions[i].kind;
    return CONTENT_PLAIN;
}

/* Explorer hides this one, and what it names is a program: "name.{00020420-…}". */
static bool is_class_id(struct seki_str extension)
{
    return extension.len == 38 && extension.ptr[0] == '{' && extension.ptr[37] == '}';
}

struct content_type content_type_of_name(struct seki_str name)
{
    struct seki_str text = extension_of(name);
    struct extension extension = lower(text);
    if (turns_direction(name) || is_class_id(text) ||
        is_among(&extension, program_extensions, COUNT(program_extensions)))
        return (struct content_type){ .danger = CONTENT_BY_NAME };
    if (is_among(&extension, macro_extensions, COUNT(macro_extensions)) ||
        seki_str_ends_with_nocase(name, SEKI_STR("vbaProject.bin")))
        return (struct content_type){ .danger = CONTENT_MACROS };
    bool is_tnef = seki_str_ends_with_nocase(name, SEKI_STR("winmail.dat"));
    return (struct content_type){ .kind = is_tnef ? CONTENT_TNEF : kind_of(&extension) };
}

/* ---- first octets ---- */

struct magic {
    size_t at;
    struct seki_str octets;
    struct content_type type;
};

#define PROGRAM(octets)                                                                                            \
    {                                                                                                              \
        0, SEKI_STR_INIT(octets),                                                                                  \
        {                                                                                                          \
            .danger = CONTENT_BY_OCTETS                                                                            \
        }                                                                                                          \
    }
#define ARCHIVE(at, octets, k)                                                                                     \
    {                                                                                                              \
        at, SEKI_STR_INIT(octets),                                                                                 \
        {                                                                                                          \
            .kind = CONTENT_##k                                                                                    \
        }                                                                                                          \
    }

static const struct magic magics[] = {
    PROGRAM("\x7f"
            "ELF"),
    PROGRAM("\xfe\xed\xfa\xce"),
    PROGRAM("\xfe\xed\xfa\xcf"), /* Mach-O */
    PROGRAM("\xce\xfa\xed\xfe"),
    PROGRAM("\xcf\xfa\xed\xfe"),
    PROGRAM("\xca\xfe\xba\xbe"), /* universal Mach-O, and Java classes */
    PROGRAM("#!"),
    PROGRAM("L\0\0\0\1\x14\2\0"), /* LNK */
    PROGRAM("dex\n"),
    PROGRAM("ITSF"),
    PROGRAM("MSWIM\0\0\0"),
    PROGRAM("conectix"),
    PROGRAM("vhdxfile"),
    ARCHIVE(0, "PK\3\4", ZIP),
    ARCHIVE(0, "PK\5\6", ZIP),
    ARCHIVE(0, "PK\7\10PK", ZIP),
    ARCHIVE(0, "PK00PK", ZIP),
    ARCHIVE(0, "\x1f\x8b", GZIP),
    ARCHIVE(257, "ustar", TAR),
    ARCHIVE(0, "\x78\x9f\x3e\x22", TNEF),
    ARCHIVE(0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE),
    ARCHIVE(0, "7z\xbc\xaf\x27\x1c", CLOSED),
    ARCHIVE(0, "Rar!\x1a\7", CLOSED),
    ARCHIVE(0, "MSCF\0\0\0\0", CLOSED),
    ARCHIVE(0,
            "\xfd"
            "7zXZ\0",
            CLOSED),
    ARCHIVE(4, "1AY&SY", CLOSED),
    ARCHIVE(0, "\x28\xb5\x2f\xfd", CLOSED),
    ARCHIVE(0, "LZIP", CLOSED),
    ARCHIVE(0, "\x1f\x9d", CLOSED),
    ARCHIVE(7, "**ACE**", CLOSED),
};

static bool has_at(struct seki_str head, size_t at, struct seki_str octets)
{
    return head.len >= at && seki_str_starts_with(seki_str_from(head, at), octets);
}

/* "MZ" may begin a text; a program's header has NULs, and a text has none. */
static bool is_dos_program(struct seki_str head)
{
    return has_at(head, 0, SEKI_STR("MZ")) && memchr(head.ptr, '\0', head.len) != NULL;
}

static bool has_tag(struct seki_str text, struct seki_str tag)
{
    for (size_t at; (at = seki_str_find(text, '<')) < text.len; text = seki_str_from(text, at + 1))
        if (seki_str_starts_with_nocase(seki_str_from(text, at), tag))
            return true;
    return false;
}

/* Text that a program runs, after white space and a byte order mark. */
static bool is_script_text(struct seki_str head)
{
    if (has_at(head, 0, SEKI_STR("\xef\xbb\xbf")))
        head = seki_str_from(head, 3);
    head = seki_str_trim(head);
    return seki_str_starts_with_nocase(head, SEKI_STR("[InternetShortcut]")) ||
           has_tag(head, SEKI_STR("<hta:application"));
}

/* "-lh5-" and its kin, behind two octets that are anything */
static bool is_lha(struct seki_str head)
{
    return has_at(head, 2, SEKI_STR("-lh")) && has_at(head, 6, SEKI_STR("-"));
}

struct content_type content_type_of_head(struct seki_str head)
{
    if (is_dos_program(head) || is_script_text(head))
        return (struct content_type){ .danger = CONTENT_BY_OCTETS };
    for (size_t i = 0; i < COUNT(magics); i++)
        if (has_at(head, magics[i].at, magics[i].octets))
            return magics[i].type;
    return (struct content_type){ .kind = is_lha(head) ? CONTENT_CLOSED : CONTENT_PLAIN };
}
