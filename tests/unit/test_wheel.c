/* test_wheel.c - the rules for wheels: names, places, RECORD, entry points, manifests, scripts */
/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "env/link_inside.h"
#include "env/wheel_check.h"

static char top[] = "/tmp/pf-wheel.XXXXXX";

static int set_up(void **state)
{
	(void)state;
	pf_log_setup(&(struct pf_log_opts){ .level = PF_LOG_QUIET });
	return mkdtemp(top) ? 0 : -1;
}

static int tear_down(void **state)
{
	struct pf_err err;

	(void)state;
	return pf_remove_tree(AT_FDCWD, top, &err);
}

static void judges_names(void **state)
{
	static const struct {
		const char *path, *why;	/* NULL: fine */
	} rows[] = {
		{ "demo/__init__.py", NULL }, { "demo/a..b", NULL }, { "demo/con .. /x", NULL },
		{ "d\xc3\xa9mo.py", NULL }, { "ab:c/d", NULL },
		{ "", "a member has no name" },
		{ "../x", "\"../x\" has an empty part, \".\" or \"..\"" },
		{ "a/..", "\"a/..\" has an empty part, \".\" or \"..\"" },
		{ "./a", "\"./a\" has an empty part, \".\" or \"..\"" },
		{ "a//b", "\"a//b\" has an empty part, \".\" or \"..\"" },
		{ "a/", "\"a/\" has an empty part, \".\" or \"..\"" },
		{ "/a", "\"/a\" is an absolute name" }, { "C:/a", "\"C:/a\" is an absolute name" },
		{ "a\\b", "\"a\\b\" holds a backslash or a control character" },
		{ "a\nb", "\"a\nb\" holds a backslash or a control character" },
		{ "a\xff", "\"a\xff\" is no UTF-8" },
	};
	struct pf_err err;

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		int rc = pf_wheel_check_path(pf_s(rows[i].path), false, &err);

		assert_int_equal(rc, rows[i].why ? -1 : 0);
		if (rows[i].why)
			assert_string_equal(err.msg, rows[i].why);
	}
	assert_int_equal(pf_wheel_check_path(PF_S("a\xff"), true, &err), 0);
}

static void knows_what_is_reserved(void **state)
{
	static const char *const reserved[] = { "python", "python3", "python3.11", "python3.13t", "pythonw",
						"activate", "activate.fish", "activate_this.py",
						"Activate.ps1", "deactivate" };
	static const char *const fine[] = { "python-config", "pythonista", "ipython", "activate-x", "pip" };

	(void)state;
	for (size_t i = 0; i < PF_COUNT(reserved); i++)
		assert_true(pf_wheel_is_reserved(pf_s(reserved[i])));
	for (size_t i = 0; i < PF_COUNT(fine); i++)
		assert_false(pf_wheel_is_reserved(pf_s(fine[i])));
}

static void leaves_the_environments_own_places(void **state)
{
	static const char *const own[] = { "manifest.json", "pylock.toml", "conda-lock.yml", "activation.json",
					   "imports.txt", "pyvenv.cfg", "verified-1", "conda-meta/demo-1-0.json",
					   "bin", "lib", "lib64", "bin/python3" };
	static const char *const fine[] = { "share/pylock.toml", "lib/demo.so", "conda-meta-data", "info/a" };

	(void)state;
	for (size_t i = 0; i < PF_COUNT(own) + PF_COUNT(fine); i++) {
		PF_AUTO(wheel_check) c = { .info = PF_S("d.dist-info") };
		const char *to = i < PF_COUNT(own) ? own[i] : fine[i - PF_COUNT(own)];
		struct pf_zip_member member = { .name = pf_format(&c.arena, "d.data/data/%s", to) };
		struct pf_err err = { 0 };

		*PF_PUSH(&c.arena, &c.items) = (struct pf_wheel_item){ .member = &member };
		assert_int_equal(pf_wheel_place(&c, &err), i < PF_COUNT(own) ? -1 : 0);
		if (i < PF_COUNT(own))
			assert_non_null(strstr(err.msg, "would take the place of the environment's own"));
	}
}

