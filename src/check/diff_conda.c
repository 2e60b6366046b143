/* diff_conda.c - conda's match specs against what an interpreter has */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "check/diff.h"
#include "req/channel_name.h"

/* Conda packages whose Python distribution is called otherwise. */
static const struct {
	const char *conda, *pip;
} OTHERWISE[] = {
	{ "pytorch", "torch" },		       { "pytorch-cpu", "torch" },
	{ "pytorch-gpu", "torch" },	       { "py-xgboost", "xgboost" },
	{ "py-opencv", "opencv-python" },      { "opencv", "opencv-python" },
	{ "pytables", "tables" },	       { "matplotlib-base", "matplotlib" },
	{ "msgpack-python", "msgpack" },       { "tensorflow-base", "tensorflow" },
	{ "tensorflow-gpu", "tensorflow" },    { "numpy-base", "numpy" },
	{ "dask-core", "dask" },	       { "scikit-learn-intelex", "scikit-learn-intelex" },
	{ "python-graphviz", "graphviz" },     { "protobuf", "protobuf" },
	{ "pyqt", "pyqt5" },		       { "faiss-cpu", "faiss-cpu" },
	{ "ruamel.yaml", "ruamel-yaml" },      { "pyyaml", "pyyaml" },
};

static struct pf_str pip_key(struct pf_arena *a, struct pf_str conda)
{
	for (size_t i = 0; i < PF_COUNT(OTHERWISE); i++)
		if (pf_str_is(conda, OTHERWISE[i].conda))
			return pf_s(OTHERWISE[i].pip);
	return pf_name_canonical(a, conda);
}

static struct pf_weight weigh(struct pf_compare *c, struct pf_str key, bool installed,
			      bool comparable)
{
	struct pf_weight w = pf_weigh(&c->weights, key, installed);

	if (!installed && w.severity <= PF_SEV_UNKNOWN)
		w = (struct pf_weight){
			PF_SEV_UNKNOWN,
			PF_S("a conda package that no distribution here is called after; "
			     "whether the model uses it cannot be told")
		};
	else if (!comparable)
		w = (struct pf_weight){ PF_SEV_UNKNOWN, PF_S("its versions cannot be compared") };
	return w;
}

/* Of a distribution that pip installed there is a version alone, whose local label ("+cpu") is not
 * of the package's. -1: it cannot be told. */
static int version_admitted(struct pf_arena *a, const struct pf_match_spec *s, struct pf_str have)
{
	struct pf_condaver all, public;

	if (!pf_condaver_read(&all, a, have))
		return s->version.n ? -1 : 1;
	if (pf_condaver_spec_admits(&s->version, &all))
		return 1;
	return pf_condaver_read(&public, a, pf_str_cut(have, 0, pf_str_find(have, '+'))) &&
	       pf_condaver_spec_admits(&s->version, &public);
}

/* What is installed tells where it came from by an address, a spec mostly by its last part. */
static void name_channel(struct pf_conda_record *r, const struct pf_match_spec *s)
{
	struct pf_str asked = s->channel.text, at = r->channel;

	if (asked.n && asked.n < at.n && at.p[at.n - asked.n - 1] == '/' &&
	    pf_str_same(pf_str_skip(at, at.n - asked.n), asked))
		r->channel_name = asked;
}

static int record_admitted(struct pf_compare *c, const struct pf_match_spec *s,
			   struct pf_dist *dist)
{
	struct pf_conda_record r = { .name = dist->name, .build = dist->build };
	struct pf_err ignored;

	if (pf_dist_conda_record(&r, c->dists, dist, &ignored) == 0) {
		name_channel(&r, s);
		return pf_match_spec_matches(s, &r);
	}
	/* its file's name tells three of what a spec may ask */
	(void)pf_conda_record_set_version(&r, &c->d->arena, dist->version);
	if (pf_match_spec_matches(s, &r))
		return 1;
	return version_admitted(&c->d->arena, s, dist->version) ? -1 : 0;
}

static void check_spec(struct pf_compare *c, const struct pf_match_spec *s)
{
	struct pf_arena *a = &c->d->arena;
	struct pf_str key = pip_key(a, s->name);
	struct pf_dist *dist = pf_map_get(&c->dists->conda_by_name, s->name);
	int admitted = 0;

	if (dist)
		admitted = record_admitted(c, s, dist);
	else if ((dist = pf_map_get(&c->dists->by_name, key)))
		admitted = version_admitted(a, s, dist->version);
	if (admitted <= 0)
		pf_diff_add(c, s->name, pf_channel_bare(a, s->text),
			    dist ? dist->version : (struct pf_str){ 0 },
			    weigh(c, key, dist != NULL, admitted == 0))->conda = true;
}

void pf_diff_conda(struct pf_compare *c)
{
	for (size_t i = 0; i < c->m->needs.conda_specs.n; i++) {
		const struct pf_match_spec *s = &c->m->needs.conda_specs.v[i];

		if (!pf_str_starts(s->name, "__")) /* which the machine has, and no environment */
			check_spec(c, s);
	}
}
