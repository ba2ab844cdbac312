#include "suite.h"

#include <stdlib.h>
#include <unistd.h>
#include <yaml.h>

#define MAX_RECORDS    512
#define MAX_NAME       1024
#define MAX_CNAME_HOPS 8

static void die(const char *path, const char *what)
{
    fprintf(stderr, "%s: %s\n", path, what);
    exit(1);
}

const char *suite_folder(void)
{
    static char folder[4096];
    const char *given = getenv("SEKISHO_CONFORMANCE"), *root = getenv("SEKISHO_SOURCE_ROOT");
    if (given != NULL)
        snprintf(folder, sizeof folder, "%s", given);
    else
        snprintf(folder, sizeof folder, "%s/../shared/conformance", root != NULL ? root : ".");
    return access(folder, R_OK) == 0 ? folder : NULL;
}

int suite_skip_all(void)
{
    printf("1..0 # SKIP the conformance suites (../shared/conformance) are not here\n");
    return 0;
}

char *suite_read(const char *path, size_t *len_out)
{
    char full[8192];
    snprintf(full, sizeof full, "%s/%s", suite_folder(), path);
    FILE *file = fopen(full, "rb");
    if (file == NULL)
        die(full, "cannot be opened");
    size_t len = 0, capacity = 65536;
    char *text = malloc(capacity + 1);
    while (text != NULL) {
        len += fread(text + len, 1, capacity - len, file);
        if (len < capacity)
            break;
        capacity *= 2;
        text = realloc(text, capacity + 1);
    }
    fclose(file);
    if (text == NULL)
        die(full, "no memory");
    text[len] = '\0';
    *len_out = len;
    return text;
}

char *suite_to_crlf(const char *text, size_t len, size_t *len_out)
{
    char *out = malloc(len * 2 + 1);
    if (out == NULL)
        abort();
    size_t used = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r'))
            out[used++] = '\r';
        out[used++] = text[i];
    }
    out[used] = '\0';
    *len_out = used;
    return out;
}

static json_t *from_yaml(yaml_document_t *document, int index)
{
    yaml_node_t *node = yaml_document_get_node(document, index);
    if (node->type == YAML_SCALAR_NODE)
        return json_stringn_nocheck((const char *)node->data.scalar.value, node->data.scalar.length);
    if (node->type == YAML_SEQUENCE_NODE) {
        json_t *array = json_array();
        for (yaml_node_item_t *i = node->data.sequence.items.start; i < node->data.sequence.items.top; i++)
            json_array_append_new(array, from_yaml(document, *i));
        return array;
    }
    json_t *object = json_object();
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top; p++) {
        yaml_node_t *key = yaml_document_get_node(document, p->key);
        json_object_set_new_nocheck(object, (const char *)key->data.scalar.value, from_yaml(document, p->value));
    }
    return object;
}

static json_t *load_yaml(const char *path)
{
    size_t len;
    char *text = suite_read(path, &len);
    yaml_parser_t parser;
    yaml_parser_initialize(&parser);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
    json_t *documents = json_array();
    for (;;) {
        yaml_document_t document;
        if (!yaml_parser_load(&parser, &document))
            die(path, parser.problem);
        bool is_last = yaml_document_get_root_node(&document) == NULL;
        if (!is_last)
            json_array_append_new(documents, from_yaml(&document, 1));
        yaml_document_delete(&document);
        if (is_last)
            break;
    }
    yaml_parser_delete(&parser);
    free(text);
    return documents;
}

json_t *suite_load(const char *path)
{
    if (suite_folder() == NULL)
        return NULL;
    const char *dot = strrchr(path, '.');
    if (dot != NULL && (strcmp(dot, ".yml") == 0 || strcmp(dot, ".yaml") == 0))
        return load_yaml(path);
    size_t len;
    char *text = suite_read(path, &len);
    json_error_t error;
    json_t *root = json_loadb(text, len, JSON_ALLOW_NUL, &error);
    if (root == NULL)
        die(path, error.text);
    free(text);
    return root;
}

struct suite_zone {
    json_t *names;   /* folded to lower case, no final dot */
    json_t *failure; /* stands for a name whose look-up fails */
};

/* To lower case, without a final dot. @param folded MAX_NAME octets */
static void fold(const char *name, char *folded)
{
    size_t len = name != NULL ? strlen(name) : 0;
    if (len >= MAX_NAME)
        die(name, "name too long");
    for (size_t i = 0; i < len; i++)
        folded[i] = seki_ascii_lower(name[i]);
    if (len > 0 && folded[len - 1] == '.')
        len--;
    folded[len] = '\0';
}

struct suite_zone *suite_zone_new(json_t *names)
{
    struct suite_zone *zone = calloc(1, sizeof *zone);
    if (zone == NULL)
        abort();
    zone->names = json_object();
    zone->failure = json_string("TIMEOUT");
    const char *name;
    json_t *records;
    json_object_foreach (names, name, records) {
        char folded[MAX_NAME];
        fold(name, folded);
        json_t *all = json_object_get(zone->names, folded);
        if (all == NULL) {
            all = json_is_array(records) ? json_array() : json_incref(records);
            json_object_set_new_nocheck(zone->names, folded, all);
        }
        if (json_is_array(records))
            json_array_extend(all, records);
    }
    return zone;
}

