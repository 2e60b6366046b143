/* test_imports.c - import statements of sources: recorded readings, of snippets and of real files */
/* SPDX-License-Identifier: Apache-2.0 */
#include "replay.h"

#include <glob.h>

#include "base/limits.h"
#include "check/imports.h"
#include "formats/digest.h"

/* "3:a.b:c:sure", a blank between two: as the tables have it. */
static void on_found(void *ctx, const struct pf_imported *one)
{
	struct pf_buf *b = ctx;

	pf_buf_printf(b, "%s%u:" PF_FMT ":" PF_FMT ":%s", b->n ? " " : "", one->line,
		      PF_ARG(one->module), PF_ARG(one->name), one->sure ? "sure" : "maybe");
}

static int read_imports(struct pf_buf *out, struct pf_str text, bool *dynamic, struct pf_err *err)
{
	struct pf_imports p = { .found = on_found, .ctx = out };
	int rc = pf_imports_read(&p, text, err);

	if (dynamic)
		*dynamic = p.dynamic;
	return rc;
}

/* ---- snippets ---- */

static void check_snippet(const struct unit_row *row, void *ctx)
{
	PF_AUTO(buf) got = PF_BUF(PF_MIB(1));
	PF_AUTO(arena) a = { 0 };
	struct pf_err err;
	struct pf_str copy = pf_dup(&a, row->v[0]);

	if (read_imports(&got, copy, NULL, &err) < 0) {
		got.n = 0;
		pf_buf_cstr(&got, err.msg);
	}
	replay_field(ctx, row, "imports", got.n ? pf_buf_view(&got) : PF_S(""), row->v[1]);
}

static void reads_snippets(void **state)
{
	(void)state;
	replay_tables("imports.tsv", NULL, check_snippet, NULL);
}

/* ---- real files, wherever an interpreter has them ---- */

struct places {
	glob_t found;
	size_t read;
	char digest[PF_SHA256_HEX];
};

static bool read_recorded(struct pf_buf *text, struct places *p, const struct unit_row *row)
{
	for (size_t i = 0; i < p->found.gl_pathc; i++) {
		PF_AUTO(arena) a = { 0 };
		struct pf_err err;
		char *path = pf_join(&a, p->found.gl_pathv[i], row->v[0]);

		text->n = 0;
		if (pf_read_file(text, AT_FDCWD, path, &err) < 0)
			continue;
		pf_sha256_hex(p->digest, text->n ? text->p : "", text->n);
		p->digest[16] = '\0';
		if (pf_str_is(row->v[1], p->digest))
			return true;
	}
	return false;
}

static void check_file(const struct unit_row *row, void *ctx)
{
	struct replay *r = ctx;
	struct places *p = r->user;
	PF_AUTO(buf) text = PF_BUF(PF_MAX_TEXT_FILE);
	PF_AUTO(buf) got = PF_BUF(PF_MIB(1));
	struct pf_err err;

	if (!read_recorded(&text, p, row))
		return;
	p->read++;
	if (read_imports(&got, pf_buf_view(&text), NULL, &err) < 0)
		replay_field(r, row, "reading", pf_s(err.msg), PF_S("to succeed"));
	pf_sha256_hex(p->digest, got.n ? got.p : "", got.n);
	replay_field(r, row, "imports", pf_str_cut(pf_s(p->digest), 0, 16), row->v[2]);
}

static void reads_real_files(void **state)
{
	PF_AUTO(arena) a = { 0 };
	const char *home = pf_home();
	struct places p = { 0 };

	(void)state;
	(void)!glob("/usr/lib", 0, NULL, &p.found);
	(void)!glob(pf_formatz(&a, "%s/.pyenv/versions/*/lib", home ? home : ""), GLOB_APPEND, NULL, &p.found);
	replay_tables("imports_files.tsv", NULL, check_file, &p);
	globfree(&p.found);
	if (p.read)
		printf("%zu of the recorded files are here\n", p.read);
	else
		fprintf(stderr, "SKIPPED: none of the files of imports_files.tsv is here\n");
}

/* ---- what cannot be recorded ---- */

