/* test_conda_env.c - conda packages: prefixes replaced, their order, what they say, folders on the way */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>

#include "unit.h"
#include "folder.h"

#include "base/open_dirs.h"
#include "env/bundle.h"
#include "env/conda_info.h"
#include "env/prefix.h"
#include "solve/plan.h"

/* ---- prefixes ---- */

#define OLD "/old/prefix/placehold"

static void replaces_in_texts(void **state)
{
#define DEEP "/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep"
	static const struct {
		const char *text, *to, *result;
	} rows[] = {
		{ "", "/new", "" },
		{ "nothing", "/new", "nothing" },
		{ "a=" OLD "\nb=" OLD "/x\n", "/new", "a=/new\nb=/new/x\n" },
		{ OLD OLD, "/n", "/n/n" },
		{ "x " OLD "e", "/a/longer/prefix/than/the/one/before", "x /a/longer/prefix/than/the/one/beforee" },
		{ "#!" OLD "/bin/python -x\nrest " OLD "\n", "/new", "#!/new/bin/python -x\nrest /new\n" },
		{ "#! " OLD "/bin/sh\n", "/new", "#! /new/bin/sh\n" },
		{ "#!/bin/sh " OLD "\n", "/new", "#!/bin/sh /new\n" },
		/* too long: of Python by a shell, of others by env */
		{ "#!" OLD "/bin/python3.11 -E\nrest\n", DEEP,
		  "#!/bin/sh\n'''exec' '" DEEP "/bin/python3.11' -E \"$0\" \"$@\"\n' '''\nrest\n" },
		{ "#!" OLD "/bin/a/long/way/to/it/perl -w\nrest\n", DEEP, "#!/usr/bin/env perl -w\nrest\n" },
		/* a blank in the path, which a kernel would end it at */
		{ "#!" OLD "/bin/perl", "/my store", "#!/usr/bin/env perl\n" },
		{ "#!" OLD "/bin/pypy3\nx\n", "/my 'store", "#!/bin/sh\n'''exec' '/my '\\''store/bin/pypy3' \"$0\" \"$@\"\n' '''\nx\n" },
		{ "#!/bin/sh\n" OLD "\n", "/my store", "#!/bin/sh\n/my store\n" },
		{ "#!\n" OLD, "/new", "#!\n/new" },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(buf) out = PF_BUF(PF_KIB(64));

		pf_prefix_text(&out, pf_s(rows[i].text), pf_s(OLD), pf_s(rows[i].to));
		assert_string_equal(out.p ? out.p : "", rows[i].result);
	}
}

static void replaces_in_binaries(void **state)
{
	/* OLD has 21 bytes, /new has 4: 17 less each time */
#define N17 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define BYTES(literal) { "" literal, sizeof(literal) - 1 }
	static const struct {
		struct pf_str before, after;
		long count;
	} rows[] = {
		{ BYTES(""), BYTES(""), 0 },
		{ BYTES("\x7f" "ELF\0nothing"), BYTES("\x7f" "ELF\0nothing"), 0 },
		{ BYTES("a\0" OLD "\0tail"), BYTES("a\0/new" N17 "\0tail"), 1 },
		{ BYTES("x=" OLD "/lib\0tail"), BYTES("x=/new/lib" N17 "\0tail"), 1 },
		{ BYTES(OLD "/a:" OLD "/b\0tail"), BYTES("/new/a:/new/b" N17 N17 "\0tail"), 2 },
		{ BYTES(OLD OLD "\0"), BYTES("/new/new" N17 N17 "\0"), 2 },
		{ BYTES("a\0" OLD "\0b\0" OLD "/c\0"), BYTES("a\0/new" N17 "\0b\0/new/c" N17 "\0"), 2 },
	};
	struct pf_err err;

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		char bytes[256];

		assert_int_equal(rows[i].before.n, rows[i].after.n);
		memcpy(bytes, rows[i].before.p, rows[i].before.n);
		assert_int_equal(pf_prefix_binary(bytes, rows[i].before.n, pf_s(OLD), PF_S("/new"), &err), rows[i].count);
		assert_memory_equal(bytes, rows[i].after.p, rows[i].after.n);
	}
}

