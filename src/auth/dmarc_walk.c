#include "auth/dmarc_walk.h"

#include "auth/dmarc_record.h"

#define MAX_NAME_OCTETS       253u
#define LABELS_AFTER_SHORTCUT 7u /* RFC 9989 section 4.10 step 4 */

/* 1. Names. */

static struct seki_dmarc_name *name_get(struct seki_dmarc_walks *walks, struct seki_str domain)
{
    for (struct seki_dmarc_name *name = walks->first_name; name != NULL; name = name->next)
        if (seki_str_equal(name->domain, domain))
            return name;
    struct seki_dmarc_name *name = seki_arena_alloc(walks->arena, 1, sizeof *name);
    if (name == NULL)
        return NULL;
    name->domain = domain;
    name->next = walks->first_name;
    walks->first_name = name;
    return name;
}

struct question {
    char octets[7 + MAX_NAME_OCTETS];
    struct seki_str name;
};

/* With "_dmarc." in front a name may pass 253 octets; the table answers that: nothing can stand there. */
static void write_question(struct question *question, struct seki_str domain)
{
    domain = seki_str_head(domain, MAX_NAME_OCTETS);
    memcpy(question->octets, "_dmarc.", 7);
    memcpy(question->octets + 7, domain.ptr, domain.len);
    question->name = (struct seki_str){ question->octets, 7 + domain.len };
}

/* "Records that do not start with a 'v' tag that identifies the current version of DMARC are discarded. If multiple
 * DMARC Policy Records are returned for a single target, they are all discarded." (section 4.10 steps 2 and 6) */
static enum seki_dmarc_standing find_record(const struct seki_answer *answer, struct seki_str *text_out)
{
    size_t count = 0;
    for (size_t i = 0; i < answer->record_count; i++) {
        if (!seki_dmarc_record_is_one(answer->records[i].text))
            continue;
        *text_out = answer->records[i].text;
        count++;
    }
    if (count == 0)
        return SEKI_DMARC_STANDING_NOTHING;
    return count == 1 ? SEKI_DMARC_STANDING_RECORD : SEKI_DMARC_STANDING_SEVERAL;
}

static enum seki_result read_answer(struct seki_dmarc_walks *walks, struct seki_dmarc_name *name)
{
    struct seki_str text;
    switch (name->answer->status) {
    case SEKI_ANSWER_OPEN: return SEKI_NEED_ANSWERS;
    case SEKI_ANSWER_FAILED: name->standing = SEKI_DMARC_STANDING_FAILURE; return SEKI_OK;
    case SEKI_ANSWER_NODATA:
    case SEKI_ANSWER_NXDOMAIN: name->standing = SEKI_DMARC_STANDING_NOTHING; return SEKI_OK;
    case SEKI_ANSWER_FOUND: break;
    }
    enum seki_dmarc_standing standing = find_record(name->answer, &text);
    if (standing == SEKI_DMARC_STANDING_RECORD) {
        enum seki_result result = seki_dmarc_record_parse(walks->arena, text, &name->record, NULL);
        if (result != SEKI_OK)
            return result;
    }
    name->standing = standing;
    return SEKI_OK;
}

static enum seki_result name_read(struct seki_dmarc_walks *walks, struct seki_dmarc_name *name,
                                  struct seki_answers *answers)
{
    if (name->standing != SEKI_DMARC_STANDING_UNREAD)
        return SEKI_OK;
    if (name->answer == NULL) {
        struct question question;
        write_question(&question, name->domain);
        name->answer = seki_answers_ask(answers, question.name, SEKI_RR_TXT);
    }
    return name->answer != NULL ? read_answer(walks, name) : seki_arena_failure(walks->arena);
}

/* 2. Walks. */

/* RFC 7489 section 3.2. A public suffix has no Organizational Domain; it stands for itself, so that nothing below it
 * aligns with it. */
static struct seki_str org_domain_by_list(const struct seki_psl *psl, struct seki_str domain)
{
    struct seki_str org_domain = seki_psl_registrable(psl, domain);
    return org_domain.len > 0 ? org_domain : domain;
}

/* Section 4.10 steps 1, 3, 4 and 7: the start; below 8 labels its parents, else its last 7 labels and their parents;
 * down to the single label. RFC 7489 section 6.6.3 steps 1 and 3: the domain, then its Organizational Domain. */
static size_t list_names(const struct seki_psl *psl, struct seki_str start, struct seki_str *list)
{
    size_t count = 0;
    list[count++] = start;
    if (psl != NULL) {
        list[count] = org_domain_by_list(psl, start);
        return list[count].len < start.len ? count + 1 : count;
    }
    struct seki_str target = seki_domain_label_count(start) <= LABELS_AFTER_SHORTCUT
                                 ? seki_domain_parent(start)
                                 : seki_domain_suffix(start, LABELS_AFTER_SHORTCUT);
    for (; target.len > 0; target = seki_domain_parent(target))
        list[count++] = target;
    return count;
}

struct seki_dmarc_walk *seki_dmarc_walk_get(struct seki_dmarc_walks *walks, struct seki_str domain)
{
    for (struct seki_dmarc_walk *walk = walks->first; walk != NULL; walk = walk->next)
        if (seki_str_equal_nocase(walk->start, domain))
            return walk;
    struct seki_dmarc_walk *walk = seki_arena_alloc(walks->arena, 1, sizeof *walk);
    if (walk == NULL)
        return NULL;
    walk->start = seki_arena_copy_lower(walks->arena, domain);
    if (walk->start.ptr == NULL)
        return NULL;
    struct seki_str list[SEKI_DMARC_WALK_MAX];
    walk->name_count = list_names(walks->psl, walk->start, list);
    for (size_t i = 0; i < walk->name_count; i++)
        if ((walk->names[i] = name_get(walks, list[i])) == NULL)
            return NULL;
    walk->next = walks->first;
    walks->first = walk;
    return walk;
}

