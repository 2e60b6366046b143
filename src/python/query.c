/* query.c - what an interpreter says of itself, asked once and remembered */
/* SPDX-License-Identifier: Apache-2.0 */
#include "python/query.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"

extern char **environ;

#define MAX_ANSWER PF_KIB(64)
#define FIRST_LINE "pyfunc-env python 1"
#define LAST_LINE "end"

/* One line a fact, "key value". Runs on 2.7 to 3.14. `site` is imported under -S, so that it only
 * tells its folders (Debian's differ); in Python 2 the import alone would run every .pth file. */
static const char code[] =
	"import sys, os\n"
	"sys.path[:] = [p for p in sys.path if p]\n"
	"import sysconfig\n"
	"v = sys.version_info\n"
	"out = []\n"
	"def say(k, t):\n"
	"    if t: out.append(k + ' ' + str(t))\n"
	"def libc():\n"
	"    try:\n"
	"        return os.confstr('CS_GNU_LIBC_VERSION')\n"
	"    except (ValueError, AttributeError, OSError):\n"
	"        pass\n"
	"    import re, subprocess\n"
	"    m = re.search('/[^ \\n]*/ld-musl[^ \\n]*', open('/proc/self/maps').read())\n"
	"    if not m: return ''\n"
	"    r = subprocess.Popen([m.group()], stderr=subprocess.PIPE).communicate()[1]\n"
	"    m = re.search('Version ([0-9]+[.][0-9]+)', r.decode('ascii', 'replace'))\n"
	"    return m and 'musl ' + m.group(1)\n"
	"imp = getattr(sys, 'implementation', None)\n"
	"say('version', sys.version.split()[0])\n"
	"say('info', '%d %d %d' % tuple(v[:3]))\n"
	"say('implementation', imp.name if imp else 'PyPy' in sys.version and 'pypy' or "
	"'cpython')\n"
	"say('base_prefix', getattr(sys, 'base_prefix', sys.prefix))\n"
	"say('base_exe', sys.executable)\n"
	"say('platform', sysconfig.get_platform())\n"
	"say('abiflags', getattr(sys, 'abiflags', ''))\n"
	"say('soabi', sysconfig.get_config_var('SOABI'))\n"
	"say('free_threaded', sysconfig.get_config_var('Py_GIL_DISABLED'))\n"
	"say('libc', libc())\n"
	"lib = getattr(sys, 'platlibdir', 'lib')\n"
	"name = os.path.basename(sysconfig.get_path('stdlib'))\n"
	"say('lib', lib + '/' + name)\n"
	"if v[0] > 2:\n"
	"    import site\n"
	"    for p in site.getsitepackages([sys.base_prefix, sys.base_exec_prefix]): "
	"say('path', p)\n"
	"text = '\\n'.join(['" FIRST_LINE "'] + out + ['" LAST_LINE "', ''])\n"
	"os.write(1, os.fsencode(text) if v[0] > 2 else text)\n";

/* ---- the answer ---- */

static int bad_answer(struct pf_err *err, struct pf_str line)
{
	return pf_fail(err, PF_EMODEL, "no Python's answer: \"" PF_FMT "\"",
		       PF_ARG(pf_shown(line)));
}

static bool read_info(struct pf_python *p, struct pf_str text)
{
	int *const parts[] = { &p->major, &p->minor, &p->micro };
	struct pf_str piece;
	uint64_t number;
	size_t n = 0;

	while (pf_str_next(&text, ' ', &piece)) {
		if (n == PF_COUNT(parts) || !pf_str_u64(piece, &number) || number > 999)
			return false;
		*parts[n++] = (int)number;
	}
	return n == PF_COUNT(parts);
}

/* [A-Za-z0-9._+ /-]: what versions, platforms, ABI names and "lib/python3.11" are made of. */
static bool is_plain(struct pf_str s)
{
	return s.n > 0 && s.n < 256 && pf_str_span(s, "._+- /") == s.n;
}

static bool read_line(struct pf_python *p, struct pf_str key, struct pf_str value)
{
	const struct {
		const char *key;
		struct pf_str *at;
		bool path;
	} fields[] = {
		{ "version", &p->version, false }, { "implementation", &p->implementation, false },
		{ "platform", &p->platform, false }, { "abiflags", &p->abiflags, false },
		{ "soabi", &p->soabi, false },	     { "libc", &p->libc, false },
		{ "lib", &p->lib, false },	     { "base_prefix", &p->base_prefix, true },
		{ "base_exe", &p->base_exe, true },
	};

	if (pf_str_is(key, "info"))
		return read_info(p, value);
	if (pf_str_is(key, "free_threaded"))
		return p->free_threaded = pf_str_is(value, "1"), true;
	if (pf_str_is(key, "path")) {
		struct pf_str path = pf_dup(&p->arena, value);

		if (!pf_str_starts(value, "/") || p->paths.n > 32)
			return false;
		if (!pf_strs_have(&p->paths, path))
			*PF_PUSH(&p->arena, &p->paths) = path;
		return true;
	}
	for (size_t i = 0; i < PF_COUNT(fields); i++) {
		if (!pf_str_is(key, fields[i].key))
			continue;
		*fields[i].at = pf_dup(&p->arena, value);
		return fields[i].path ? pf_str_starts(value, "/") : is_plain(value);
	}
	return false;
}

static bool is_whole(const struct pf_python *p)
{
	char start[32];

	snprintf(start, sizeof(start), "%d.%d.%d", p->major, p->minor, p->micro);
	return pf_str_starts(p->version, start) && p->implementation.n && p->base_prefix.n &&
	       p->base_exe.n && p->platform.n && pf_str_find(p->lib, '/') != PF_NPOS;
}