/* "NAME=MODULE:OBJECT" of each, "g" before gui's; or the error. */
static void reads_entry_points(void **state)
{
	static const struct {
		const char *text, *wanted;
	} rows[] = {
		{ "", "" },
		{ "# x\n[console_scripts]\n; y\na = m:f\n\nb.c-2=m.n : o.p [x, y]\n[gui_scripts]\r\ng=m:f\r\n",
		  "a=m:f b.c-2=m.n:o.p g g=m:f" },
		{ "[other]\na\n[console_scripts]\n", "" },
		{ "[console_scripts]\na = m:f\na = m:g\n", "entry_points.txt: \"a\" is defined twice" },
		{ "[console_scripts]\na = m:f\n[gui_scripts]\na = m:g\n", "entry_points.txt: \"a\" is defined twice" },
		{ "[console_scripts]\na/b = m:f\n", "entry_points.txt: \"a/b\" is no name of a script" },
		{ "[console_scripts]\n.. = m:f\n", "entry_points.txt: \"..\" is no name of a script" },
		{ "[console_scripts]\npython3 = m:f\n",
		  "entry_points.txt: \"python3\" would take the place of the environment's own" },
		{ "[console_scripts]\na = m\n", "entry_points.txt: \"a = m\" refers to no object" },
		{ "[console_scripts]\na = m:f()\n", "entry_points.txt: \"a = m:f()\" refers to no object" },
		{ "[console_scripts]\na = m:f;x\n", "entry_points.txt: \"a = m:f;x\" refers to no object" },
		{ "[console_scripts]\na = m:f [x] y\n", "entry_points.txt: \"a = m:f [x] y\" refers to no object" },
		{ "[console_scripts]\na = m:f\n x\n", "entry_points.txt: \" x\" goes on with the line before" },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(wheel_check) c = { 0 };
		PF_AUTO(buf) got = PF_BUF(4096);
		struct pf_err err;

		if (pf_wheel_read_entries(&c, pf_s(rows[i].text), &err) < 0) {
			pf_buf_cstr(&got, err.msg);
		} else {
			for (size_t k = 0; k < c.entries.n; k++)
				pf_buf_printf(&got, "%s%s%s=%s:%s", k ? " " : "", c.entries.v[k].gui ? "g " : "",
					      c.entries.v[k].name, c.entries.v[k].module, c.entries.v[k].object);
		}
		assert_string_equal(got.p ? got.p : "", rows[i].wanted);
	}
}

/* An archive of two empty members, "a" and "d.dist-info/RECORD". */
static void make_check(struct pf_wheel_check *c, const struct pf_wheel_source *s)
{
	static struct pf_zip_member members[] = { { .name = { "a", 1 } },
						  { .name = { "d.dist-info/RECORD", 18 } } };

	*c = (struct pf_wheel_check){ .source = s, .info = PF_S("d.dist-info") };
	for (size_t i = 0; i < PF_COUNT(members); i++) {
		*pf_map_put(&c->arena, &c->zip.by_name, members[i].name) = &members[i];
		*PF_PUSH(&c->arena, &c->items) = (struct pf_wheel_item){ .member = &members[i] };
	}
}

