/* datetime.c - ISO dates to and from nanoseconds since 1970 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "data/datetime.h"

#include "base/str.h"

#define NS_PER_SECOND 1000000000

/* Days since 1970-01-01 of the Gregorian calendar (H. Hinnant, "chrono-compatible low-level date
 * algorithms"). */
static int64_t days_from_civil(int64_t y, int64_t m, int64_t d)
{
	int64_t era, yoe, doy;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = y - era * 400;
	doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void civil_from_days(int64_t days, int *y, int *m, int *d)
{
	int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;

	*d = (int)(doy - (153 * mp + 2) / 5 + 1);
	*m = (int)(mp < 10 ? mp + 3 : mp - 9);
	*y = (int)(yoe + era * 400 + (*m <= 2));
}

/* Matches a picture in which 0 stands for a digit; the text may go on behind it. */
static bool looks_like(struct pf_str s, const char *picture)
{
	size_t n = strlen(picture);

	if (s.n < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (picture[i] == '0' ? !pf_is_digit(s.p[i]) : s.p[i] != picture[i])
			return false;
	return true;
}

static int number_at(struct pf_str s, size_t at, size_t n)
{
	int v = 0;

	for (size_t i = at; i < at + n; i++)
		v = v * 10 + (s.p[i] - '0');
	return v;
}

static bool is_zone(struct pf_str s)
{
	return pf_str_is(s, "Z") || pf_str_is(s, "z") ||
	       (s.n >= 3 && (*s.p == '+' || *s.p == '-') && pf_is_digit(s.p[1]) &&
		pf_is_digit(s.p[2]));
}

/* The time behind the date; seconds and the rest as nanoseconds. */
static enum pf_datetime_verdict read_time(int64_t *ns, unsigned *layout, struct pf_str s)
{
	int h, m, sec;
	size_t digits = 0;
	int64_t fraction = 0;

	if (!looks_like(s, "00:00:00"))
		return PF_DATETIME_UNSURE;
	h = number_at(s, 0, 2);
	m = number_at(s, 3, 2);
	sec = number_at(s, 6, 2);
	s = pf_str_skip(s, 8);
	if (s.n && *s.p == '.') {
		s = pf_str_skip(s, 1);
		for (; digits < s.n && digits < 9 && pf_is_digit(s.p[digits]); digits++)
			fraction = fraction * 10 + (s.p[digits] - '0');
		if (!digits)
			return PF_DATETIME_UNSURE;
		s = pf_str_skip(s, digits);
	}
	*layout += (unsigned)digits;
	for (; digits < 9; digits++)
		fraction *= 10;
	if (s.n)
		return is_zone(s) ? PF_DATETIME_ZONE : PF_DATETIME_UNSURE;
	if (h > 23 || m > 59 || sec > 59)
		return PF_DATETIME_BAD;
	*ns = ((int64_t)h * 3600 + m * 60 + sec) * NS_PER_SECOND + fraction;
	return PF_DATETIME_GOOD;
}

enum pf_datetime_verdict pf_datetime_read(int64_t *ns, unsigned *layout, struct pf_str s)
{
	static const int lengths[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	enum pf_datetime_verdict verdict = PF_DATETIME_GOOD;
	int y, m, d, leap;
	int64_t time = 0, seconds;

	*layout = 0;
	if (!looks_like(s, "0000-00-00"))
		return looks_like(s, "00000-00-00") ? PF_DATETIME_BAD : PF_DATETIME_UNSURE;
	y = number_at(s, 0, 4);
	m = number_at(s, 5, 2);
	d = number_at(s, 8, 2);
	if (s.n > 10) {
		if (s.p[10] != 'T' && s.p[10] != ' ')
			return is_zone(pf_str_skip(s, 10)) ? PF_DATETIME_ZONE : PF_DATETIME_UNSURE;
		*layout = s.p[10] == 'T' ? 100 : 200;
		verdict = read_time(&time, layout, pf_str_skip(s, 11));
	}
	leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
	if (m < 1 || m > 12 || d < 1 || d > lengths[m - 1] || (m == 2 && d == 29 && !leap))
		return PF_DATETIME_BAD;
	if (verdict != PF_DATETIME_GOOD)
		return verdict;
	seconds = days_from_civil(y, m, d) * 86400 + time / NS_PER_SECOND;
	time %= NS_PER_SECOND;
	/* Towards zero, so that the first second of all does not overflow. */
	if (seconds < 0 && time) {
		seconds++;
		time -= NS_PER_SECOND;
	}
	if (__builtin_mul_overflow(seconds, (int64_t)NS_PER_SECOND, ns) ||
	    __builtin_add_overflow(*ns, time, ns) || *ns == INT64_MIN)
		return PF_DATETIME_BAD;
	return PF_DATETIME_GOOD;
}

void pf_datetime_write(struct pf_buf *out, int64_t ns)
{
	int64_t rest = ns % NS_PER_SECOND, seconds = ns / NS_PER_SECOND, day;
	int y, m, d;

	if (rest < 0) {
		rest += NS_PER_SECOND;
		seconds--;
	}
	day = seconds / 86400 - (seconds % 86400 < 0);
	seconds -= day * 86400;
	civil_from_days(day, &y, &m, &d);
	pf_buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d", y, m, d, (int)(seconds / 3600),
		      (int)(seconds / 60 % 60), (int)(seconds % 60));
	if (rest % 1000)
		pf_buf_printf(out, ".%09lld", (long long)rest);
	else if (rest)
		pf_buf_printf(out, ".%06lld", (long long)(rest / 1000));
}