int pf_query_parse(struct pf_python *p, struct pf_str text, struct pf_err *err)
{
	bool begun = false;
	struct pf_str line;

	while (pf_str_next(&text, '\n', &line)) {
		size_t space = pf_str_find(line, ' ');

		if (!begun) {
			begun = pf_str_is(line, FIRST_LINE);
			continue;
		}
		if (!line.n)
			break;
		if (pf_str_is(line, LAST_LINE))
			return is_whole(p) ? 0 : bad_answer(err, PF_S("something is missing"));
		if (space == PF_NPOS || !read_line(p, pf_str_cut(line, 0, space),
						   pf_str_skip(line, space + 1)))
			return bad_answer(err, line);
	}
	return bad_answer(err, begun ? PF_S("it ends too early") : PF_S("nothing"));
}

/* ---- remembered answers: the file's identity on a line of its own, then the answer ---- */

/* FNV-1a: names a file only; its first lines hold the whole path. */
static uint64_t hash_path(const char *path)
{
	uint64_t h = 14695981039346656037u;

	for (; *path; path++)
		h = (h ^ (unsigned char)*path) * 1099511628211u;
	return h;
}

static struct pf_str identify(struct pf_arena *a, const char *real, const struct stat *st)
{
	return pf_format(a, "%s\n%llu %llu %lld %lld.%09ld\n", real, (unsigned long long)st->st_dev,
			 (unsigned long long)st->st_ino, (long long)st->st_size,
			 (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
}

static bool recall(struct pf_python *p, const char *file, struct pf_str identity)
{
	struct pf_buf text = PF_BUF(MAX_ANSWER);
	struct pf_python got = { 0 };
	struct pf_err ignored;
	bool found = false;

	if (pf_read_file(&text, AT_FDCWD, file, &ignored) == 0 && text.n > identity.n &&
	    memcmp(text.p, identity.p, identity.n) == 0)
		found = pf_query_parse(&got, pf_str_skip(pf_buf_view(&text), identity.n),
				       &ignored) == 0;
	pf_buf_free(&text);
	if (found) {
		pf_arena_free(&p->arena);
		*p = PF_TAKE(got);
	}
	pf_python_free(&got);
	return found;
}

/* Best effort: a store that cannot be written costs a query each time. */
static void remember(const char *known, const char *file, struct pf_str identity,
		     struct pf_str answer)
{
	struct pf_buf text = PF_BUF(MAX_ANSWER);
	struct pf_err err;

	pf_buf_str(&text, identity);
	pf_buf_str(&text, answer);
	if (text.toobig || pf_mkdir_p(known, 0755, &err) < 0 ||
	    pf_write_atomic(AT_FDCWD, file, pf_buf_view(&text), 0644, &err) < 0)
		pf_debug("the answer of an interpreter could not be kept in %s", known);
	pf_buf_free(&text);
}

/* ---- the question ---- */

static char **clean_environment(struct pf_arena *a)
{
	static const char *const dropped[] = { "PYTHON", "LD_", "__PYVENV",
					       "VIRTUAL_ENV=", "GCONV_" };
	PF_VEC(char *) kept = { 0 };

	for (char **e = environ; *e; e++) {
		bool keep = true;

		for (size_t i = 0; i < PF_COUNT(dropped) && keep; i++)
			keep = !pf_str_starts(pf_s(*e), dropped[i]);
		if (keep)
			*PF_PUSH(a, &kept) = *e;
	}
	*PF_PUSH(a, &kept) = NULL;
	return kept.v;
}

/* 0, the exit status with err, -1 */
static int run(struct pf_buf *out, struct pf_arena *a, const char *real, bool isolated,
	       struct pf_err *err)
{
	char *isolated_argv[] = { (char *)real, "-I", "-S", "-c", (char *)code, NULL };
	char *old_argv[] = { (char *)real, "-E", "-s", "-S", "-c", (char *)code, NULL };
	struct pf_spawn how = {
		.path = real,
		.argv = isolated ? isolated_argv : old_argv,
		.envp = clean_environment(a),
		.cwd = "/",
	};
	char text[64];
	int status;

	out->n = 0;
	if (pf_proc_capture(out, &how, -1, PF_WAIT_QUERY, &status, err) < 0)
		return -1;
	if (status == 0)
		return 0;
	pf_fail(err, PF_EIO, "%s ended with %s", real, pf_status_text(text, sizeof(text), status));
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Python 2 does not know -I: it ends with status 2 and is asked again. */
static int ask(struct pf_buf *out, struct pf_arena *a, const char *real, struct pf_err *err)
{
	int rc = run(out, a, real, true, err);

	if (rc == 2)
		rc = run(out, a, real, false, err);
	return rc == 0 ? 0 : -1;
}

int pf_query(struct pf_python *p, const char *real, const char *known, struct pf_err *err)
{
	struct pf_buf answer = PF_BUF(MAX_ANSWER);
	struct pf_arena a = { 0 };
	struct pf_str identity;
	const char *file = NULL;
	struct stat st;
	int rc = 0;

	if (stat(real, &st) < 0)
		return pf_fail_errno(err, "cannot run %s", real);
	identity = identify(&a, real, &st);
	if (known)
		file = pf_formatz(&a, "%s/%016llx", known, (unsigned long long)hash_path(real));
	if (!file || !recall(p, file, identity)) {
		pf_debug("asking %s what it is", real);
		rc = ask(&answer, &a, real, err);
		if (rc == 0 && pf_query_parse(p, pf_buf_view(&answer), err) < 0)
			rc = pf_wrap(err, "%s", real);
		if (rc == 0 && file)
			remember(known, file, identity, pf_buf_view(&answer));
	}
	pf_buf_free(&answer);
	pf_arena_free(&a);
	return rc;
}