static void refuses_binaries(void **state)
{
	char endless[] = "\0" OLD, fits[] = OLD "\0", untouched[] = "none\0";
	struct pf_err err = { 0 };

	(void)state;
	assert_int_equal(pf_prefix_binary(endless, sizeof(endless) - 1, pf_s(OLD), PF_S("/new"), &err), -1);
	assert_int_equal(err.code, PF_EINTEGRITY);
	assert_int_equal(pf_prefix_binary(fits, sizeof(fits), pf_s(OLD), PF_S(OLD "r"), &err), -1);
	assert_int_equal(err.code, PF_EIO);
	assert_string_equal(fits, OLD);
	assert_int_equal(pf_prefix_binary(fits, sizeof(fits), pf_s(OLD), PF_S(OLD), &err), 1);
	assert_int_equal(pf_prefix_binary(untouched, sizeof(untouched), pf_s(OLD), PF_S(OLD "r"), &err), 0);
	assert_int_equal(pf_prefix_binary(untouched, sizeof(untouched), PF_S(""), PF_S("/new"), &err), -1);
}

/* ---- order and plan ---- */

static void add(struct pf_plan *p, const char *name, const char *const *depends)
{
	struct pf_planned_conda *one = PF_PUSH(&p->arena, &p->conda);

	*one = (struct pf_planned_conda){ .record = { .name = pf_s(name), .version = PF_S("1.0"), .build = PF_S("0"),
						      .subdir = PF_S("noarch"), .sha256 = PF_S("aa") } };
	one->record.fn = pf_format(&p->arena, "%s-1.0-0.conda", name);
	for (; depends && *depends; depends++)
		*PF_PUSH(&p->arena, &one->record.depends) = pf_s(*depends);
}

static void orders_behind_needs(void **state)
{
	static const char *const a[] = { "conda-forge::c >=1.0,<2", "__glibc >=2.17", NULL },
				*const c[] = { "d[version='1.*']", "b", NULL }, *const d[] = { "a=1.0", NULL };
	static const char *const expected[] = { "d", "b", "c", "a", "e" }; /* a needs c, c needs d, d needs a */
	PF_AUTO(plan) p = { 0 };
	struct pf_err err;

	(void)state;
	add(&p, "e", NULL);
	add(&p, "c", c);
	add(&p, "d", d);
	add(&p, "b", NULL);
	add(&p, "a", a);
	assert_int_equal(pf_conda_sort(p.conda.v, p.conda.n, &err), 0);
	for (size_t i = 0; i < PF_COUNT(expected); i++)
		assert_string_equal(p.conda.v[i].record.name.p, expected[i]);
	add(&p, "b", NULL);
	assert_int_equal(pf_conda_sort(p.conda.v, p.conda.n, &err), -1);
	assert_int_equal(err.code, PF_ESOLVE);
	assert_string_equal(err.msg, "two versions of b in one plan");
}

static void order_has_no_depth(void **state)
{
	enum { MANY = 20000 };
	PF_AUTO(plan) p = { 0 };
	struct pf_err err;

	(void)state;
	for (int i = 0; i < MANY; i++) {
		const char *next[] = { pf_formatz(&p.arena, "p%05d", i + 1), NULL };

		add(&p, pf_formatz(&p.arena, "p%05d", i), next);
	}
	assert_int_equal(pf_conda_sort(p.conda.v, p.conda.n, &err), 0);
	assert_string_equal(p.conda.v[0].record.name.p, "p19999");
	assert_string_equal(p.conda.v[MANY - 1].record.name.p, "p00000");
}