void seki_dmarc_walk_ask_ahead(struct seki_dmarc_walk *walk, struct seki_answers *answers)
{
    if (walk->has_asked_ahead)
        return;
    walk->has_asked_ahead = true;
    for (size_t i = 0; i < walk->name_count; i++) {
        struct question question;
        if (walk->names[i]->answer != NULL)
            continue;
        write_question(&question, walk->names[i]->domain);
        seki_answers_prefetch(answers, question.name, SEKI_RR_TXT);
    }
}

/* 3. What a walk has found. */

/* Section 4.10.2 rule 2: "the Organizational Domain is the domain one label below this one". The name that was asked
 * before it is another one when the walk has taken its shortcut. */
static void settle_below(struct seki_dmarc_walk *walk, size_t psd_index)
{
    const struct seki_dmarc_name *psd = walk->names[psd_index], *before = walk->names[psd_index - 1];
    walk->org_rule = SEKI_DMARC_ORG_BELOW_PSD_Y;
    walk->psd = psd;
    walk->org_domain = seki_domain_suffix(walk->start, seki_domain_label_count(psd->domain) + 1);
    if (before->domain.len == walk->org_domain.len && before->standing == SEKI_DMARC_STANDING_RECORD)
        walk->org = before;
}

static void settle_at(struct seki_dmarc_walk *walk, const struct seki_dmarc_name *name,
                      enum seki_dmarc_org_rule rule)
{
    walk->org_rule = rule;
    walk->org_domain = name->domain;
    walk->org = name->standing == SEKI_DMARC_STANDING_RECORD ? name : NULL;
}

/* Section 4.10.2: "select the Organizational Domain from the domains for which valid DMARC Policy Records were
 * retrieved from the longest to the shortest". "Valid" is what the grammar accepts, so a bare v=DMARC1 counts. */
static void select_org_domain(struct seki_dmarc_walk *walk)
{
    const struct seki_dmarc_name *topmost = NULL;
    for (size_t i = 0; i < walk->read_count; i++) {
        const struct seki_dmarc_name *name = walk->names[i];
        if (name->standing != SEKI_DMARC_STANDING_RECORD)
            continue;
        if (name->record.psd == SEKI_DMARC_PSD_NO) {
            settle_at(walk, name, SEKI_DMARC_ORG_PSD_N);
            return;
        }
        if (name->record.psd == SEKI_DMARC_PSD_YES && i > 0) {
            settle_below(walk, i);
            return;
        }
        topmost = name;
    }
    settle_at(walk, topmost != NULL ? topmost : walk->names[0],
              topmost != NULL ? SEKI_DMARC_ORG_TOPMOST : SEKI_DMARC_ORG_START);
}

/* The list has answered already; the names only matter for the policy. */
static void settle_by_list(struct seki_dmarc_walk *walk)
{
    const struct seki_dmarc_name *last = walk->names[walk->name_count - 1];
    settle_at(walk, last, SEKI_DMARC_ORG_LIST);
}

static bool stops_walk(const struct seki_dmarc_walks *walks, const struct seki_dmarc_name *name)
{
    if (name->standing == SEKI_DMARC_STANDING_FAILURE)
        return true;
    if (walks->psl != NULL) /* RFC 7489 section 6.6.3: only an empty set sends us further */
        return name->standing != SEKI_DMARC_STANDING_NOTHING;
    return name->standing == SEKI_DMARC_STANDING_RECORD && name->record.psd != SEKI_DMARC_PSD_UNKNOWN;
}

static void finish(struct seki_dmarc_walks *walks, struct seki_dmarc_walk *walk)
{
    walk->is_done = true;
    const struct seki_dmarc_name *last = walk->names[walk->read_count - 1];
    if (last->standing == SEKI_DMARC_STANDING_FAILURE)
        walk->failed = last;
    if (walks->psl != NULL)
        settle_by_list(walk);
    else if (walk->failed == NULL)
        select_org_domain(walk);
}

enum seki_result seki_dmarc_walk_step(struct seki_dmarc_walks *walks, struct seki_dmarc_walk *walk,
                                      struct seki_answers *answers)
{
    while (!walk->is_done) {
        struct seki_dmarc_name *name = walk->names[walk->read_count];
        enum seki_result result = name_read(walks, name, answers);
        if (result == SEKI_NEED_ANSWERS)
            seki_dmarc_walk_ask_ahead(walk, answers);
        if (result != SEKI_OK)
            return result;
        walk->read_count++;
        if (walk->read_count == walk->name_count || stops_walk(walks, name))
            finish(walks, walk);
    }
    return SEKI_OK;
}

enum seki_result seki_dmarc_walk_org_domain(struct seki_dmarc_walks *walks, struct seki_str domain,
                                            struct seki_answers *answers, struct seki_str *org_out)
{
    *org_out = (struct seki_str){ NULL, 0 };
    if (walks->psl != NULL) {
        *org_out = org_domain_by_list(walks->psl, domain);
        return SEKI_OK;
    }
    struct seki_dmarc_walk *walk = seki_dmarc_walk_get(walks, domain);
    if (walk == NULL)
        return seki_arena_failure(walks->arena);
    enum seki_result result = seki_dmarc_walk_step(walks, walk, answers);
    if (result == SEKI_OK)
        *org_out = walk->org_domain;
    return result;
}
