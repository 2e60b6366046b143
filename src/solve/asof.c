/* asof.c - as of which day a model's packages are resolved */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/day.h"
#include "base/log.h"
#include "solve/solve.h"

bool pf_is_native(const struct pf_opts *o)
{
	return o->env_manager == PF_ENV_AUTO || o->env_manager == PF_ENV_VENV;
}

static int date_of_model(int *out, const struct pf_needs *needs, bool asked, struct pf_err *err)
{
	char date[16];

	if (!needs->saved && asked) {
		pf_fail(err, PF_EMODEL,
			"--as-of model: MLmodel has no utc_time_created that is a date");
		return pf_hint(err, "give the date itself, or --as-of now");
	}
	*out = needs->saved;
	if (needs->saved > pf_day_today()) {
		pf_note("MLmodel is dated %s, which is in the future: resolving as of now",
			pf_day_write(date, needs->saved));
		*out = 0;
	}
	return 0;
}

/* Where every package has to have a digest there is nothing left for a date to decide. Drivers do
 * as they always did unless they are told a day. */
int pf_needs_date(struct pf_needs *needs, const struct pf_opts *o, struct pf_err *err)
{
	bool own = pf_is_native(o) || o->env_manager == PF_ENV_CONDA;
	int day = 0;

	if (o->as_of == PF_AS_OF_DAY)
		day = o->as_of_day;
	else if (o->as_of == PF_AS_OF_MODEL ||
		 (o->as_of == PF_AS_OF_DEFAULT && own && !needs->require_hashes)) {
		if (date_of_model(&day, needs, o->as_of == PF_AS_OF_MODEL, err) < 0)
			return -1;
	}
	needs->as_of = day;
	return 0;
}