static void plan_comes_back(void **state)
{
	static const char *const needs[] = { "b >=1", NULL };
	PF_AUTO(plan) p = { 0 }, back = { 0 };
	PF_AUTO(python) python = { 0 };
	PF_AUTO(buf) text = PF_BUF(PF_KIB(64)), again = PF_BUF(PF_KIB(64));
	PF_AUTO(arena) arena = { 0 };
	struct pf_json_out w = { .buf = &text }, v = { .buf = &again };
	struct pf_opts o = { 0 };
	struct pf_node *node;
	struct pf_err err;
	char key[33];

	(void)state;
	add(&p, "b", NULL);
	add(&p, "a", needs);
	p.conda.v[0].record.url = PF_S("https://user:word@h/c/noarch/b-1.0-0.conda");
	p.conda.v[0].record.noarch = PF_NOARCH_PYTHON;
	p.conda.v[0].record.timestamp = 1600000000000;
	p.resolver = PF_S("x 1.0");
	p.conda.v[1].asked = PF_S("a 1.*");
	assert_int_equal(pf_plan_seal(&p, &python, &o, &err), 0);
	assert_true(pf_plan_is_native(&p));
	pf_plan_write(&w, &p);
	assert_true(pf_str_find_str(pf_buf_view(&text), "word") == PF_NPOS);
	assert_int_equal(pf_json_parse(&node, &arena, pf_buf_view(&text), &err), 0);
	assert_int_equal(pf_plan_read(&back, node, &err), 0);
	assert_int_equal(back.conda.n, 2);
	assert_int_equal(back.conda.v[1].record.noarch, PF_NOARCH_PYTHON);
	assert_string_equal(back.conda.v[0].asked.p, "a 1.*");
	pf_plan_write(&v, &back);
	assert_string_equal(text.p, again.p);
	/* the key: what is there, by which digest; not who asked for it, nor in which order */
	memcpy(key, p.key, sizeof(key));
	back.conda.v[0].asked = PF_S("");
	assert_int_equal(pf_plan_seal(&back, &python, &o, &err), 0);
	assert_string_equal(key, back.key);
	back.conda.v[0].record.sha256 = PF_S("ab");
	assert_int_equal(pf_plan_seal(&back, &python, &o, &err), 0);
	assert_string_not_equal(key, back.key);
	o.allow_scripts = true;
	assert_int_equal(pf_plan_seal(&p, &python, &o, &err), 0);
	assert_string_not_equal(key, p.key);
}

/* ---- what a package says of itself ---- */

static const char INDEX[] = "{\"name\":\"demo\",\"version\":\"1.0\",\"build\":\"0\"}";

/* The text of its last message, or "" where it was read. */
static void read_info(char *out, size_t size, struct pf_conda_info *info, struct pf_arena *a, const char *const *texts)
{
	struct pf_archived members[] = { { .path = (char[]){ "bin/demo" }, .size = 3, .executable = true },
					 { .path = (char[]){ "lib/demo.txt" }, .size = 3 },
					 { .path = (char[]){ "lib/link" }, .target = (char[]){ "demo.txt" } } };
	struct pf_archive_kept kept = { .members = { .v = members, .n = PF_COUNT(members) } };
	char dir[FOLDER_SIZE];
	struct pf_err err = { 0 };
	int tree;

	for (size_t i = 0; i < PF_COUNT(members); i++)
		pf_base64url(members[i].digest, (const unsigned char[32]){ 0 }, 32);
	folder_new(dir);
	for (; *texts; texts += 2)
		folder_put(dir, texts[0], pf_s(texts[1]));
	tree = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	snprintf(out, size, "%s", pf_conda_info_read(info, a, tree, &kept, false, &err) < 0 ? err.msg : "");
	close(tree);
	folder_remove(dir);
}

static void reads_old_lists(void **state)
{
	static const char *const texts[] = { "info/index.json", INDEX,
					     "info/files", "bin/demo\nlib/demo.txt\nlib/link\n",
					     "info/has_prefix", "\"/a prefix\" binary \"bin/demo\"\nlib/demo.txt\n",
					     "info/no_link", "lib/demo.txt\n", NULL };
	PF_AUTO(arena) a = { 0 };
	struct pf_conda_info info = { 0 };
	char msg[512];

	(void)state;
	read_info(msg, sizeof(msg), &info, &a, texts);
	assert_string_equal(msg, "");
	assert_int_equal(info.files.n, 3);
	assert_int_equal(info.files.v[0].kind, PF_BUNDLED_BINARY_EXECUTABLE);
	assert_string_equal(info.files.v[0].more, "/a prefix");
	assert_int_equal(info.files.v[1].kind, PF_BUNDLED_TEXT);
	assert_string_equal(info.files.v[1].more, "/opt/anaconda1anaconda2anaconda3");
	assert_int_equal(info.files.v[2].kind, PF_BUNDLED_LINK);
	assert_string_equal(info.files.v[2].more, "demo.txt");
}

