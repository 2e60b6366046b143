/* index_tool.c - package indexes as a command: get, pages, project, metadata, fetch */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "index/index.h"
#include "python/tags.h"

static struct pf_arena arena;
static struct pf_index_settings settings;
static const char *sha256, *output = "/dev/null", *python = "3.11.7", *libc_name = "glibc 2.36";
static uint64_t size, max = PF_GIB(1);

static int report(const struct pf_err *err)
{
	pf_log_error(err);
	return err->code;
}

/* get URL...: all at once, each answer told in a line; into one file when there is one URL. */
static int get(int n, char **urls)
{
	PF_AUTO(pool) pool = { .net = settings.net };
	struct pf_transfer *all = pf_alloc_array(&arena, (size_t)n, sizeof(*all));
	struct pf_err err;
	int worst = 0;

	for (int i = 0; i < n; i++) {
		all[i] = (struct pf_transfer){ .url = urls[i], .sha256 = sha256, .size = size, .max = max };
		if (n > 1)
			all[i].body = PF_BUF((size_t)max);
		else
			all[i].fd = open(output, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
		pf_pool_start(&pool, &all[i]);
	}
	for (int i = 0; i < n; i++) {
		if (pf_pool_wait(&pool, &all[i], &err) < 0)
			worst = report(&err);
		printf("%ld %zu %s\n", all[i].status, all[i].body.n, all[i].final.n ? all[i].final.p : "-");
		pf_transfer_free(&pool, &all[i]);
	}
	return worst;
}

static void print_file(const struct pf_file *f)
{
	char day[32] = "-";
	struct tm tm;
	time_t when = (time_t)f->uploaded;

	if (f->uploaded && gmtime_r(&when, &tm))
		strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%SZ", &tm);
	printf("  " PF_FMT " %llu %s " PF_FMT "%s" PF_FMT "%s python:" PF_FMT "%s\n    " PF_FMT "\n",
	       PF_ARG(f->name), (unsigned long long)f->size, day, PF_ARG(f->sha256),
	       f->is_yanked ? " yanked:" : "", PF_ARG(f->yanked), f->has_metadata ? " metadata" : "",
	       PF_ARG(f->python), f->python_fits ? "" : " (not ours)", PF_ARG(f->url));
}

static int print_project(const struct pf_project *p)
{
	printf(PF_FMT " " PF_FMT " %zu refused:%zu " PF_FMT "\n", PF_ARG(p->name), PF_ARG(p->where), p->n,
	       p->refused, PF_ARG(p->why));
	for (size_t i = 0; i < p->n; i++) {
		const struct pf_release *r = &p->releases[i];

		printf(PF_FMT " %zu wheels %zu sdists %zu misfits\n", PF_ARG(r->version.text), r->wheels,
		       r->n - r->wheels, r->misfits);
		for (size_t k = 0; k < r->n; k++)
			print_file(&r->files[k]);
	}
	return 0;
}

/* pages NAME...: a line each; project NAME...: all there is of them. */
static int projects(struct pf_index *x, int n, char **names, bool all)
{
	struct pf_str *wanted = pf_alloc_array(&arena, (size_t)n, sizeof(*wanted));
	const struct pf_project *p;
	struct pf_err err;
	int worst = 0;

	for (int i = 0; i < n; i++)
		wanted[i] = pf_s(names[i]);
	pf_index_want(x, wanted, (size_t)n);
	for (int i = 0; i < n; i++) {
		int rc = pf_index_project(&p, x, wanted[i], &err);

		if (rc < 0)
			worst = report(&err);
		else if (rc)
			printf("%s: no such project\n", names[i]);
		else if (all)
			print_project(p);
		else
			printf(PF_FMT " %zu\n", PF_ARG(p->name), p->n);
	}
	return worst;
}

/* The first file of a release: NAME==VERSION. */
static const struct pf_file *find(struct pf_index *x, char *what, struct pf_err *err)
{
	char *eq = strstr(what, "==");
	struct pf_version v;
	const struct pf_project *p;

	if (!eq || !pf_version_read(&v, &arena, pf_s(eq + 2))) {
		pf_fail(err, PF_EUSAGE, "NAME==VERSION, not %s", what);
		return NULL;
	}
	if (pf_index_project(&p, x, pf_str_cut(pf_s(what), 0, (size_t)(eq - what)), err) != 0)
		return NULL;
	for (size_t i = 0; i < p->n; i++)
		if (pf_version_cmp(&p->releases[i].version, &v) == 0 && p->releases[i].n)
			return &p->releases[i].files[0];
	pf_fail(err, PF_ESOLVE, "no file of %s", what);
	return NULL;
}

static int metadata(struct pf_index *x, int n, char **what)
{
	const struct pf_file **files = pf_alloc_array(&arena, (size_t)n, sizeof(*files));
	const struct pf_needed *needed;
	struct pf_err err = { 0 };

	for (int i = 0; i < n; i++) {
		struct pf_str name = pf_str_cut(pf_s(what[i]), 0, pf_str_find(pf_s(what[i]), '='));

		pf_index_want(x, &name, 1);
	}
	for (int i = 0; i < n; i++) {
		files[i] = find(x, what[i], &err);
		if (!files[i])
			return report(&err);
		pf_index_want_metadata(x, files[i]);
	}
	for (int i = 0; i < n; i++) {
		int rc = pf_index_metadata(&needed, x, files[i], &err);

		if (rc < 0)
			return report(&err);
		printf(PF_FMT "%s\n", PF_ARG(files[i]->name), rc ? " only a build can tell" : "");
		for (size_t k = 0; !rc && k < needed->requires.n; k++)
			printf("  " PF_FMT "\n", PF_ARG(needed->requires.v[k]));
		if (!rc)
			printf("  extras:%zu python:" PF_FMT "\n", needed->extras.n, PF_ARG(needed->python));
	}
	return 0;
}

static int fetch(struct pf_index *x, char *what)
{
	PF_FD(fd) = open(output, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	struct pf_err err = { 0 };
	const struct pf_file *f = find(x, what, &err);

	if (!f || pf_index_fetch(fd, x, f, &err) < 0)
		return report(&err);
	printf(PF_FMT "\n", PF_ARG(f->name));
	return 0;
}

static void set_target(struct pf_tags *tags)
{
	struct pf_version v;
	uint64_t minor = 0;

	settings.python = pf_s(python);
	if (pf_version_read(&v, &arena, settings.python) && v.release_count > 1)
		pf_str_u64(v.release[1], &minor);
	pf_tags_make(tags, &arena, &(struct pf_tag_target){ .major = 3, .minor = (int)minor,
							    .platform = PF_S("linux-x86_64"),
							    .libc = pf_s(libc_name) });
	settings.tags = &tags->v;
}

/* -i INDEX, -f LINKS, -t TRUSTED, -c CACHE, -C CERT, -K CLIENT_CERT, -x PROXY, -p PYTHON, -l LIBC, -s SHA256,
 * -z SIZE, -m MAX, -w WAIT, -T TRIES, -O OUTPUT; -o offline, -r refresh, -n no index, -v debug. */
static void take_option(int c)
{
	switch (c) {
	case 'i':
		*PF_PUSH(&arena, &settings.urls) = pf_s(optarg);
		break;
	case 'f':
		*PF_PUSH(&arena, &settings.find_links) = pf_s(optarg);
		break;
	case 't':
		*PF_PUSH(&arena, &settings.net.trusted) = pf_s(optarg);
		break;
	case 'c':
		settings.cache = optarg;
		break;
	case 'C':
		settings.net.cert = optarg;
		break;
	case 'K':
		settings.net.client_cert = optarg;
		break;
	case 'x':
		settings.net.proxy = optarg;
		break;
	case 'T':
		settings.net.tries = (unsigned)(optarg[0] - '0');
		break;
	case 'p':
		python = optarg;
		break;
	case 'l':
		libc_name = optarg;
		break;
	case 's':
		sha256 = optarg;
		break;
	case 'O':
		output = optarg;
		break;
	case 'v':
		pf_log_setup(&(struct pf_log_opts){ .level = PF_LOG_DEBUG });
		break;
	case 'z':
		pf_str_u64(pf_s(optarg), &size);
		break;
	case 'm':
		pf_str_u64(pf_s(optarg), &max);
		break;
	case 'w':
		settings.net.wait = (unsigned)(optarg[0] - '0');
		break;
	default:
		settings.offline |= c == 'o';
		settings.refresh |= c == 'r';
		settings.no_index |= c == 'n';
	}
}

static int run(int n, char **words)
{
	PF_AUTO(index) x = { 0 };
	struct pf_tags tags = { 0 };
	struct pf_err err;

	if (strcmp(words[0], "get") == 0)
		return get(n - 1, words + 1);
	set_target(&tags);
	if (pf_index_open(&x, &settings, &err) < 0)
		return report(&err);
	if (strcmp(words[0], "metadata") == 0)
		return metadata(&x, n - 1, words + 1);
	if (strcmp(words[0], "fetch") == 0)
		return fetch(&x, words[1]);
	return projects(&x, n - 1, words + 1, strcmp(words[0], "project") == 0);
}

int main(int argc, char **argv)
{
	int c, rc;

	pf_log_setup(&(struct pf_log_opts){ .level = PF_LOG_WARN });
	pf_signals_catch();
	while ((c = getopt(argc, argv, "i:f:t:c:C:K:x:p:l:s:z:m:w:T:O:ornv")) != -1)
		take_option(c);
	if (argc - optind < 2)
		return PF_EUSAGE;
	rc = run(argc - optind, argv + optind);
	pf_arena_free(&arena);
	return rc;
}
