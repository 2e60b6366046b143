/* virtual.c - what packages may ask of a machine: conda's virtual packages (CEP 30) */
/* SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>
#include <fcntl.h>
#include <gnu/libc-version.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"
#include "channel/channel.h"

struct made {
	struct pf_conda_records *out;
	struct pf_arena *a;
	struct pf_str subdir;
	bool native;		/* the packages are for this machine */
	struct pf_err *err;
};

static void add(struct made *m, const char *name, struct pf_str version, struct pf_str build)
{
	struct pf_conda_record *r = PF_PUSH(m->a, m->out);

	*r = (struct pf_conda_record){ .name = pf_s(name), .build = build, .channel_name = PF_S("@") };
	(void)pf_conda_record_set_version(r, m->a, version);
}

/* One whose version the user may set; an empty variable takes it away where `removable`. */
static int add_or_override(struct made *m, const char *name, const char *variable,
			   struct pf_str version, bool removable)
{
	const char *set = getenv(variable);
	struct pf_condaver v;

	if (set && *set) {
		version = pf_dup(m->a, pf_str_trim(pf_s(set)));
		if (!pf_condaver_read(&v, m->a, version))
			return pf_fail(m->err, PF_EUSAGE, "%s=" PF_FMT " is no version", variable,
				       PF_ARG(version));
	} else if (set && removable) {
		return 0;
	}
	if (version.n)
		add(m, name, version, PF_S("0"));
	return 0;
}

/* "2.36" of "2.36.9000", "6.1.0" of "6.1.0-26-amd64": up to `most` numbers. */
static struct pf_str numbers_of(struct pf_str text, unsigned most)
{
	size_t i = 0, end = 0;

	for (unsigned k = 0; k < most; k++) {
		size_t from = i;

		while (i < text.n && pf_is_digit(text.p[i]))
			i++;
		if (i == from)
			break;
		end = i;
		if (i >= text.n || text.p[i] != '.')
			break;
		i++;
	}
	return pf_str_cut(text, 0, end);
}

static int add_linux(struct made *m)
{
	struct utsname u = { 0 };
	struct pf_str kernel = PF_S("0"), libc = PF_S("2.17");	/* of a machine that is not this one */

	if (m->native && uname(&u) == 0)
		kernel = pf_dup(m->a, numbers_of(pf_s(u.release), 4));
	if (m->native)
		libc = pf_dup(m->a, numbers_of(pf_s(gnu_get_libc_version()), 2));
	if (add_or_override(m, "__linux", "CONDA_OVERRIDE_LINUX", kernel, false) < 0)
		return -1;
	return add_or_override(m, "__glibc", "CONDA_OVERRIDE_GLIBC", libc, true);
}

static int add_system(struct made *m)
{
	if (pf_str_starts(m->subdir, "linux-") && add_linux(m) < 0)
		return -1;
	if (pf_str_starts(m->subdir, "osx-") &&
	    add_or_override(m, "__osx", "CONDA_OVERRIDE_OSX", PF_S("0"), false) < 0)
		return -1;
	if (pf_str_starts(m->subdir, "win-"))
		return add_or_override(m, "__win", "CONDA_OVERRIDE_WIN", PF_S("0"), false);
	add(m, "__unix", PF_S("0"), PF_S("0"));
	return 0;
}

/* ---- the processor ---- */

/* The levels of x86-64, as the kernel calls what they consist of; each has those before it. */
static const struct {
	const char *name;
	const char *flags[8];
} levels[] = {
	{ "x86_64_v2", { "cx16", "lahf_lm", "popcnt", "ssse3", "sse4_1", "sse4_2" } },
	{ "x86_64_v3", { "abm", "avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe" } },
	{ "x86_64_v4", { "avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl" } },
};

static bool has_word(struct pf_str words, const char *word)
{
	struct pf_str one;

	while (words.n && pf_str_next(&words, ' ', &one))
		if (pf_str_is(one, word))
			return true;
	return false;
}

struct pf_str pf_conda_microarch(struct pf_str cpuinfo)
{
	struct pf_str line = { 0 }, best = PF_S("x86_64");

	while (!pf_str_starts(line, "flags") && cpuinfo.n && pf_str_next_line(&cpuinfo, &line))
		;
	for (size_t i = 0; i < PF_COUNT(levels); i++) {
		for (size_t k = 0; k < PF_COUNT(levels[i].flags) && levels[i].flags[k]; k++)
			if (!has_word(line, levels[i].flags[k]))
				return best;
		best = pf_s(levels[i].name);
	}
	return best;
}

/* What comes behind the dash, where this machine cannot be asked (CEP 30, appendix A). */
static struct pf_str plain_arch(struct pf_str subdir)
{
	struct pf_str arch = pf_str_skip(subdir, pf_str_find(subdir, '-') + 1);