void suite_zone_free(struct suite_zone *zone)
{
    if (zone == NULL)
        return;
    json_decref(zone->names);
    json_decref(zone->failure);
    free(zone);
}

static struct seki_str json_str(json_t *value)
{
    return (struct seki_str){ json_string_value(value), json_string_length(value) };
}

static struct seki_str joined(json_t *value, char *scratch, size_t size)
{
    if (json_is_string(value))
        return json_str(value);
    size_t len = 0, i;
    json_t *part;
    json_array_foreach (value, i, part) {
        if (json_string_length(part) > size - len)
            die("TXT", "too long for the test");
        memcpy(scratch + len, json_string_value(part), json_string_length(part));
        len += json_string_length(part);
    }
    return (struct seki_str){ scratch, len };
}

static bool is_failure(json_t *value)
{
    const char *text = json_string_value(value);
    return text != NULL && (strcmp(text, "TEMPERROR") == 0 || strcmp(text, "TIMEOUT") == 0);
}

/* Collect the records of one type; false when this type is to fail. */
static bool collect(json_t *list, const char *type, enum seki_rr_type rr, struct seki_record *records, size_t *count,
                    char *scratch, size_t scratch_size)
{
    size_t i, used = 0;
    json_t *item, *value;
    bool has_timeout = false;
    json_array_foreach (list, i, item) {
        has_timeout = has_timeout || is_failure(item);
        if (!json_is_object(item) || (value = json_object_get(item, type)) == NULL)
            continue;
        if (is_failure(value))
            return false;
        if (json_is_string(value) && strcmp(json_string_value(value), "NONE") == 0)
            continue;
        if (*count >= MAX_RECORDS)
            die(type, "too many records for the test");
        struct seki_record *record = &records[(*count)++];
        *record = (struct seki_record){ 0 };
        if (rr == SEKI_RR_A || rr == SEKI_RR_AAAA) {
            if (!seki_ip_parse(json_str(value), &record->address))
                die(type, "bad address in the suite");
        } else if (rr == SEKI_RR_MX) {
            json_t *preference = json_array_get(value, 0);
            record->preference = (uint16_t)(json_is_integer(preference)
                                                ? json_integer_value(preference)
                                                : strtol(json_string_value(preference), NULL, 10));
            record->text = json_str(json_array_get(value, 1));
        } else {
            record->text = joined(value, scratch + used, scratch_size - used);
            used += record->text.ptr == scratch + used ? record->text.len : 0;
        }
        if (rr != SEKI_RR_TXT && record->text.len > 0 && record->text.ptr[record->text.len - 1] == '.')
            record->text.len--;
    }
    return *count > 0 || !has_timeout;
}

static bool has_type(json_t *list, const char *type)
{
    size_t i;
    json_t *item;
    json_array_foreach (list, i, item)
        if (json_is_object(item) && json_object_get(item, type) != NULL)
            return true;
    return false;
}

/* What stands at a name, or at the name its CNAME leads to. A loop of them fails like a time-out (RFC 1034 section
 * 3.6.2). NULL: no such name. */
static json_t *records_at(const struct suite_zone *zone, const char *name)
{
    json_t *list = json_object_get(zone->names, name);
    for (int hops = 0; has_type(list, "CNAME"); hops++) {
        if (hops == MAX_CNAME_HOPS)
            return zone->failure;
        char folded[MAX_NAME];
        fold(json_string_value(json_object_get(json_array_get(list, 0), "CNAME")), folded);
        list = json_object_get(zone->names, folded);
    }
    return list;
}

static void answer_one(const struct suite_zone *zone, struct seki_answers *answers, const struct seki_answer *question)
{
    static char scratch[1 << 20];
    struct seki_record records[MAX_RECORDS];
    struct seki_answer outcome = { .records = records, .ttl_s = 3600, .dnssec = SEKI_DNSSEC_INSECURE };
    json_t *list = records_at(zone, question->name.ptr);
    const char *type = seki_rr_type_name(question->type);
    if (question->type == SEKI_RR_TXT && !has_type(list, "TXT"))
        type = "SPF";
    if (list == NULL)
        outcome.status = SEKI_ANSWER_NXDOMAIN;
    else if (is_failure(list) ||
             !collect(list, type, question->type, records, &outcome.record_count, scratch, sizeof scratch))
        outcome = (struct seki_answer){ .status = SEKI_ANSWER_FAILED, .failure = SEKI_STR("SERVFAIL") };
    else
        outcome.status = outcome.record_count > 0 ? SEKI_ANSWER_FOUND : SEKI_ANSWER_NODATA;
    if (seki_answers_enter(answers, question, &outcome) != SEKI_OK)
        die(question->name.ptr, "answer does not fit");
}

void suite_zone_answer(const struct suite_zone *zone, struct seki_answers *answers)
{
    const struct seki_answer *question;
    while ((question = seki_answers_next_open(answers)) != NULL)
        answer_one(zone, answers, question);
}
