/* test_base.c - views, arenas, buffers, maps, errors, redaction, files */
/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"

static void escapes_what_a_terminal_must_not_see(void **state)
{
	static const struct {
		struct pf_str in;
		const char *out;
	} rows[] = {
		{ PF_S("plain"), "plain" },
		{ PF_S("a\033[31mb"), "a\\x1b[31mb" },
		{ PF_S("\xd1\x83x"), "\\u0443x" },
		{ PF_S("\xe2\x80\xae"), "\\u202e" },
		{ PF_S("\xf0\x9f\x90\x8d"), "\\U0001f40d" },
		{ PF_S("\xff\x80"), "\\xff\\x80" },
		{ PF_S("a\0b\n"), "a\\x00b\\x0a" },
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++)
		assert_string_equal(pf_escape(out, sizeof(out), rows[i].in), rows[i].out);
}

static void redacts_secrets(void **state)
{
	static const char *const rows[][2] = {
		{ "https://user:hunter2x@h/p", "https://user:****@h/p" },
		{ "https://tokentoken@h/p", "https://****@h/p" },
		{ "https://h/t/abcdef-123/ch", "https://h/t/****/ch" },
		{ "AWS_TOKEN=abcdef x", "AWS_TOKEN=**** x" },
		{ "https://h/a@b", "https://h/a@b" },
		{ "git+ssh://git@h/r, ssh://git:word@h/r", "git+ssh://git@h/r, ssh://git:****@h/r" },
		{ "ssh://gitx@h/r", "ssh://****@h/r" },
		{ "wasbs://box@a.h/p?sv=1&sig=abcdef", "wasbs://box@a.h/p?sv=1&sig=****" },
		{ "wasbs://box:word@a.h/p", "wasbs://box:****@a.h/p" },
		{ "abfss://box@a.h/p, xwasbs://boxy@a.h", "abfss://box@a.h/p, xwasbs://****@a.h" },
		{ "libsig=1.0, sig==1.0", "libsig=1.0, sig==1.0" },
	};
	char text[128];

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(arena) a = { 0 };

		snprintf(text, sizeof(text), "%s", rows[i][0]);
		pf_redact(text);
		assert_string_equal(text, rows[i][1]);
		assert_string_equal(pf_redacted(&a, pf_s(rows[i][0])).p, rows[i][1]);
	}
}

/* Its place is moved by blanks in front, so that the cut falls on every byte of it. */
static void cuts_no_secret_in_two(void **state)
{
	static const char url[] = "https://me:hunter2hunter2hunter2@host/path/to/a.whl";

	(void)state;
	for (size_t before = 0; before <= PF_MAX_SHOWN; before++) {
		char text[PF_MAX_SHOWN + sizeof(url) + 1];
		struct pf_str shown;

		snprintf(text, sizeof(text), "%*s%s", (int)before, "", url);
		shown = pf_shown(pf_s(text));
		text[shown.n] = '\0';
		pf_redact(text);
		assert_true(shown.n <= PF_MAX_SHOWN && shown.n + sizeof(url) > before);
		assert_null(strstr(text, "hunter2"));
		assert_null(strstr(text, "me:h"));
	}
}

static void fits_patterns(void **state)
{
	static const struct {
		const char *text, *pattern;
		bool fits;
	} rows[] = {
		{ "PIP_X", "PIP_*", true },	{ "PIPX", "PIP_*", false },  { "A_TOKEN", "*_TOKEN", true },
		{ "TOKEN", "*_TOKEN", false },	{ "A_SECRET_B", "*_SECRET*", true }, { "SECRET", "*_SECRET*", false },
		{ "NAME", "NAME", true },	{ "NAMES", "NAME", false },  { "", "*", true },
		{ "x", "*", true },		{ "", "NAME", false },	     { "", "*_A*", false },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++)
		if (pf_str_fits(pf_s(rows[i].text), rows[i].pattern) != rows[i].fits)
			fail_msg("%s %s", rows[i].text, rows[i].pattern);
}

static void looks_words_up(void **state)
{
	static const char *const words[] = { "", ".tar", "Yes", NULL };
	struct pf_str v[] = { PF_S("b"), PF_S("a"), PF_S("ab"), PF_S("a") };
	struct pf_strs list = { v, PF_COUNT(v), PF_COUNT(v) }, none = { 0 };

	(void)state;
	assert_true(pf_str_in(PF_S("Yes"), words) && !pf_str_in(PF_S("yes"), words));
	assert_true(pf_str_in_any_case(PF_S("yES"), words) && pf_str_in_any_case(PF_S(""), words));
	assert_false(pf_str_in_any_case(PF_S("yess"), words));
	assert_true(pf_str_ends_in(PF_S("a.tar"), words + 1));
	assert_false(pf_str_ends_in(PF_S("a.tar.gz"), words + 1));
	assert_true(pf_str_has_control(PF_S("a\0b")) && pf_str_has_control(PF_S("\x7f")));
	assert_false(pf_str_has_control(PF_S("a \xc3\xa9")));
	assert_int_equal(pf_str_span(PF_S("aZ09-_."), "-_"), 6);
	assert_int_equal(pf_str_span(PF_S("a\0b"), "-_"), 1);
	assert_int_equal(pf_str_span(PF_S("\xc3\xa9"), ""), 0);
	assert_true(pf_little("\x01\x02\xff\x80", 4) == 0x80ff0201 && pf_little("", 0) == 0);
	pf_strs_sort(&none);
	pf_strs_sort(&list);
	assert_true(pf_str_is(v[0], "a") && pf_str_is(v[1], "a"));
	assert_true(pf_str_is(v[2], "ab") && pf_str_is(v[3], "b"));
}

