/* test_reqfile.c - requirements files: recorded readings */
/* SPDX-License-Identifier: Apache-2.0 */
#include "place.h"
#include "replay.h"

#include "base/json.h"
#include "base/limits.h"
#include "req/reqfile.h"
#include "req/reqneed.h"

/* ---- one reading as a text: a line a requirement, then the options ---- */

static int by_text(const void *l, const void *r)
{
	return pf_str_cmp(*(const struct pf_str *)l, *(const struct pf_str *)r);
}

static void tell_list(struct pf_buf *b, const char *name, const struct pf_strs *list, bool sort)
{
	if (!list->n)
		return;
	if (sort)
		qsort(list->v, list->n, sizeof(*list->v), by_text);
	pf_buf_printf(b, "%s", name);
	for (size_t i = 0; i < list->n; i++)
		pf_buf_printf(b, " " PF_FMT, PF_ARG(list->v[i]));
	pf_buf_char(b, '\n');
}

static void tell_need(struct pf_buf *b, struct pf_arena *a, const struct pf_need *n)
{
	struct pf_strs extras = n->req.extras, hashes = { 0 };

	for (size_t i = 0; i < n->hashes.n; i++)
		*PF_PUSH(a, &hashes) = n->hashes.v[i];
	pf_buf_printf(b, "%s%s " PF_FMT " | " PF_FMT " | ", n->constraint ? "c" : "r",
		      n->editable ? "e" : "", PF_ARG(n->text), PF_ARG(n->req.name));
	pf_buf_str(b, pf_specset_print(a, &n->req.specs));
	if (n->path.n)
		pf_buf_printf(b, " | file://@ROOT@%s" PF_FMT " | ", pf_str_is(n->path, ".") ? "" : "/",
			      PF_ARG(pf_str_is(n->path, ".") ? PF_S("") : n->path));
	else
		pf_buf_printf(b, " | " PF_FMT " | ", PF_ARG(n->link));
	pf_buf_str(b, n->req.marker ? pf_marker_print(a, n->req.marker) : PF_S(""));
	pf_buf_char(b, '\n');
	tell_list(b, " extras", &extras, true);
	tell_list(b, " hashes", &hashes, true);
}

struct reading {
	struct pf_arena *a;
	PF_VEC(const char *) invalid; /* texts of what could not be read */
	struct pf_strs texts;
};

static void note_invalid(const struct pf_need *need, const struct pf_err *why, void *ctx)
{
	struct reading *r = ctx;

	(void)why;
	*PF_PUSH(r->a, &r->texts) = need->text;
}

static const char *find_variable(const char *name, void *ctx)
{
	static const struct {
		const char *name, *value;
	} known[] = {
		{ "TOKEN", "s3cr3t" }, { "HOME_URL", "http://127.0.0.1:9/simple" },
		{ "EMPTY_VAR", "" },   { "lower", "no" },
		{ "NAME_X", "requests" }, { "V1", "2.31.0" },
	};

	(void)ctx;
	for (size_t i = 0; i < PF_COUNT(known); i++)
		if (strcmp(known[i].name, name) == 0)
			return known[i].value;
	return NULL;
}

static bool is_invalid(const struct pf_need *n, const struct reading *r)
{
	return !n->parsed && !n->link.n && !n->path.n && pf_strs_have(&r->texts, n->text);
}

/* The acceptance table records the lists of --no-binary and --only-binary as empty whatever the file
 * says; they are compared with our own table alone. */
static void tell_formats(struct pf_buf *b, const struct pf_index_wish *w)
{
	struct pf_strs copy = w->no_binary;

	tell_list(b, "no-binary", &copy, true);
	copy = w->only_binary;
	tell_list(b, "only-binary", &copy, true);
}