static void refuses_texts(void **state)
{
#define PATHS(entry) "{\"paths_version\":1,\"paths\":[" entry "]}"
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"
#define NO_HEX "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	static const struct {
		const char *paths, *link, *why;
	} rows[] = {
		{ PATHS("{\"_path\":\"lib/demo.txt\",\"path_type\":\"hardlink\",\"sha256\":\"" ZERO "\",\"size_in_bytes\":3}"), NULL, "" },
		{ PATHS("{\"_path\":\"lib\",\"path_type\":\"directory\"}"), NULL, "" },
		{ PATHS("{\"_path\":\"lib/link\",\"path_type\":\"softlink\",\"sha256\":\"" NO_HEX "\"}"), NULL, "" },
		{ PATHS("{\"_path\":\"lib/demo.txt\",\"path_type\":\"softlink\"}"), NULL,
		  "info/paths.json: \"lib/demo.txt\" is not of the kind it should be" },
		{ PATHS("{\"_path\":\"lib/gone\",\"path_type\":\"hardlink\"}"), NULL,
		  "info/paths.json: \"lib/gone\" is listed and not there" },
		{ PATHS("{\"_path\":\"lib/demo.txt\",\"path_type\":\"hardlink\",\"size_in_bytes\":4}"), NULL,
		  "info/paths.json: \"lib/demo.txt\" has another digest or size" },
		{ PATHS("{\"_path\":\"manifest.json\",\"path_type\":\"hardlink\"}"), NULL,
		  "info/paths.json: \"manifest.json\" is a place of the environment's own" },
		{ PATHS("{\"_path\":\"lib/demo.txt\",\"path_type\":\"hardlink\",\"prefix_placeholder\":\"\",\"file_mode\":\"text\"}"), NULL,
		  "info/paths.json: \"lib/demo.txt\" has a prefix to be replaced that is none" },
		{ PATHS("{\"_path\":\"lib/demo.txt\",\"path_type\":\"hardlink\",\"prefix_placeholder\":\"/a\",\"file_mode\":\"x\"}"), NULL,
		  "info/paths.json: \"lib/demo.txt\" is neither a text nor binary" },
		{ "{\"paths_version\":2,\"paths\":[]}", NULL, "info/paths.json: it is of version \"2\", not 1" },
		{ PATHS(""), "{\"noarch\":{\"type\":\"python\",\"entry_points\":[\"x = a.b:c\",\"x = a.b:d\"]}}",
		  "info/link.json: x is defined twice" },
		{ PATHS(""), "{\"noarch\":{\"type\":\"python\",\"entry_points\":[\"x = a.b:c\\ny = a:b\"]}}",
		  "info/link.json: \"x = a.b:c\ny = a:b\" refers to no object" },
		{ NULL, NULL, "there is neither info/paths.json nor info/files" },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		const char *texts[8] = { "info/index.json", INDEX };
		PF_AUTO(arena) a = { 0 };
		struct pf_conda_info info = { 0 };
		size_t n = 2;
		char msg[512];

		if (rows[i].paths)
			texts[n++] = "info/paths.json", texts[n++] = rows[i].paths;
		if (rows[i].link)
			texts[n++] = "info/link.json", texts[n++] = rows[i].link;
		read_info(msg, sizeof(msg), &info, &a, texts);
		assert_string_equal(msg, rows[i].why);
	}
}

/* ---- bundles ---- */