static void splits_and_trims(void **state)
{
	struct pf_str rest = PF_S("a,,b,"), piece;
	char joined[32] = "";

	(void)state;
	while (pf_str_next(&rest, ',', &piece))
		snprintf(joined + strlen(joined), sizeof(joined) - strlen(joined), "[" PF_FMT "]",
			 PF_ARG(piece));
	assert_string_equal(joined, "[a][][b][]");
	assert_true(pf_str_is(pf_str_trim(PF_S(" \t x \n")), "x"));
	assert_true(pf_str_is_dotted_name(PF_S("a.b_1.C")));
	assert_false(pf_str_is_dotted_name(PF_S("a..b")));
	assert_false(pf_str_is_dotted_name(PF_S("1a")));
	assert_false(pf_str_is_dotted_name(PF_S("a;b")));
	assert_false(pf_str_is_utf8(PF_S("\xed\xa0\x80")));
}

static void maps_and_vectors_grow(void **state)
{
	struct pf_arena a = { 0 };
	struct pf_map m = { 0 };
	char key[32];

	(void)state;
	for (int i = 0; i < 5000; i++) {
		snprintf(key, sizeof(key), "key%d", i);
		*pf_map_put(&a, &m, pf_s(key)) = (void *)(intptr_t)(i + 1);
	}
	assert_int_equal(m.entries.n, 5000);
	for (int i = 0; i < 5000; i++) {
		snprintf(key, sizeof(key), "key%d", i);
		assert_int_equal((intptr_t)pf_map_get(&m, pf_s(key)), i + 1);
	}
	assert_null(pf_map_get(&m, PF_S("none")));
	pf_arena_free(&a);
}

static void maps_hold_keys_that_were_lent(void **state)
{
	static const char text[] = "abcdefghijklmnopqrstuvwxyz";
	struct pf_arena a = { 0 };
	struct pf_map m = { 0 };

	(void)state;
	pf_map_reserve(&a, &m, 10);
	for (size_t i = 0; i + 1 < sizeof(text); i++)
		*pf_map_put_lent(&a, &m, (struct pf_str){ text + i, 1 }) = &m;
	assert_int_equal(m.entries.n, 26); /* more than there was room for */
	assert_ptr_equal(m.entries.v[25].key.p, text + 25);
	assert_ptr_equal(pf_map_get(&m, PF_S("q")), &m);
	assert_ptr_equal(*pf_map_put(&a, &m, PF_S("q")), &m);
	assert_null(pf_map_get(&m, PF_S("Q")));
	pf_arena_free(&a);
}

static void finds_what_is_there_twice(void **state)
{
	static const size_t counts[] = { 0, 1, 2, 16, 17, 1000 };
	struct {
		int other;
		struct pf_str key;
	} items[1000];
	char keys[1000][8];

	(void)state;
	for (size_t i = 0; i < PF_COUNT(items); i++) {
		snprintf(keys[i], sizeof(keys[i]), "k%zu", i);
		items[i].key = pf_s(keys[i]);
	}
	for (size_t i = 0; i < PF_COUNT(counts); i++) {
		size_t n = counts[i];

		assert_int_equal(pf_find_twice(&items->key, n, sizeof(*items)), n);
		if (n < 2)
			continue;
		items[n - 1].key = items[0].key;
		assert_int_equal(pf_find_twice(&items->key, n, sizeof(*items)), n - 1);
		items[n - 1].key = pf_s(keys[n - 1]);
	}
}

static void buffers_stop_at_their_ceiling(void **state)
{
	struct pf_buf b = PF_BUF(10);
	struct pf_err err;

	(void)state;
	pf_buf_cstr(&b, "0123456789");
	assert_int_equal(pf_buf_check(&b, "it", &err), 0);
	pf_buf_char(&b, 'x');
	assert_int_equal(pf_buf_check(&b, "it", &err), -1);
	assert_int_equal(err.code, PF_ELIMIT);
	assert_string_equal(err.msg, "it is larger than 10 bytes");
	assert_int_equal(b.n, 10);
	pf_buf_free(&b);
}