static void holds_records_against_archives(void **state)
{
#define EMPTY "sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
#define OWN "d.dist-info/RECORD,,\n"
	static const struct {
		const char *text, *why;
		bool forgiven;
	} rows[] = {
		{ "a," EMPTY ",0\n" OWN, NULL, false },
		{ "\"a\"," EMPTY "=,0\r\n\r\n" OWN, NULL, false },
		{ "a," EMPTY ",\n", NULL, false },
		{ "a,sha384=OLBgp1GsljhM2TJ-sbHjaiH9txEUvgdDTAzHv2P24donTt6_529l-9Ua0vFImLlb,0\n", NULL, false },
		{ "a,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFV,0\n",
		  "RECORD: \"a\" has another digest in the archive", false },
		{ "a,crc=1,0\n", "RECORD: \"a\" has a digest of an unknown kind", false },
		{ "a," EMPTY ",1\n", "RECORD: \"a\" has another size in the archive", false },
		{ "a," EMPTY ",x\n", "RECORD: \"a\" has another size in the archive", false },
		{ "a,,0\n", "RECORD: \"a\" has no digest that counts", true },
		{ "a,md5=1,0\n", "RECORD: \"a\" has no digest that counts", true },
		{ OWN, "RECORD: \"a\" is in the archive and not listed", true },
		{ "a," EMPTY ",0\nb," EMPTY ",0\n", "RECORD: \"b\" is not in the archive", true },
		{ "a," EMPTY ",0\na," EMPTY ",0\n", "RECORD: \"a\" is there twice", false },
		{ "../a," EMPTY ",0\n", "RECORD: \"../a\" has an empty part, \".\" or \"..\"", false },
		{ "a," EMPTY "\n", "RECORD: \"a," EMPTY "\" is not a path, a digest and a size", false },
		{ "\"a," EMPTY ",0\n", "RECORD: \"\"a," EMPTY ",0\" is not a path, a digest and a size", false },
		{ "\"a\"\"b\",,\n", "RECORD: \"a\"b\" is not in the archive", false },
		{ "\"a\"b,,\n", "RECORD: \"\"a\"b,,\" is not a path, a digest and a size", false },
		{ "a\"b,,\n", "RECORD: \"a\"b,,\" is not a path, a digest and a size", false },
		{ "a," EMPTY ",0,\n", "RECORD: \"a," EMPTY ",0,\" is not a path, a digest and a size", false },
	};

	(void)state;
	for (size_t i = 0; i < 2 * PF_COUNT(rows); i++) {
		struct pf_wheel_source s = { .lenient = i % 2 };
		PF_AUTO(wheel_check) c = { 0 };
		bool fine = !rows[i / 2].why || (s.lenient && rows[i / 2].forgiven);
		struct pf_err err = { 0 };
		int rc;

		make_check(&c, &s);
		rc = pf_wheel_read_record(&c, pf_s(rows[i / 2].text), &err);
		if (rc == 0)
			rc = pf_wheel_check_bytes(&c, &c.items.v[0], PF_S(""), &err);
		if (s.lenient && rows[i / 2].why && !fine)
			continue; /* another reason may come first */
		if (rc != (fine ? 0 : -1) || (!fine && strcmp(err.msg, rows[i / 2].why) != 0))
			fail_msg("%s: %s", rows[i / 2].text, err.msg);
		assert_int_equal(c.incomplete, fine && rows[i / 2].why);
	}
}

static void remembers_what_it_bundled(void **state)
{
	static char digest[] = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
	struct pf_bundled files[] = {
		{ .path = "d-1.data/scripts/s", .to = "s", .digest = digest, .scheme = PF_SCHEME_SCRIPTS,
		  .kind = PF_BUNDLED_SCRIPT },
		{ .path = "a/b/c.py", .to = "a/b/c.py", .digest = digest },
		{ .path = "a-b/c.py", .to = "a-b/c.py", .digest = digest, .kind = PF_BUNDLED_EXECUTABLE },
	};
	struct pf_arena a = { 0 };
	PF_AUTO(bundle) b = { 0 };
	PF_AUTO(buf) text = PF_BUF(65536);
	char *dir = pf_formatz(&a, "%s/bundle", top), *manifest = pf_join(&a, dir, PF_S("manifest"));
	struct pf_err err;
	PF_FD(fd) = -1;

	(void)state;
	assert_int_equal(pf_bundle_load(&b, dir, false, &err), 0);
	assert_int_equal(mkdir(dir, 0755), 0);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(pf_bundle_write(fd, PF_S("wheel\td\t1\tD\td-1.dist-info\tstrict\n"
						  "entry\tgui\tx y\tm\to\n"), files, 3, &err), 0);
	assert_int_equal(pf_bundle_load(&b, dir, false, &err), 1);
	assert_string_equal(b.shown, "D");
	assert_false(b.lenient);
	assert_int_equal(b.entries.n, 1);
	assert_true(b.entries.v[0].gui);
	assert_string_equal(b.entries.v[0].name, "x y");
	assert_int_equal(b.dirs.n, 3);
	assert_string_equal(b.dirs.v[0].to, "a-b");
	assert_string_equal(b.dirs.v[1].to, "a");
	assert_string_equal(b.dirs.v[2].to, "a/b");
	assert_int_equal(b.files.n, 3);
	assert_int_equal(b.files.v[0].kind, PF_BUNDLED_EXECUTABLE);
	assert_string_equal(b.files.v[2].to, "s");
	assert_string_equal(b.files.v[2].path, "d-1.data/scripts/s");
	pf_bundle_free(&b);
	assert_int_equal(pf_bundle_load(&b, dir, true, &err), 0); /* none of its files is there */
	assert_int_equal(pf_read_file(&text, AT_FDCWD, manifest, &err), 0);
	for (size_t n = 0; n < text.n; n++) { /* wherever it was cut off */
		assert_int_equal(pf_write_atomic(AT_FDCWD, manifest, (struct pf_str){ text.p, n }, 0644, &err), 0);
		assert_int_equal(pf_bundle_load(&b, dir, false, &err), 0);
	}
	pf_arena_free(&a);
}

