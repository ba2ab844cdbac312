/* A grade from A to F, of what was found and of what is protected.
 *
 * 100 points, less those of every kind of finding (one that is there several times counts once). The points give the
 * grade; but no domain is better than the worst of the rows of the table in grade.c that hold for it. */
#ifndef DOMAIN_GRADE_H
#define DOMAIN_GRADE_H

#include "domain/finding.h"

struct domain_report;

struct domain_grade {
    char letter;     /* 'A' to 'F'; '\0' for a domain that does not exist */
    unsigned score;  /* 0 to 100 */
    const char *why; /* what keeps it from the grade that its points would give, marked N_(); "" for nothing */
};

struct domain_grade domain_grade(const struct domain_report *report);

#endif