static void bundle_comes_back(void **state)
{
	struct pf_bundled files[] = {
		{ .path = "site-packages/a/b.py", .scheme = PF_SCHEME_SITE, .size = 1 },
		{ .path = "python-scripts/s", .scheme = PF_SCHEME_BIN, .kind = PF_BUNDLED_TEXT_EXECUTABLE, .more = "/old prefix" },
		{ .path = "lib/l", .scheme = PF_SCHEME_ENV, .kind = PF_BUNDLED_LINK, .more = "../x" },
		{ .path = "lib/c", .scheme = PF_SCHEME_ENV, .kind = PF_BUNDLED_COPY_EXECUTABLE },
	};
	char dir[FOLDER_SIZE], digest[PF_SHA256_TEXT];
	PF_AUTO(bundle) b = { 0 };
	struct pf_err err;
	int fd;

	(void)state;
	pf_base64url(digest, (const unsigned char[32]){ 1 }, 32);
	for (size_t i = 0; i < PF_COUNT(files); i++) {
		files[i].digest = digest;
		files[i].to = pf_scheme_path(files[i].scheme, files[i].path);
	}
	folder_new(dir);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(pf_bundle_write(fd, PF_S("conda\td\t1\t0\tnoarch\tpython\t\nentry\tconsole\tx\ta\tb\n"), files, PF_COUNT(files), &err), 0);
	close(fd);
	assert_int_equal(pf_bundle_load(&b, dir, false, &err), 1);
	assert_string_equal(b.noarch, "python");
	assert_string_equal(b.site, "");
	assert_int_equal(b.entries.n, 1);
	assert_int_equal(b.dirs.n, 2);
	assert_int_equal(b.files.n, PF_COUNT(files));
	assert_string_equal(b.files.v[0].path, "lib/c");
	assert_int_equal(pf_bundled_mode(b.files.v[0].kind), 0555);
	assert_true(pf_bundled_is(&b.files.v[0], PF_BUNDLED_COPY));
	assert_string_equal(b.files.v[1].more, "../x");
	assert_string_equal(b.files.v[2].to, "a/b.py");
	assert_string_equal(b.files.v[3].to, "s");
	assert_string_equal(b.files.v[3].more, "/old prefix");
	assert_true(pf_bundled_is(&b.files.v[3], PF_BUNDLED_TEXT));
	assert_false(pf_bundled_is(&b.files.v[3], PF_BUNDLED_BINARY));
	folder_remove(dir);
}

/* ---- folders ---- */

static void walks_folders(void **state)
{
	static const char *const paths[] = { "a/b/c/f", "a/b/g", "a/bb/h", "i", "a/b/c/d/j", "a/b/k" };
	char dir[FOLDER_SIZE];
	struct pf_dirs d = { .make = true };
	const char *name;
	struct pf_err err = { 0 };

	(void)state;
	folder_new(dir);
	d.root = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < PF_COUNT(paths); i++) {
		int at = pf_dirs_enter(&name, &d, paths[i], &err), fd;

		assert_true(at >= 0);
		assert_string_equal(name, strrchr(paths[i], '/') ? strrchr(paths[i], '/') + 1 : paths[i]);
		fd = openat(at, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		assert_true(fd >= 0);
		close(fd);
		assert_int_equal(faccessat(d.root, paths[i], F_OK, 0), 0);
	}
	assert_int_equal(symlinkat("a", d.root, "link"), 0);
	assert_int_equal(pf_dirs_enter(&name, &d, "link/x", &err), -1);
	assert_int_equal(err.code, PF_EINTEGRITY);
	assert_int_equal(pf_dirs_enter(&name, &d, "i/x", &err), -1);
	assert_int_equal(err.code, PF_EINTEGRITY);
	pf_dirs_close(&d);
	close(d.root);
	folder_remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replaces_in_texts),	cmocka_unit_test(replaces_in_binaries),
		cmocka_unit_test(refuses_binaries),	cmocka_unit_test(orders_behind_needs),
		cmocka_unit_test(order_has_no_depth),	cmocka_unit_test(plan_comes_back),
		cmocka_unit_test(reads_old_lists),	cmocka_unit_test(refuses_texts),
		cmocka_unit_test(bundle_comes_back),	cmocka_unit_test(walks_folders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
