/* day.c - a day as a number: read from a date, written as one */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/day.h"

#include <stdio.h>
#include <time.h>

#include "base/str.h"

/* Years begin in March, so that a leap day is the last of one. */
int pf_day_of(int year, int month, int day)
{
	int y = year - (month <= 2), era = y / 400, of_era = y % 400;
	int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

const char *pf_day_write(char out[16], int day)
{
	time_t when = (time_t)day * 86400;
	struct tm tm;

	if (!gmtime_r(&when, &tm) || !strftime(out, 16, "%Y-%m-%d", &tm))
		snprintf(out, 16, "-");
	return out;
}

int pf_day_today(void)
{
	return (int)(time(NULL) / 86400);
}

/* Takes `n` digits, and the character that must stand before them (0: none). */
static bool take_number(struct pf_str *s, char before, size_t n, int *out)
{
	size_t at = before ? 1 : 0;
	uint64_t value;

	if (s->n < at + n || (before && s->p[0] != before) ||
	    !pf_str_u64(pf_str_cut(*s, at, at + n), &value))
		return false;
	*out = (int)value;
	*s = pf_str_skip(*s, at + n);
	return true;
}

/* "", "Z", "+02:00", "-0500": minutes to the east. */
static bool read_zone(struct pf_str s, int *east)
{
	int hours, minutes, sign = pf_str_starts(s, "-") ? -1 : 1;

	*east = 0;
	if (!s.n || pf_str_is(s, "Z") || pf_str_is(s, "z"))
		return true;
	if (!take_number(&s, sign < 0 ? '-' : '+', 2, &hours) ||
	    !take_number(&s, pf_str_starts(s, ":") ? ':' : '\0', 2, &minutes) || s.n ||
	    hours > 23 || minutes > 59)
		return false;
	*east = sign * (hours * 60 + minutes);
	return true;
}

/* "T07:18", "T07:18:56", " 07:18:56.394958+01:00": minutes after midnight in UTC, which may be of
 * the day before or after. */
static bool read_time(struct pf_str s, int *minutes)
{
	int hour, minute, second = 0, east;

	if (!take_number(&s, pf_str_starts(s, " ") ? ' ' : 'T', 2, &hour) ||
	    !take_number(&s, ':', 2, &minute) ||
	    (pf_str_starts(s, ":") && !take_number(&s, ':', 2, &second)))
		return false;
	if (pf_str_starts(s, "."))
		do
			s = pf_str_skip(s, 1);
		while (s.n && pf_is_digit(s.p[0]));
	if (hour > 23 || minute > 59 || second > 60 || !read_zone(s, &east))
		return false;
	*minutes = hour * 60 + minute - east;
	return true;
}

int pf_day_read(struct pf_str s)
{
	int year, month, day, minutes = 0, number;
	char again[16], date[16];

	s = pf_str_trim(s);
	if (!take_number(&s, 0, 4, &year) || !take_number(&s, '-', 2, &month) ||
	    !take_number(&s, '-', 2, &day) || year < 1970 || month < 1 || month > 12 || day < 1 ||
	    (s.n && !read_time(s, &minutes)))
		return 0;
	number = pf_day_of(year, month, day);
	snprintf(date, sizeof(date), "%04u-%02u-%02u", (unsigned)year % 10000,
		 (unsigned)month % 100, (unsigned)day % 100);
	if (strcmp(pf_day_write(again, number), date) != 0) /* the 31st of April */
		return 0;
	return number + (minutes < 0 ? -1 : minutes >= 1440 ? 1 : 0);
}
