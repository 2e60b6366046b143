/* test_archive.c - tars unpacked by our rules: what is made, what is refused */
/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "fetch/archive.h"

/* One member as written by hand: ustar alone, so that nothing is prettified on the way. */
struct member {
	const char *name;
	char type;
	const char *text;	/* a file's bytes, a link's target */
	unsigned mode;
};

static void add_member(struct pf_buf *out, const struct member *m)
{
	char h[512] = "";
	bool file = m->type == '0' || m->type == 'x';
	size_t size = file && m->text ? strlen(m->text) : 0;
	unsigned sum = 0;

	snprintf(h, 100, "%s", m->name);
	snprintf(h + 100, 8, "%07o", m->mode ? m->mode : 0644);
	snprintf(h + 108, 8, "%07o", 0);
	snprintf(h + 116, 8, "%07o", 0);
	snprintf(h + 124, 12, "%011zo", size);
	snprintf(h + 136, 12, "%011o", 0);
	memset(h + 148, ' ', 8);
	h[156] = m->type;
	if (!file && m->text)
		snprintf(h + 157, 100, "%s", m->text);
	memcpy(h + 257, "ustar\00000", 8);
	for (size_t i = 0; i < sizeof(h); i++)
		sum += (unsigned char)h[i];
	snprintf(h + 148, 8, "%06o", sum);
	pf_buf_add(out, h, sizeof(h));
	if (size)
		pf_buf_add(out, m->text, size);
	memset(h, 0, sizeof(h));
	if (size % 512)
		pf_buf_add(out, h, 512 - size % 512);
}

struct tree {
	char path[32];
	int dir;
};