static void tell_wish(struct pf_buf *b, struct pf_arena *a, const struct pf_index_wish *w,
		      const struct place *p, bool formats)
{
	struct pf_strs urls = { 0 }, links = { 0 }, copy;

	if (!w->replaced)
		*PF_PUSH(a, &urls) = PF_S("http://default.invalid/simple");
	for (size_t i = 0; i < w->urls.n; i++)
		*PF_PUSH(a, &urls) = w->urls.v[i];
	for (size_t i = 0; i < w->find_links.n; i++) {
		struct pf_str one = w->find_links.v[i];
		bool here = pf_exists_beneath(p->root, pf_dupz(a, one));

		*PF_PUSH(a, &links) = here ? pf_format(a, "@ROOT@/" PF_FMT, PF_ARG(one)) : one;
	}
	tell_list(b, "index", &urls, false);
	tell_list(b, "links", &links, false);
	copy = w->trusted_hosts;
	tell_list(b, "trusted", &copy, true);
	if (formats)
		tell_formats(b, w);
	pf_buf_cstr(b, w->no_index ? "no-index\n" : "");
	pf_buf_cstr(b, w->prefer_binary ? "prefer-binary\n" : "");
	pf_buf_cstr(b, w->pre ? "pre\n" : "");
}

/* What we read of a text, or "error". */
static struct pf_str tell_reading(struct pf_arena *a, const struct place *p, struct pf_str content,
				  bool formats)
{
	struct reading r = { .a = a };
	struct pf_reqfile_how how = { find_variable, note_invalid, &r };
	struct pf_needs needs = { 0 };
	struct pf_buf b = PF_BUF(PF_MIB(4));
	struct pf_err err;
	struct pf_str out;
	bool failed;

	folder_put(p->dir, "requirements.txt", content);
	failed = pf_reqfile_read_how(&needs, a, p->root, "requirements.txt", &how, &err) < 0;
	for (size_t i = 0; i < needs.asked.n; i++)
		failed |= needs.asked.v[i].kind == PF_ASKED_INCLUDE; /* not there for the reference */
	for (size_t i = 0; i < needs.pip.n; i++) {
		const struct pf_need *n = &needs.pip.v[i];

		if (is_invalid(n, &r))
			pf_buf_printf(&b, "! " PF_FMT "\n", PF_ARG(n->text));
		else
			tell_need(&b, a, n);
	}
	tell_wish(&b, a, &needs.wish, p, formats);
	out = failed ? PF_S("error") : pf_dup(a, pf_buf_view(&b));
	pf_buf_free(&b);
	return out;
}

/* content reading */
static void check_reading(const struct unit_row *row, void *ctx)
{
	struct replay *r = ctx;
	struct pf_arena a = { 0 };

	replay_field(r, row, "reading", tell_reading(&a, r->user, row->v[0], true), row->v[1]);
	pf_arena_free(&a);
}

/* ---- the acceptance table, JSON made into the same text ---- */

static struct pf_strs strings_of(struct pf_arena *a, const struct pf_node *list)
{
	struct pf_strs out = { 0 };

	for (size_t i = 0; list && i < list->n; i++)
		*PF_PUSH(a, &out) = list->v[i].text;
	return out;
}

static struct pf_str text_of(const struct pf_node *map, const char *key)
{
	const struct pf_node *n = pf_node_get(map, key);

	return n && n->kind != PF_NODE_NULL ? n->text : PF_S("");
}

static bool is_true(const struct pf_node *map, const char *key)
{
	const struct pf_node *n = pf_node_get(map, key);

	return n && n->truth;
}

static void tell_json_need(struct pf_buf *b, struct pf_arena *a, const struct pf_node *q)
{
	struct pf_strs extras = strings_of(a, pf_node_get(q, "extras")), hashes = { 0 };
	const struct pf_node *sums = pf_node_get(q, "hashes");
	struct pf_str text = pf_str_trim(text_of(q, "requirement"));

	if (pf_node_get(q, "error")) {
		pf_buf_printf(b, "! " PF_FMT "\n", PF_ARG(text));
		return;
	}
	for (size_t i = 0; sums && i < sums->n; i++)
		for (size_t j = 0; j < sums->v[i].n; j++)
			*PF_PUSH(a, &hashes) = pf_format(a, PF_FMT ":" PF_FMT, PF_ARG(sums->v[i].key),
							 PF_ARG(sums->v[i].v[j].text));
	pf_buf_printf(b, "%s%s " PF_FMT " | " PF_FMT " | " PF_FMT " | " PF_FMT " | " PF_FMT "\n",
		      is_true(q, "constraint") ? "c" : "r", is_true(q, "editable") ? "e" : "",
		      PF_ARG(text), PF_ARG(text_of(q, "name")), PF_ARG(text_of(q, "specifier")),
		      PF_ARG(text_of(q, "link")), PF_ARG(text_of(q, "marker")));
	tell_list(b, " extras", &extras, true);
	tell_list(b, " hashes", &hashes, true);
}

