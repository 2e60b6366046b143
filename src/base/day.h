/* day.h - a day as a number: read from a date, written as one */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"

/* Days since 1970-01-01 of the Gregorian calendar. */
int pf_day_of(int year, int month, int day);
/* "2022-03-17", alone or before a time of day ("2022-03-17 07:18:56.39",
 * "2022-03-17T23:30:00-05:00"): the day that it is in UTC, which is also that of a time without a
 * zone. 0: it is no date after 1970. */
int pf_day_read(struct pf_str text);
/* Fills "2022-03-17". */
const char *pf_day_write(char out[16], int day);
int pf_day_today(void);