static void open_tree(struct tree *t)
{
	snprintf(t->path, sizeof(t->path), "/tmp/pf-archive-XXXXXX");
	assert_non_null(mkdtemp(t->path));
	t->dir = open(t->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(t->dir >= 0);
}

static void close_tree(struct tree *t)
{
	struct pf_err err;

	close(t->dir);
	assert_int_equal(pf_remove_tree(AT_FDCWD, t->path, &err), 0);
}

static int extract(struct tree *t, struct pf_str bytes, const struct pf_archive_limits *limits,
		   struct pf_err *err)
{
	static const struct pf_archive_limits wide = { .bytes = 1 << 20, .members = 100 };
	char path[] = "/tmp/pf-archive-file-XXXXXX";
	int fd = mkstemp(path), rc;

	assert_true(fd >= 0);
	unlink(path);
	assert_int_equal(pf_write_fd(fd, bytes.p, bytes.n, err), 0);
	lseek(fd, 0, SEEK_SET);
	rc = pf_archive_extract(t->dir, fd, "x.tar", limits ? limits : &wide, err);
	close(fd);
	return rc;
}

static int extract_members(struct tree *t, const struct member *m, size_t n,
			   const struct pf_archive_limits *limits, struct pf_err *err)
{
	struct pf_buf bytes = PF_BUF(PF_MIB(4));
	char zeros[1024] = "";
	int rc;

	for (size_t i = 0; i < n && m[i].name; i++)
		add_member(&bytes, &m[i]);
	pf_buf_add(&bytes, zeros, sizeof(zeros));
	rc = extract(t, pf_buf_view(&bytes), limits, err);
	pf_buf_free(&bytes);
	return rc;
}

static void unpacks(void **state)
{
	static const struct member members[] = {
		{ "./", '5', NULL, 0755 },
		{ "d/l", '2', "../d/e/f", 0 },
		{ "d/e/f", '0', "text", 0755 },
		{ "d/e/suid", '0', "x", 06711 },
		{ "d/e/plain", '0', "x", 0600 },
		{ "d/hard", '1', "d/e/f", 0 },
		{ "d/dangling", '2', "nowhere", 0 },
		{ "d/\xc3\xa9\xff", '0', "x", 0 },
		{ "twice", '0', "good", 0 },
		{ "twice", '0', "last", 0 },
	};
	struct tree t;
	struct pf_err err;
	struct stat st;
	struct pf_buf text = PF_BUF(100);

	(void)state;
	open_tree(&t);
	umask(077);
	if (extract_members(&t, members, PF_COUNT(members), NULL, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(pf_read_file(&text, t.dir, "d/l", &err), 0);
	assert_int_equal(pf_read_file(&text, t.dir, "d/hard", &err), 0);
	assert_int_equal(pf_read_file(&text, t.dir, "twice", &err), 0);
	assert_string_equal(text.p, "texttextlast");
	assert_int_equal(fstatat(t.dir, "d/e/f", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(fstatat(t.dir, "d/e/suid", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(fstatat(t.dir, "d/e/plain", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(fstatat(t.dir, "d/\xc3\xa9\xff", &st, 0), 0);
	pf_buf_free(&text);
	close_tree(&t);
}

static void refuses(void **state)
{
	static const struct {
		struct member members[5];
		const char *message;
	} rows[] = {
		{ { { "../x", '0', "x", 0 } }, "x.tar: member \"../x\" climbs out of its directory" },
		{ { { "a/../x", '0', "x", 0 } }, "x.tar: member \"a/../x\" climbs out of its directory" },
		{ { { "/tmp/x", '0', "x", 0 } }, "x.tar: member \"/tmp/x\" has an absolute name" },
		{ { { "a\nb", '0', "x", 0 } }, "x.tar: member \"a\nb\" has control characters in its name" },
		{ { { "l", '2', "/etc", 0 } }, "x.tar: member \"l\" is a link that leads out of the archive" },
		{ { { "l", '2', "a/../../x", 0 } },
		  "x.tar: member \"l\" is a link that leads out of the archive" },
		{ { { "l", '2', "..", 0 }, { "l/x", '0', "x", 0 } },
		  "x.tar: member \"l\" is a link that leads out of the archive" },
		{ { { "l", '2', "d", 0 }, { "l/x", '0', "x", 0 } }, "x.tar: member \"l\" is there twice" },
		{ { { "a/b/up", '2', "../..", 0 }, { "e", '2', "a/b/up/../..", 0 } },
		  "x.tar: member \"e\" is a link that leads out of the archive" },
		{ { { "l", '2', "l", 0 } }, "x.tar: member \"l\" is a link that leads out of the archive" },
		{ { { "d", '5', NULL, 0 }, { "d", '2', "x", 0 } }, "x.tar: member \"d\" is there twice" },
		{ { { "h", '1', "/etc/passwd", 0 } },
		  "x.tar: hard link h: member \"/etc/passwd\" has an absolute name" },
		{ { { "s", '2', "x", 0 }, { "h", '1', "s", 0 } },
		  "x.tar: member \"h\" is a hard link to what is no file of the archive" },
		{ { { "f", '6', NULL, 0 } },
		  "x.tar: member \"f\" is neither a file nor a directory nor a link" },
		{ { { "n", '3', NULL, 0 } },
		  "x.tar: member \"n\" is neither a file nor a directory nor a link" },
		{ { { "p", '0', "x", 0 }, { "p/q", '0', "x", 0 } },
		  "x.tar: member \"p/q\" lies inside a file" },
		{ { { "p/q", '0', "x", 0 }, { "p", '0', "x", 0 } },
		  "x.tar: member \"p\" is a file and a directory" },
		{ { { NULL, 0, NULL, 0 } }, "x.tar: it is empty, or no tar" },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		struct tree t;
		struct pf_err err = { 0 };

		open_tree(&t);
		assert_int_equal(extract_members(&t, rows[i].members, 5, NULL, &err), -1);
		assert_string_equal(err.msg, rows[i].message);
		assert_int_equal(err.code, PF_EINTEGRITY);
		close_tree(&t);
	}
}

static void stops_at_limits(void **state)
{
	static const struct member members[] = { { "a", '0', "12345", 0 }, { "b", '0', "12345", 0 } };
	static const struct {
		struct pf_archive_limits limits;
		const char *message;
	} rows[] = {
		{ { .bytes = 9, .members = 10 }, "x.tar: it unpacks to more than 9 bytes" },
		{ { .bytes = 4, .members = 10 }, "x.tar: it unpacks to more than 4 bytes" },
		{ { .bytes = 10, .members = 1 }, "x.tar: it has more than 1 members" },
		{ { .bytes = 10, .members = 2 }, NULL },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		struct tree t;
		struct pf_err err = { 0 };
		int rc;

		open_tree(&t);
		rc = extract_members(&t, members, 2, &rows[i].limits, &err);
		assert_int_equal(rc, rows[i].message ? -1 : 0);
		assert_string_equal(err.msg, rows[i].message ? rows[i].message : "");
		assert_int_equal(err.code, rows[i].message ? PF_ELIMIT : 0);
		close_tree(&t);
	}
}

static void refuses_what_is_no_tar(void **state)
{
	static const char *const rows[] = { "", "<html>404</html>", "\x1f\x8b\x08", "BZh9" };

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		struct tree t;
		struct pf_err err;

		open_tree(&t);
		assert_int_equal(extract(&t, pf_s(rows[i]), NULL, &err), -1);
		assert_int_equal(err.code, PF_EINTEGRITY);
		close_tree(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unpacks),
		cmocka_unit_test(refuses),
		cmocka_unit_test(stops_at_limits),
		cmocka_unit_test(refuses_what_is_no_tar),
	};

	return cmocka_run_group_tests_name("archive", tests, NULL, NULL);
}
