/* What the rest of DMARC needs to know about a record besides its value. */
#ifndef AUTH_DMARC_RECORD_H
#define AUTH_DMARC_RECORD_H

#include <sekisho/dmarc.h>

/** Does it start with the dmarc-version production (RFC 9989 section 4.8)? Others are discarded by the walk. */
bool seki_dmarc_record_is_one(struct seki_str text);

/* A record as its reader saw it, piece by piece, for telling its owner what was passed over. */
enum seki_dmarc_piece_state {
    SEKI_DMARC_PIECE_READ = 0,
    SEKI_DMARC_PIECE_NOT_A_TAG, /* no "=" in it; tag is "" */
    SEKI_DMARC_PIECE_UNKNOWN,   /* no tag of RFC 9989; the historic rf and ri are such */
    SEKI_DMARC_PIECE_REPEATED,  /* the first one counts */
    SEKI_DMARC_PIECE_VALUE,     /* not one of the tag's values: the default stands */
    SEKI_DMARC_PIECE_URI,       /* behind the piece of rua or ruf: an element of it that is no URI */
    SEKI_DMARC_PIECE_SIZE       /* likewise: one with the obsolete "!size" */
};

struct seki_dmarc_piece {
    enum seki_dmarc_piece_state state;
    struct seki_str tag, value; /* as written, without white space at their ends */
};

#define SEKI_DMARC_MAX_PIECES 64u /* kept, of more than anybody writes */

struct seki_dmarc_pieces {
    struct seki_dmarc_piece list[SEKI_DMARC_MAX_PIECES];
    size_t count; /* without the version; empty pieces are not listed */
};

/** As seki_dmarc_record_parse(). @param pieces_out  views into text; undefined on failure */
enum seki_result seki_dmarc_record_read(struct seki_arena *arena, struct seki_str text,
                                        struct seki_dmarc_record *record_out, struct seki_dmarc_pieces *pieces_out,
                                        struct seki_error *why);

enum seki_dmarc_usability {
    SEKI_DMARC_USABLE = 0,
    SEKI_DMARC_AS_NONE, /* policies not valid, but somebody wants reports: "p=none" (RFC 9989 section 4.10.1) */
    SEKI_DMARC_UNUSABLE /* policies not valid and no rua: no DMARC processing (ibid.) */
};
enum seki_dmarc_usability seki_dmarc_record_usability(const struct seki_dmarc_record *record);

enum seki_dmarc_reach {
    SEKI_DMARC_REACH_OWN, /* the domain that has the record */
    SEKI_DMARC_REACH_SUBDOMAIN,
    SEKI_DMARC_REACH_NONEXISTENT /* subdomain, NXDOMAIN */
};
/** What the record asks for, before t=: p, sp or np, and what stands for one that is missing (section 4.10.1). UNSET
 *  when the record is unusable. */
enum seki_dmarc_policy seki_dmarc_record_policy(const struct seki_dmarc_record *record,
                                                enum seki_dmarc_reach reach);

/** t=y: "one level below the specified policy" (section 4.7). */
enum seki_dmarc_policy seki_dmarc_policy_lowered(enum seki_dmarc_policy policy);

#endif