static void stays_beneath_a_root(void **state)
{
	struct pf_err err;
	char dir[] = "/tmp/pf-test-XXXXXX", path[PF_MAX_PATH];
	int root, fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	root = open(dir, O_RDONLY | O_DIRECTORY);
	assert_int_equal(pf_write_atomic(root, "in", PF_S("x"), 0644, &err), 0);
	assert_int_equal(symlinkat("/etc", root, "out"), 0);
	assert_int_equal(symlinkat("in", root, "same"), 0);
	assert_int_equal(mkfifoat(root, "fifo", 0644), 0);
	assert_int_equal(pf_open_beneath(root, "out/passwd", &err), -1);
	assert_int_equal(err.code, PF_EMODEL);
	assert_int_equal(pf_open_beneath(root, "../etc/passwd", &err), -1);
	assert_int_equal(pf_open_beneath(root, "/etc/passwd", &err), -1);
	assert_int_equal(pf_open_beneath(root, "fifo", &err), -1);
	fd = pf_open_beneath(root, "same", &err);
	assert_true(fd >= 0);
	close(fd);
	snprintf(path, sizeof(path), "%s/a/b/c", dir);
	assert_int_equal(pf_mkdir_p(path, 0755, &err), 0);
	chmod(path, 0555);
	assert_int_equal(pf_remove_tree(AT_FDCWD, dir, &err), 0);
	assert_false(pf_is_dir(dir));
	close(root);
}

/* Who has a folder open may put files into it while it is being removed: each costs a try. */
static void removes_what_is_still_written_to(void **state)
{
	struct pf_err err;
	pid_t self = getpid();

	(void)state;
	for (int round = 0; round < 200; round++) {
		char dir[] = "/tmp/pf-test-XXXXXX";
		int root, status = 0;
		pid_t child;

		assert_non_null(mkdtemp(dir));
		root = open(dir, O_RDONLY | O_DIRECTORY);
		assert_int_equal(pf_write_atomic(root, "late", PF_S("x"), 0644, &err), 0);
		child = fork();
		for (int i = 1; child == 0 && i < PF_TRIES_REMOVE; i++) {
			while (faccessat(root, "late", F_OK, 0) == 0 && getppid() == self)
				;
			close(openat(root, "late", O_WRONLY | O_CREAT, 0444));
		}
		if (child == 0)
			_exit(0);
		assert_int_equal(pf_remove_tree(AT_FDCWD, dir, &err), 0);
		assert_false(pf_is_dir(dir));
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, &status, 0), child);
		close(root);
	}
}

/* A file of exactly the ceiling's size is no larger than it. */
static void reads_up_to_a_ceiling(void **state)
{
	static const struct {
		size_t ceiling;
		int got;
	} rows[] = { { 11, 0 }, { 10, 0 }, { 9, -1 }, { 0, -1 } };
	char dir[] = "/tmp/pf-test-XXXXXX";
	struct pf_err err;
	int root;

	(void)state;
	assert_non_null(mkdtemp(dir));
	root = open(dir, O_RDONLY | O_DIRECTORY);
	assert_int_equal(pf_write_atomic(root, "f", PF_S("0123456789"), 0644, &err), 0);
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(buf) text = PF_BUF(rows[i].ceiling);

		assert_int_equal(pf_read_file(&text, root, "f", &err), rows[i].got);
		if (rows[i].got < 0)
			assert_int_equal(err.code, PF_ELIMIT);
		else
			assert_string_equal(text.p, "0123456789");
	}
	close(root);
	assert_int_equal(pf_remove_tree(AT_FDCWD, dir, &err), 0);
}

static void keeps_warnings(void **state)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_strs kept = { 0 };

	(void)state;
	pf_log_keep_warnings(&kept, &a);
	pf_warn("from %s", "https://me:secret@host/x");
	pf_warn_text(PF_S("two\nlines\n"));
	pf_note("no warning");
	pf_log_keep_warnings(NULL, NULL);
	assert_int_equal(kept.n, 2);
	assert_true(pf_str_is(kept.v[0], "from https://me:****@host/x"));
	assert_true(pf_str_is(kept.v[1], "two\nlines"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_warnings),
		cmocka_unit_test(escapes_what_a_terminal_must_not_see),
		cmocka_unit_test(redacts_secrets),
		cmocka_unit_test(cuts_no_secret_in_two),
		cmocka_unit_test(fits_patterns),
		cmocka_unit_test(looks_words_up),
		cmocka_unit_test(splits_and_trims),
		cmocka_unit_test(maps_and_vectors_grow),
		cmocka_unit_test(maps_hold_keys_that_were_lent),
		cmocka_unit_test(finds_what_is_there_twice),
		cmocka_unit_test(buffers_stop_at_their_ceiling),
		cmocka_unit_test(stays_beneath_a_root),
		cmocka_unit_test(removes_what_is_still_written_to),
		cmocka_unit_test(reads_up_to_a_ceiling),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
