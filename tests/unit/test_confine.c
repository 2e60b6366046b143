/* test_confine.c - what a confined process cannot do, by each of the kernel's means */
/* SPDX-License-Identifier: Apache-2.0 */
#include "folder.h"

#include <unistd.h>

#include "base/proc.h"
#include "base/confine.h"

struct place {
	struct pf_arena a;
	char outside[FOLDER_SIZE], inside[FOLDER_SIZE];
	struct pf_confine confine;
};

static void place_new(struct place *p)
{
	char *shm;

	folder_new(p->outside);
	folder_new(p->inside);
	folder_put(p->inside, "shm/", PF_S(""));
	folder_put(p->outside, "theirs", PF_S("x"));
	shm = pf_formatz(&p->a, "%s/shm", p->inside);
	pf_confine_make(&p->confine, &p->a, p->inside, shm, p->inside);
}

static void place_free(struct place *p)
{
	folder_remove(p->outside);
	folder_remove(p->inside);
	pf_arena_free(&p->a);
}

/* The status of a shell that tries something; -1 when it does not start. */
static int try(struct place *p, const char *what)
{
	char *argv[] = { "sh", "-c", (char *)(uintptr_t)what, p->outside, NULL };
	struct pf_spawn how = { .path = "/bin/sh", .argv = argv, .in = -1, .out = -1, .err = -1,
				.new_group = true, .confine = pf_confine_enter, .how = &p->confine };
	PF_AUTO(proc) proc = { 0 };
	struct pf_err err;
	int status = -1;

	if (pf_proc_start(&proc, &how, &err) < 0)
		return -1;
	assert_int_equal(pf_proc_wait(&proc, 20000, &status, &err), 1);
	return status;
}

/* $0 is the folder outside, the working folder the one inside. */
static const struct {
	enum pf_confined least;	/* by which it is refused */
	const char *what;
	bool fine;		/* it is not refused at all */
} attempts[] = {
	{ PF_CONFINED_WRITES, "echo x >own && mkdir d && mv own d/own && rm -r d", true },
	{ PF_CONFINED_WRITES, "echo x >/dev/null", true },
	{ PF_CONFINED_WRITES, "cat \"$0/theirs\"", true },
	{ PF_CONFINED_WRITES, "echo x >\"$0/new\"", false },
	{ PF_CONFINED_WRITES, "echo y >>\"$0/theirs\"", false },
	{ PF_CONFINED_WRITES, "rm -f \"$0/theirs\"", false },
	{ PF_CONFINED_WRITES, "mkdir \"$0/folder\"", false },
	{ PF_CONFINED_WRITES, "ln -s x \"$0/link\"", false },
	{ PF_CONFINED_WRITES, "ln -s \"$0\" out && echo x >out/new", false },
	{ PF_CONFINED, "chmod 600 \"$0/theirs\"", false },
	{ PF_CONFINED, "mount -o remount,rw,bind \"$0\" \"$0\" || mount -t tmpfs x \"$PWD\"", false },
	{ PF_CONFINED, "grep -v '^ *lo:' /proc/net/dev | grep :", false },
};

static void keeps_to_its_folder(void **state)
{
	struct place p = { 0 };

	(void)state;
	place_new(&p);
	if (p.confine.how == PF_CONFINED_NOT)
		fprintf(stderr, "SKIPPED: test_confine: this kernel confines nothing\n");
	for (int how = p.confine.how; how > PF_CONFINED_NOT; how--) {
		p.confine.how = (enum pf_confined)how;
		if (try(&p, ":") == -1) {
			fprintf(stderr, "SKIPPED: test_confine: this kernel has no Landlock\n");
			break;
		}
		for (size_t i = 0; i < PF_COUNT(attempts); i++) {
			int status = try(&p, attempts[i].what);

			if (how >= (int)attempts[i].least && (status == 0) != attempts[i].fine)
				fail_msg("%d: %s: status %d", how, attempts[i].what, status);
		}
	}
	place_free(&p);
}

static void tells_what_cannot_be(void **state)
{
	struct place p = { 0 };

	(void)state;
	place_new(&p);
	p.confine.how = PF_CONFINED_NOT;
	p.confine.cwd = "/nonexistent";
	assert_int_equal(try(&p, ":"), -1);
	p.confine.cwd = p.inside;
	p.confine.parent = 1; /* it is gone: the child must not outlive it */
	assert_int_equal(try(&p, ":"), -1);
	place_free(&p);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_to_its_folder),
		cmocka_unit_test(tells_what_cannot_be),
	};

	return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
