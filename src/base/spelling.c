#include "base/spelling.h"

#define MAX_WORD 40u

/* One row of the table of distances, for the first octets of one word against those of the other, and the two rows
 * before it. */
struct rows {
    size_t before[MAX_WORD + 1], last[MAX_WORD + 1], row[MAX_WORD + 1];
};

static bool is_same(struct seki_str a, size_t i, struct seki_str b, size_t j)
{
    return seki_ascii_lower(a.ptr[i]) == seki_ascii_lower(b.ptr[j]);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void fill_row(struct rows *rows, struct seki_str a, size_t i, struct seki_str b)
{
    rows->row[0] = i;
    for (size_t j = 1; j <= b.len; j++) {
        size_t best = rows->last[j - 1] + (is_same(a, i - 1, b, j - 1) ? 0 : 1);
        best = least(best, least(rows->last[j], rows->row[j - 1]) + 1);
        if (i > 1 && j > 1 && is_same(a, i - 1, b, j - 2) && is_same(a, i - 2, b, j - 1))
            best = least(best, rows->before[j - 2] + 1);
        rows->row[j] = best;
    }
    memcpy(rows->before, rows->last, sizeof rows->before);
    memcpy(rows->last, rows->row, sizeof rows->last);
}

/* Optimal string alignment. */
static size_t edit_distance(struct seki_str a, struct seki_str b)
{
    struct rows rows = { { 0 }, { 0 }, { 0 } };
    if (a.len > MAX_WORD || b.len > MAX_WORD)
        return SIZE_MAX;
    for (size_t j = 0; j <= b.len; j++)
        rows.last[j] = j;
    for (size_t i = 1; i <= a.len; i++)
        fill_row(&rows, a, i, b);
    return rows.last[b.len];
}

void seki_spelling_offer(struct seki_spelling *spelling, const char *word)
{
    size_t distance = edit_distance(spelling->written, seki_str_of(word));
    if (distance > 3 || distance * 2 > spelling->written.len || distance >= spelling->distance)
        return;
    spelling->nearest = word;
    spelling->distance = distance;
}