static struct pf_str tell_json(struct pf_arena *a, const struct pf_node *expected)
{
	const struct pf_node *o = pf_node_get(expected, "options");
	const struct pf_node *reqs = pf_node_get(expected, "requirements");
	struct pf_buf b = PF_BUF(PF_MIB(4));
	struct pf_strs list;
	struct pf_str out;

	if (pf_node_get(expected, "error"))
		return PF_S("error");
	for (size_t i = 0; i < reqs->n; i++)
		tell_json_need(&b, a, &reqs->v[i]);
	list = strings_of(a, pf_node_get(o, "index_urls"));
	tell_list(&b, "index", &list, false);
	list = strings_of(a, pf_node_get(o, "find_links"));
	tell_list(&b, "links", &list, false);
	list = strings_of(a, pf_node_get(o, "trusted_hosts"));
	tell_list(&b, "trusted", &list, true);
	pf_buf_cstr(&b, is_true(o, "no_index") ? "no-index\n" : "");
	pf_buf_cstr(&b, is_true(o, "prefer_binary") ? "prefer-binary\n" : "");
	pf_buf_cstr(&b, pf_str_is(text_of(o, "release_control"), "None") ? "" : "pre\n");
	out = pf_dup(a, pf_buf_view(&b));
	pf_buf_free(&b);
	return out;
}

static void replay_json(const char *path, const struct place *p)
{
	struct pf_buf text = PF_BUF(PF_MIB(16));
	struct pf_str rest, line;
	struct replay r = { .table = path };
	struct pf_err err;
	unsigned number = 0;

	assert_int_equal(pf_read_file(&text, AT_FDCWD, path, &err), 0);
	rest = pf_buf_view(&text);
	while (pf_str_next_line(&rest, &line)) {
		struct pf_arena a = { 0 };
		struct pf_node *node;
		struct unit_row row = { .line = ++number };

		assert_int_equal(pf_json_parse(&node, &a, line, &err), 0);
		row.v[0] = text_of(node, "content");
		row.v[1] = text_of(node, "case");
		replay_field(&r, &row, "reading", tell_reading(&a, p, row.v[0], false),
			     tell_json(&a, pf_node_get(node, "expected")));
		pf_arena_free(&a);
	}
	pf_buf_free(&text);
	assert_true(number > 500);
	assert_int_equal(r.failures, 0);
}

static void test_readings(void **state)
{
	struct place p;
	struct pf_arena a = { 0 };
	const char *theirs = unit_acceptance(&a, "conformance/python/requirements_txt.jsonl");

	(void)state;
	open_place(&p);
	replay_tables("reqfile.tsv", NULL, check_reading, &p);
	if (theirs)
		replay_json(theirs, &p);
	else
		fprintf(stderr, "skipped: requirements_txt.jsonl (PYFUNC_ENV_ACCEPTANCE names no folder)\n");
	close_place(&p);
	pf_arena_free(&a);
}

static void test_urls(void **state)
{
	static const char *const rows[][5] = {
		{ "https://me:a@b@h:8/x.whl#sha256=0", "https://", "me:a@b", "h:8", "/x.whl#sha256=0" },
		{ "git+https://tok@h/r@v1", "git+https://", "tok", "h", "/r@v1" },
		{ "http://h?q=a@b", "http://", "", "h", "?q=a@b" },
		{ "file:///a@b", "file://", "", "", "/a@b" },
		{ "https:/x@y", NULL, NULL, NULL, NULL },
		{ "./x@y://z", NULL, NULL, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		struct pf_url_parts p = { 0 };

		assert_int_equal(pf_requrl_split(&p, pf_s(rows[i][0])), rows[i][1] != NULL);
		if (!rows[i][1])
			continue;
		assert_true(pf_str_is(p.scheme, rows[i][1]) && pf_str_is(p.user, rows[i][2]));
		assert_true(pf_str_is(p.host, rows[i][3]) && pf_str_is(p.rest, rows[i][4]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_readings),
		cmocka_unit_test(test_urls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