	return pf_str_is(arch, "64")	? PF_S("x86_64")
	       : pf_str_is(arch, "32")	  ? PF_S("x86")
	       : pf_str_is(arch, "arm64") ? PF_S("aarch64")
					  : arch;
}

static void add_archspec(struct made *m)
{
	const char *set = getenv("CONDA_OVERRIDE_ARCHSPEC");
	struct pf_str arch = plain_arch(m->subdir);
	PF_AUTO(buf) text = PF_BUF(PF_KIB(64));
	PF_FD(fd) = -1;

	if (set && *set) {
		add(m, "__archspec", PF_S("1"), pf_dup(m->a, pf_s(set)));
		return;
	}
	if (m->native && pf_str_is(arch, "x86_64")) {
		char *room = pf_buf_room(&text, PF_KIB(32));
		ssize_t n;

		fd = open("/proc/cpuinfo", O_RDONLY | O_CLOEXEC);
		n = fd < 0 ? 0 : pf_read_some(fd, room, PF_KIB(32));
		text.n = n > 0 ? (size_t)n : 0;
		arch = pf_conda_microarch(pf_buf_view(&text));
	}
	add(m, "__archspec", m->native ? PF_S("1") : PF_S("0"), pf_dup(m->a, arch));
}

/* ---- the graphics card ---- */

/* "12.4" of the driver's 12040; empty where there is no driver. */
static struct pf_str cuda_version(struct pf_arena *a)
{
	void *lib = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
	int (*ask)(int *) = NULL, version = 0;

	if (lib)
		*(void **)&ask = dlsym(lib, "cuDriverGetVersion");
	if (!ask || ask(&version) != 0 || version <= 0)
		return (struct pf_str){ 0 };
	return pf_format(a, "%d.%d", version / 1000, version % 1000 / 10);
}

/* CONDA_OVERRIDE_CUDA_ARCH: "8.6" or "8.6=name". Devices are not asked. */
static int add_cuda_arch(struct made *m)
{
	struct pf_str set = pf_s(getenv("CONDA_OVERRIDE_CUDA_ARCH")), version, build;
	size_t sign = pf_str_find(set, '=');
	struct pf_condaver v;

	if (!set.n)
		return 0;
	version = pf_dup(m->a, pf_str_cut(set, 0, sign));
	build = sign == PF_NPOS ? PF_S("0") : pf_dup(m->a, pf_str_skip(set, sign + 1));
	if (!pf_condaver_read(&v, m->a, version))
		return pf_fail(m->err, PF_EUSAGE, "CONDA_OVERRIDE_CUDA_ARCH=" PF_FMT " is no version",
			       PF_ARG(set));
	add(m, "__cuda_arch", version, build);
	return 0;
}

static int add_cuda(struct made *m)
{
	size_t before = m->out->n;
	struct pf_str found = m->native && !getenv("CONDA_OVERRIDE_CUDA") ? cuda_version(m->a) :
									    (struct pf_str){ 0 };

	if (add_or_override(m, "__cuda", "CONDA_OVERRIDE_CUDA", found, true) < 0)
		return -1;
	return m->out->n > before ? add_cuda_arch(m) : 0;
}

/* ---- all ---- */

/* What the kernel calls machines, and conda. */
static const struct {
	const char *machine, *subdir;
} machines[] = {
	{ "x86_64", "linux-64" },	 { "aarch64", "linux-aarch64" }, { "ppc64le", "linux-ppc64le" },
	{ "s390x", "linux-s390x" },	 { "riscv64", "linux-riscv64" }, { "armv7l", "linux-armv7l" },
	{ "i686", "linux-32" },		 { "loongarch64", "linux-loongarch64" },
};

static struct pf_str native_subdir(void)
{
	struct utsname u;

	if (uname(&u) == 0)
		for (size_t i = 0; i < PF_COUNT(machines); i++)
			if (strcmp(u.machine, machines[i].machine) == 0)
				return pf_s(machines[i].subdir);
	return PF_S("linux-64");
}

struct pf_str pf_conda_subdir(void)
{
	const char *set = getenv("CONDA_SUBDIR");

	return set && *set ? pf_s(set) : native_subdir();
}

int pf_conda_virtual(struct pf_conda_records *out, struct pf_arena *a, struct pf_str subdir,
		     struct pf_err *err)
{
	struct pf_conda_records records = { 0 };
	struct made m = { &records, a, subdir, pf_str_eq(subdir, native_subdir()), err };

	if (add_system(&m) < 0 || add_cuda(&m) < 0)
		return -1;
	add_archspec(&m);
	for (size_t i = 0; i < records.n; i++)
		records.v[i].subdir = subdir;
	*out = records;
	return 0;
}
