/* A message of the past: what the store has of it, and the journal's record with the evidence. */
#ifndef CLI_RECORDED_H
#define CLI_RECORDED_H

#include "cli/store.h"
#include "journal/record.h"
#include "journal/writer.h"

#include <sekisho/context.h>

struct cli_recorded {
    struct cli_store store; /* with a connection, unless the message was named by its place in the journal */
    int64_t message;        /* its number in the store; 0: named by its place */
    struct seki_str node;
    struct journal_position position;
    struct journal_record record;    /* without evidence: what the store has of it */
    bool is_erased;                  /* on somebody's wish */
    bool has_record;                 /* it is the journal's, and evidence with it where that was kept */
    struct seki_error no_record_why; /* why it is not */
};

/** @param operand  the number of a message, or SEGMENT:OFFSET. @return false: kept in the store, only close it */
bool cli_recorded_open(struct cli_recorded *recorded, const struct cli_options *options, const char *operand);
enum cli_exit cli_recorded_close(struct cli_recorded *recorded);

/** "12", or "SEGMENT:OFFSET". In the arena. */
struct seki_str cli_recorded_name(const struct cli_recorded *recorded);

/** The message judged again from what was recorded. */
struct cli_recalled {
    struct seki_context *context;
    struct seki_psl *psl;
    struct seki_answers *answers;
    struct seki_verify *verify;
    struct seki_verdict verdict;
    size_t not_recorded; /* questions that were not asked then; they have failed */
};

/** @param explain  keep traces, in the reader's language
 *  @return false with *why: the evidence is not whole. Release in any case */
bool cli_recall(struct cli_recorded *recorded, bool explain, struct cli_recalled *recalled, struct seki_error *why);
void cli_recalled_release(struct cli_recalled *recalled);

/** What was recorded, for people, and as JSON. */
void cli_print_recorded(const struct cli_recorded *recorded);
json_t *cli_json_recorded(const struct cli_recorded *recorded);

/** "<a@example.com>", "<>" for the null reverse-path, "(erased)" in the reader's language. In the arena. */
struct seki_str cli_mail_from_text(struct seki_str mail_from, const struct policy_facts *facts, bool is_erased,
                                   struct seki_arena *arena);
/** A recipient's address, or "(erased)": there is none without. */
struct seki_str cli_recipient_text(struct seki_str address);

/** "dmarc-reject, virus": the checks of a judgement. In the arena. */
struct seki_str cli_matched_text(unsigned matched, struct seki_arena *arena);
/** "off", "observe", "on". */
const char *cli_filter_name(unsigned filter);

#endif
