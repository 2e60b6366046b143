/* conda_solve.c - match specs solved against a channel: the packages, and what it took */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/proc.h"
#include "base/str.h"
#include "solve/conda.h"

/*	conda_solve [-k CACHE] [-o] [-r] [-a MILLISECONDS] [-f FILE] CHANNEL[,CHANNEL...] SPEC...
 *
 * CHANNEL: its address, or "ADDRESS|MIRROR...", all of which are asked.
 * -o: offline; -r: channels are asked again; -a: of packages that were there then.
 * A set of specs is the arguments, or each line of FILE, specs being separated by ";". The machine
 * is one of linux-64 with glibc 2.35 and no GPU. Of each set "NAME VERSION BUILD SUBDIR", sorted,
 * then an empty line; on stderr seconds to open, of each search, and the peak memory in KiB. */

static const char *const machine[][3] = {
	{ "__unix", "0", "0" }, { "__linux", "5.15", "0" }, { "__glibc", "2.35", "0" },
	{ "__archspec", "1", "x86_64" },
};

struct tool {
	struct pf_arena arena;
	struct pf_channels channels;
	struct pf_repodata_settings settings;
	struct pf_repodata repodata;
	struct pf_conda_ask ask;
	PF_VEC(struct pf_conda_record) machine;
};

static int fail(const struct pf_err *err)
{
	printf("error: %s\n", err->msg);
	if (err->hint[0])
		printf("hint: %s\n", err->hint);
	return 1;
}

static void set_machine(struct tool *t)
{
	for (size_t i = 0; i < PF_COUNT(machine); i++) {
		struct pf_conda_record *r = PF_PUSH(&t->arena, &t->machine);

		*r = (struct pf_conda_record){ .name = pf_s(machine[i][0]), .build = pf_s(machine[i][2]) };
		if (!pf_conda_record_set_version(r, &t->arena, pf_s(machine[i][1])))
			abort();
	}
	t->ask.machine = t->machine.v;
	t->ask.machine_count = t->machine.n;
}

static void set_channels(struct tool *t, const char *urls)
{
	struct pf_str rest = pf_s(urls), one, mirror;

	while (pf_str_next(&rest, ',', &one)) {
		struct pf_channel *c = PF_PUSH(&t->channels.arena, &t->channels.v);
		struct pf_str url = pf_str_cut(one, 0, pf_str_find(one, '|'));
		size_t slash = pf_str_rfind(url, '/');

		*c = (struct pf_channel){ .name = pf_str_skip(url, slash + 1), .url = url };
		while (pf_str_next(&one, '|', &mirror))
			*PF_PUSH(&t->channels.arena, &c->asked) = mirror;
	}
	*PF_PUSH(&t->channels.arena, &t->channels.subdirs) = PF_S("linux-64");
	*PF_PUSH(&t->channels.arena, &t->channels.subdirs) = PF_S("noarch");
	t->channels.priority = t->ask.priority = PF_CHANNEL_STRICT;
}

static int compare(const void *l, const void *r)
{
	const struct pf_conda_record *a = l, *b = r;

	return pf_str_cmp(a->name, b->name);
}

static int solve(struct tool *t, const struct pf_match_spec *specs, size_t n)
{
	PF_AUTO(conda_solution) found = { 0 };
	double start = pf_clock();
	struct pf_err err = { 0 };

	t->ask.specs = specs;
	t->ask.spec_count = n;
	if (pf_conda_solve(&found, &t->ask, &err) < 0)
		return fail(&err);
	fprintf(stderr, "search %.4f s: %zu names, %zu records, %zu candidates\n",
		pf_clock() - start, found.names, found.records, found.candidates);
	if (getenv("CONDA_SOLVE_ORDER") == NULL)
		qsort(found.v.v, found.v.n, sizeof(*found.v.v), compare);
	for (size_t i = 0; i < found.v.n; i++)
		printf(PF_FMT " " PF_FMT " " PF_FMT " " PF_FMT "\n", PF_ARG(found.v.v[i].name),
		       PF_ARG(found.v.v[i].version), PF_ARG(found.v.v[i].build),
		       PF_ARG(found.v.v[i].subdir));
	printf("\n");
	return 0;
}

static int solve_line(struct tool *t, struct pf_str line)
{
	PF_VEC(struct pf_match_spec) specs = { 0 };
	struct pf_str one;
	struct pf_err err;

	while (pf_str_next(&line, ';', &one))
		if (pf_match_spec_parse(PF_PUSH(&t->arena, &specs), &t->arena, pf_str_trim(one),
					&err) < 0)
			return fail(&err);
	return solve(t, specs.v, specs.n);
}

static int solve_all(struct tool *t, const char *file, char **specs)
{
	PF_AUTO(buf) text = PF_BUF(PF_MIB(1));
	struct pf_str rest, line;
	struct pf_err err;
	int rc = 0;

	for (; *specs; specs++)
		pf_buf_printf(&text, "%s;", *specs);
	if (text.n)
		text.n--;
	if (file && pf_read_file(&text, AT_FDCWD, file, &err) < 0)
		return fail(&err);
	rest = pf_buf_view(&text);
	while (pf_str_next_line(&rest, &line))
		if (line.n && solve_line(t, line))
			rc = 1;
	return rc;
}

int main(int argc, char **argv)
{
	struct tool t = { 0 };
	const char *file = NULL;
	struct rusage used;
	struct pf_err err;
	double start = pf_clock();
	int option, rc;

	while ((option = getopt(argc, argv, "+k:a:f:or")) != -1) {
		if (option == 'k')
			t.settings.cache = optarg;
		else if (option == 'a')
			t.ask.as_of = strtoull(optarg, NULL, 10);
		else if (option == 'o')
			t.settings.offline = true;
		else if (option == 'r')
			t.settings.refresh = true;
		else if (option == 'f')
			file = optarg;
		else
			return 2;
	}
	if (optind >= argc)
		return 2;
	set_machine(&t);
	set_channels(&t, argv[optind]);
	if (pf_repodata_open(&t.repodata, &t.channels, &t.settings, &err) < 0) {
		rc = fail(&err);
	} else {
		fprintf(stderr, "open %.4f s\n", pf_clock() - start);
		pf_conda_ask_repodata(&t.ask, &t.repodata);
		rc = solve_all(&t, file, argv + optind + 1);
		pf_repodata_free(&t.repodata);
	}
	pf_arena_free(&t.channels.arena);
	pf_arena_free(&t.arena);
	if (getrusage(RUSAGE_SELF, &used) == 0)
		fprintf(stderr, "whole %.4f s, %ld KiB\n", pf_clock() - start, used.ru_maxrss);
	return rc;
}