static void writes_heads_urls_and_fields(void **state)
{
	static const char *const heads[][2] = {
		{ "/v/bin/python", "#!/v/bin/python\n" },
		{ "/a b/python", "#!/bin/sh\n'''exec' '/a b/python' \"$0\" \"$@\"\n' '''\n" },
		{ "/a b's/python", "#!/bin/sh\n'''exec' '/a b'\\''s/python' \"$0\" \"$@\"\n' '''\n" },
	};
#define ARCHIVE(url) "{\"archive_info\":{\"hash\":\"sha256=00\",\"hashes\":{\"sha256\":\"00\"}},\"url\":\"" url "\"}"
#define COMMIT "0123456789abcdef0123456789abcdef01234567"
	static const char *const urls[][3] = { /* URL, revision */
		{ "https://h/x.whl", "", ARCHIVE("https://h/x.whl") },
		{ "https://u:p@h:8/x@1#sha256=1", "", ARCHIVE("https://h:8/x@1") },
		{ "file:///x@y", "", ARCHIVE("file:///x@y") },
		{ "git+https://u:p@h/r.git@" COMMIT "#subdirectory=a/b", "v1",
		  "{\"url\":\"https://h/r.git\",\"vcs_info\":{\"commit_id\":\"" COMMIT "\",\"requested_revision\":\"v1\","
		  "\"vcs\":\"git\"},\"subdirectory\":\"a/b\"}" },
		{ "git+ssh://git@h/r@" COMMIT, "",
		  "{\"url\":\"ssh://git@h/r\",\"vcs_info\":{\"commit_id\":\"" COMMIT "\",\"vcs\":\"git\"}}" },
	};
	static const char *const fields[][2] = { { "a b", "d/a b" }, { "a,b", "\"d/a,b\"" }, { "a\"", "\"d/a\"\"\"" } };
	struct pf_arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < PF_COUNT(urls); i++) {
		struct pf_link link = { .url = pf_s(urls[i][0]), .revision = pf_s(urls[i][1]), .sha256 = "00" };
		PF_AUTO(buf) url = PF_BUF(4096);

		pf_direct_url(&url, &link);
		assert_string_equal(url.p, urls[i][2]);
	}
	for (size_t i = 0; i < 3; i++) {
		PF_AUTO(buf) head = PF_BUF(4096), field = PF_BUF(4096);

		pf_script_head(&head, heads[i][0]);
		assert_string_equal(head.p, heads[i][1]);
		pf_record_field(&field, PF_S("d/"), pf_s(fields[i][0]));
		assert_string_equal(field.p, fields[i][1]);
	}
	pf_arena_free(&a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_names),
		cmocka_unit_test(knows_what_is_reserved),
		cmocka_unit_test(leaves_the_environments_own_places),
		cmocka_unit_test(reads_entry_points),
		cmocka_unit_test(holds_records_against_archives),
		cmocka_unit_test(remembers_what_it_bundled),
		cmocka_unit_test(writes_heads_urls_and_fields),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
