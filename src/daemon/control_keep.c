#include "daemon/control_keep.h"

#include "store/audit.h"
#include "store/changes.h"
#include "store/traffic_keep.h"

#define DAY_S INT64_C(86400)

enum seki_result control_keep(struct sql *sql, uint64_t keep_days, uint64_t audit_days, int64_t now_s,
                              struct seki_error *why)
{
    int64_t days = (int64_t)keep_days, dropped;
    int64_t counts_days = days > CONTROL_KEEP_COUNTS_MIN_DAYS ? days : CONTROL_KEEP_COUNTS_MIN_DAYS;
    enum seki_result result = store_traffic_drop_before(sql, (now_s - days * DAY_S) * 1000000, &dropped, why);
    if (result == SEKI_OK)
        result = store_traffic_drop_hours_before(sql, now_s - counts_days * DAY_S, why);
    if (result == SEKI_OK)
        result = store_traffic_drop_correspondents_before(sql, now_s - counts_days * DAY_S, why);
    if (result == SEKI_OK)
        result = store_changes_forget(sql, now_s - CONTROL_KEEP_REMOVED_DAYS * DAY_S, why);
    if (result == SEKI_OK && audit_days > 0)
        result = store_audit_drop_before(sql, now_s - (int64_t)audit_days * DAY_S, why);
    return result;
}
