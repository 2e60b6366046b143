/* channel.h - the door of conda's channels: where they are, what this machine counts as */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/mem.h"
#include "fetch/fetch.h"
#include "opts.h"
#include "req/condarec.h"
#include "req/matchspec.h"

/* Whether versions count of a channel that is of less importance than another with the package. */
enum pf_channel_priority {
	PF_CHANNEL_FLEXIBLE,	/* only where the others have nothing that fits */
	PF_CHANNEL_STRICT,	/* not at all */
	PF_CHANNEL_DISABLED,	/* by their versions alone */
};

/* Views belong to the struct pf_channels that it is in. */
struct pf_channel {
	struct pf_str name;	/* "conda-forge", "pkgs/main"; the address where it has none */
	struct pf_str url;	/* without subdir, login, token and a slash at its end */
	/* The addresses to be asked, the first one that has it counts (mirrors; `url` where there
	 * are none): with login and token, so shown nowhere; redact what comes from them */
	struct pf_strs asked;
};

/* Of packages that others ask for; it brings none by itself. */
struct pf_conda_rule {
	struct pf_match_spec spec;
	bool forbids;		/* what it admits is not taken; else only what it admits is */
	struct pf_str place;	/* who says so: "/etc/conda/.condarc, line 3" */
};

struct pf_channels {
	struct pf_arena arena;
	PF_VEC(struct pf_channel) v;	/* the most important first, each once */
	enum pf_channel_priority priority;
	struct pf_strs subdirs;		/* "linux-64", "noarch" */
	/* ssl_verify, client_ssl_cert, proxy_servers and their like of .condarc */
	struct pf_net net;
	PF_VEC(struct pf_conda_rule) rules; /* disallowed_packages, pinned_packages */
	bool offline;			/* of .condarc */
	bool substituted;		/* conda-forge stands for a vendor's channel */
	struct pf_condarc *conf;
};

/* Channels by their names and addresses, and what the user's .condarc and CONDA_* make of them
 * (channel_alias, custom_channels, custom_multichannels, default_channels, mirrored_channels,
 * channel_priority, allowlist_channels, denylist_channels). `named`: those of a model, behind which
 * come the user's own channels unless "nodefaults" is among them; or of the user (by_user), and then
 * no others. None at all: the user's own, else conda-forge. conda-forge stands for `defaults`, with
 * a note, unless the user's settings say what that is.
 *
 * EMODEL (EUSAGE when by_user) for what is no channel, and for what a model may not name without
 * --allow-model-index: a folder, an address with a login. EUSAGE where the user's lists forbid a
 * channel, nothing tells where it is, or a setting is none. */
int pf_channels_open(struct pf_channels *out, const struct pf_strs *named, bool by_user,
		     const struct pf_opts *o, struct pf_err *err) PF_MUST_USE;
/* The channel of a model's "channel::name" as well, behind all others. The errors of above. */
int pf_channels_add_of(struct pf_channels *c, const struct pf_match_spec *s,
		       const struct pf_opts *o, struct pf_err *err) PF_MUST_USE;
/* What the settings say of any channel, and none. EUSAGE. */
int pf_channels_settings(struct pf_channels *out, struct pf_err *err) PF_MUST_USE;
/* May packages be of a channel at this address? EUSAGE where the user's lists forbid it. */
int pf_channels_check_at(struct pf_channels *c, struct pf_str address,
			 struct pf_err *err) PF_MUST_USE;
void pf_channels_free(struct pf_channels *c);
/* Sets s->channel_urls: "defaults::numpy" is one of several addresses, "conda-forge::numpy" the one
 * that the user's settings give it. What it sets lives in the arena of `c`. */
void pf_channels_resolve(struct pf_channels *c, struct pf_match_spec *s);
/* Is the channel at an address, which may hold a login, the one that a spec asks for? By what the
 * user's settings say of it, mirrors included, and by its last part, since the same channel is at
 * several places. `c` may be empty: by the latter alone. */
bool pf_channels_admit(const struct pf_channels *c, const struct pf_match_spec *s,
		       struct pf_str address);

/* ---- virtual packages (CEP 30) ---- */

struct pf_conda_records {
	struct pf_conda_record *v;
	size_t n, cap;
};

/* What this machine has that packages may ask for: __glibc, __linux, __unix, __archspec, __cuda,
 * less or more of them by CONDA_OVERRIDE_*
 * (devices are not asked for __cuda_arch). `subdir` is that of the machine the packages are for,
 * "linux-64". All of it lives in the arena. EUSAGE for an override that is no version. */
int pf_conda_virtual(struct pf_conda_records *out, struct pf_arena *a, struct pf_str subdir,
		     struct pf_err *err) PF_MUST_USE;
/* The subdir of this machine: "linux-64", "linux-aarch64"; CONDA_SUBDIR first. */
struct pf_str pf_conda_subdir(void);
/* What /proc/cpuinfo of an x86_64 comes to: "x86_64", "x86_64_v2" to "x86_64_v4". */
struct pf_str pf_conda_microarch(struct pf_str cpuinfo);
