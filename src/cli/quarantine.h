/* The quarantine of this node, as commands use it: what [quarantine] and [hosting] of the configuration say. */
#ifndef CLI_QUARANTINE_H
#define CLI_QUARANTINE_H

#include "cli/store.h"
#include "quarantine/quarantine.h"
#include "store/held.h"

struct cli_quarantine {
    struct seki_str folder, release_to, node;
};

/** @return false: there is none here, which store->why says */
bool cli_quarantine_find(struct cli_store *store, struct cli_quarantine *quarantine_out);

/** The item with this number. @return false: said, or in store->why */
bool cli_held_find(struct cli_store *store, const char *number, struct store_held *item_out);
/** Are these numbers, each once? @return false: said */
bool cli_held_check_numbers(const struct cli_options *options);

/** Its message, when it is on this node. @param message_out in the store's arena. @return false: store->why says why not */
bool cli_held_open(struct cli_store *store, const struct cli_quarantine *quarantine, const struct store_held *item,
                   struct quarantine_message *message_out, int *file_out);

/** As a table. */
void cli_held_print(struct cli_store *store, const struct store_held *items, size_t count);
json_t *cli_json_held(const struct store_held *item);

#endif
