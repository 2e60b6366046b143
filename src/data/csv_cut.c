/* csv_cut.c - where rows of CSV end, in a text that may go on */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "data/data.h"

/* Behind the closing quote of a field, or NULL: its end is not there yet. */
static const char *skip_quoted(const char *p, const char *end)
{
	while (p < end && (p = memchr(p, '"', (size_t)(end - p)))) {
		p++;
		if (p == end || *p != '"')
			return p;
		p++;
	}
	return NULL;
}

static bool is_blank(const char *from, const char *to)
{
	while (from < to && (*from == ' ' || *from == '\t'))
		from++;
	return from == to;
}

/* Behind a row's last field, or NULL. A quote counts where a field begins. */
static const char *skip_fields(bool *blank, const char *p, const char *end)
{
	const char *from = p;

	for (;;) {
		if (p < end && *p == '"' && !(p = skip_quoted(p + 1, end)))
			return NULL;
		p = pf_find_any(p, end, ',', '\n', '\r');
		if (p == end)
			return NULL;
		if (*p != ',')
			break;
		p++;
	}
	*blank = is_blank(from, p);
	return p;
}

size_t pf_csv_cut(size_t *found, struct pf_str text, size_t rows)
{
	const char *p = text.p, *end = text.p + text.n, *cut = p;
	bool blank = false;

	*found = 0;
	while (p < end && *found < rows) {
		p = skip_fields(&blank, p, end);
		/* after a \r there may come a \n */
		if (!p || (*p == '\r' && p + 1 == end))
			break;
		p += *p == '\r' && p[1] == '\n' ? 2 : 1;
		*found += !blank;
		cut = p;
	}
	return (size_t)(cut - text.p);
}
