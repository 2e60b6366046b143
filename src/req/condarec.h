/* condarec.h - a package of a conda channel, or an installed one, as its record tells (CEP 36) */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/mem.h"
#include "req/condaver.h"

enum pf_conda_noarch {
	PF_NOARCH_NONE,
	PF_NOARCH_GENERIC,
	PF_NOARCH_PYTHON,
};

/* Who makes one says what its views borrow from (a mapped file, an arena): nothing here is owned,
 * and a record is copied by assignment. What is not told is empty or 0. */
struct pf_conda_record {
	struct pf_str name;		/* as written: lower case in every channel */
	struct pf_str version;
	struct pf_condaver ver;		/* of `version`, by pf_conda_record_set_version */
	struct pf_str build;		/* "py311h64a7726_0" */
	uint64_t build_number;
	struct pf_str subdir;		/* "linux-64", "noarch" */
	/* Where it is from: the address without subdir, login, token and a slash at its end; and
	 * what it is called, "conda-forge", "pkgs/main" (empty: nothing but its address) */
	struct pf_str channel, channel_name;
	struct pf_str fn;		/* "numpy-1.26.4-py311h64a7726_0.conda" */
	struct pf_str url;		/* of the file, without login and token; may be empty */
	struct pf_str md5, sha256;	/* 32 and 64 hex digits in lower case, or empty */
	uint64_t size;			/* of the file, bytes */
	uint64_t timestamp;		/* milliseconds since 1970; 0: not told */
	struct pf_strs depends, constrains;	/* match specs as written */
	struct pf_strs track_features;
	struct pf_str features;		/* as written */
	enum pf_conda_noarch noarch;
	struct pf_str license, license_family;
	/* of python itself: "lib/python3.13t/site-packages" (CEP 17) */
	struct pf_str python_site_packages_path;
	void *tag;			/* its user's own */
};

/* Sets `version` and `ver`; false: it is no version, which only "*" and patterns admit. */
bool pf_conda_record_set_version(struct pf_conda_record *r, struct pf_arena *a,
				 struct pf_str version);
/* Timestamps are seconds or milliseconds in the wild: milliseconds of either. */
uint64_t pf_conda_timestamp(uint64_t written);
/* It becomes a part of paths: neither a way to a folder, nor blanks or control characters. */
bool pf_conda_filename_is_plain(struct pf_str fn);
/* Cuts "NAME-VERSION-BUILD.conda" or ".tar.bz2" (CEP 26); false: it is no such name, or no plain
 * one. Any of the three may be NULL. */
bool pf_conda_filename_cut(struct pf_str fn, struct pf_str *name, struct pf_str *version,
			   struct pf_str *build);
