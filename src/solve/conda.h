/* conda.h - match specs to the packages of conda's channels that satisfy them together */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/mem.h"
#include "channel/repodata.h"
#include "req/matchspec.h"

/* What is searched; all of it is borrowed. */
struct pf_conda_ask {
	const struct pf_match_spec *specs;	/* each names a package */
	size_t spec_count;
	const struct pf_conda_rule *rules;	/* pinned and disallowed packages */
	size_t rule_count;
	/* Whom they are for (pf_conda_virtual): what of them is not there cannot be had */
	const struct pf_conda_record *machine;
	size_t machine_count;
	/* All there is of a name; `want`: that it will be asked for soon, or NULL */
	int (*package)(void *ctx, const struct pf_conda_package **out, struct pf_str name,
		       struct pf_err *err);
	void (*want)(void *ctx, const struct pf_str *names, size_t n);
	void *ctx;
	enum pf_channel_priority priority;
	uint64_t as_of;		/* milliseconds since 1970: what is later is not there; 0: no day */
	unsigned max_seconds;	/* of the search itself; 0: PF_WAIT_CONDA_SOLVE */
};

struct pf_conda_solution {
	struct pf_arena arena;
	/* By name. The records are the asker's, in a list that is the solution's. */
	struct pf_conda_records v;
	size_t names, records;	/* that were looked at */
	size_t candidates;	/* that the search was among */
};

void pf_conda_solution_free(struct pf_conda_solution *s);

/* The best packages that satisfy all specs and whatever those need, without any that another one
 * rules out (`constrains`): without track_features before with, by version, build number, the
 * versions that they let their dependencies have, and the time of their build. A record with a
 * match spec that cannot be read is left out. ESOLVE telling why there is no solution, EINTEGRITY
 * where no record of what is asked for can be used, EUSAGE for a spec that names no package, ELIMIT
 * when it takes too long, EIO when libsolv is not there, and whatever `package` fails with. */
int pf_conda_solve(struct pf_conda_solution *out, const struct pf_conda_ask *ask,
		   struct pf_err *err) PF_MUST_USE;
/* Sets ask->package, want and ctx. */
void pf_conda_ask_repodata(struct pf_conda_ask *ask, struct pf_repodata *repodata);