static void refuses_what_is_no_source(void **state)
{
	static const struct {
		struct pf_str text;
		int code;
		const char *found, *msg;
	} rows[] = {
		{ PF_S("import a\0"), PF_EMODEL, "", "no source: it holds NUL bytes" },
		{ PF_S("import a\n'x\nimport b\n"), PF_EMODEL, "1:a::sure", "line 2: a string that does not end" },
		{ PF_S("import a\n'''x\nimport b\n"), PF_EMODEL, "1:a::sure", "line 2: a string that does not end" },
		{ PF_S("import a\nf'{x:'\nimport b\n"), PF_EMODEL, "1:a::sure", "line 2: a string that does not end" },
		{ PF_S("x = (\nimport b\n"), PF_EMODEL, "", "line 3: a bracket that is not closed" },
		{ PF_S("x = 1)\nimport b\n"), PF_EMODEL, "", "line 1: a bracket that nothing opens" },
		{ PF_S("f'{x)}'\n"), PF_EMODEL, "", "line 1: a bracket that nothing opens" },
		{ PF_S("'x\\"), PF_EMODEL, "", "line 1: a string that does not end" },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(buf) got = PF_BUF(PF_MIB(1));
		struct pf_err err = { 0 };

		assert_int_equal(read_imports(&got, rows[i].text, NULL, &err), -1);
		assert_string_equal(err.msg, rows[i].msg);
		assert_int_equal(err.code, rows[i].code);
		assert_string_equal(got.n ? got.p : "", rows[i].found);
	}
}

static void has_ceilings(void **state)
{
	PF_AUTO(buf) text = PF_BUF(PF_MIB(1));
	PF_AUTO(buf) got = PF_BUF(PF_MIB(1));
	struct pf_err err;

	(void)state;
	for (unsigned i = 0; i <= PF_MAX_CODE_DEPTH; i++)
		pf_buf_cstr(&text, i % 2 ? "[" : "f'{");
	assert_int_equal(read_imports(&got, pf_buf_view(&text), NULL, &err), -1);
	assert_int_equal(err.code, PF_ELIMIT);
	text.n = 0;
	for (unsigned i = 0; i <= PF_MAX_CODE_INDENT; i++)
		pf_buf_printf(&text, "%*sif x:\n", (int)i, "");
	assert_int_equal(read_imports(&got, pf_buf_view(&text), NULL, &err), -1);
	assert_int_equal(err.code, PF_ELIMIT);
	text.n = 0;
	pf_buf_cstr(&text, "import ");
	for (unsigned i = 0; i <= PF_MAX_PICKLE_NAME; i++)
		pf_buf_char(&text, 'a');
	pf_buf_cstr(&text, ", b\n");
	assert_int_equal(read_imports(&got, pf_buf_view(&text), NULL, &err), 0);
	assert_string_equal(got.p, "1:b::sure");
}

static void tells_what_names_others(void **state)
{
	static const struct {
		const char *text;
		bool dynamic;
	} rows[] = {
		{ "import os\n", false },		  { "from importlib import import_module\n", true },
		{ "x = __import__('os')\n", true },	  { "# importlib\n'__import__'\n", false },
		{ "f'{importlib}'\n", true },		  { "f'importlib'\n", false },
		{ "def f():\n  return [__import__]", true }, { "import importlib_metadata\n", false },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(buf) got = PF_BUF(PF_MIB(1));
		struct pf_err err;
		bool dynamic;

		assert_int_equal(read_imports(&got, pf_s(rows[i].text), &dynamic, &err), 0);
		assert_int_equal(dynamic, rows[i].dynamic);
	}
}

/* With files as arguments, their readings: what the recorder compares with. */
static int print_files(char **paths)
{
	for (; *paths; paths++) {
		PF_AUTO(buf) text = PF_BUF(PF_MAX_TEXT_FILE);
		PF_AUTO(buf) got = PF_BUF(PF_MIB(4));
		struct pf_err err;

		if (pf_read_file(&text, AT_FDCWD, *paths, &err) < 0 ||
		    read_imports(&got, pf_buf_view(&text), NULL, &err) < 0)
			printf("%s\t! %s\n", *paths, err.msg);
		else
			printf("%s\t%s\n", *paths, got.n ? got.p : "");
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_snippets),	     cmocka_unit_test(reads_real_files),
		cmocka_unit_test(refuses_what_is_no_source), cmocka_unit_test(has_ceilings),
		cmocka_unit_test(tells_what_names_others),
	};

	return argc > 1 ? print_files(argv + 1) : cmocka_run_group_tests(tests, NULL, NULL);
}
