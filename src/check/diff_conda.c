/* diff_conda.c - conda's match specs against what an interpreter has */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "check/diff.h"

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

/* channel::name version build, channel::name=version=build, name[version='...'] (CEP 29). */
struct spec {
	struct pf_str name, version;
	bool fuzzy;	/* a single "=": 1.26 is 1.26.* */
};

static struct pf_str bracket_version(struct pf_str inside)
{
	size_t at = pf_str_find_str(inside, "version=");
	char quote;

	if (at == PF_NPOS)
		return PF_S("");
	inside = pf_str_skip(inside, at + 8);
	quote = inside.n ? inside.p[0] : '\0';
	if (quote != '\'' && quote != '"')
		return pf_str_cut(inside, 0, pf_str_find(inside, ','));
	inside = pf_str_skip(inside, 1);
	return pf_str_cut(inside, 0, pf_str_find(inside, quote));
}

static struct spec read_spec(struct pf_str text)
{
	struct spec s = { 0 };
	size_t at = pf_str_find_str(text, "::"), end = 0;

	if (at != PF_NPOS)
		text = pf_str_skip(text, at + 2);
	text = pf_str_trim(text);
	while (end < text.n && !strchr(" =<>!~[", text.p[end]))
		end++;
	s.name = pf_str_cut(text, 0, end);
	text = pf_str_trim(pf_str_skip(text, end));
	if (text.n && text.p[0] == '[') {
		s.version = bracket_version(text);
		return s;
	}
	text = pf_str_trim(pf_str_cut(text, 0, pf_str_find(text, '[')));
	if (text.n > 1 && text.p[0] == '=' && text.p[1] != '=') {
		text = pf_str_trim(pf_str_skip(text, 1));
		s.fuzzy = true;
		s.version = pf_str_cut(text, 0, pf_str_find(text, '='));
	} else {
		s.version = pf_str_starts(text, "==") || !text.n || strchr("<>!~", text.p[0]) ?
				    text :
				    pf_str_cut(text, 0, pf_str_find(text, ' '));
	}
	return s;
}

/* One piece without "," and "|": 1 admits, 0 does not, -1 cannot be told. */
static int piece_admits(struct pf_arena *a, struct pf_str piece, bool fuzzy, struct pf_str have)
{
	struct pf_specset set = { 0 };
	struct pf_version v;
	struct pf_err ignored;
	struct pf_str spec;

	piece = pf_str_trim(piece);
	if (!piece.n || pf_str_is(piece, "*"))
		return 1;
	if (strchr("<>!~=", piece.p[0])) {
		bool star = pf_str_ends(piece, ".*") && (piece.p[0] == '<' || piece.p[0] == '>');

		spec = pf_str_cut(piece, 0, star ? piece.n - 2 : piece.n);
	} else {
		bool star = pf_str_ends(piece, "*");

		while (piece.n && (piece.p[piece.n - 1] == '*' || piece.p[piece.n - 1] == '.'))
			piece.n--;
		spec = pf_format(a, "==" PF_FMT "%s", PF_ARG(piece), fuzzy || star ? ".*" : "");
	}
	if (!pf_version_read(&v, a, have) || pf_specset_parse(&set, a, spec, &ignored) < 0)
		return pf_str_eq(piece, have) ? 1 : -1;
	return pf_specset_admits(&set, &v, PF_PRE_ALLOW);
}

/* "," binds tighter than "|". */
static int spec_admits(struct pf_arena *a, const struct spec *s, struct pf_str have)
{
	struct pf_str rest = s->version, either, piece;
	int best = s->version.n ? 0 : 1;

	while (rest.p && pf_str_next(&rest, '|', &either)) {
		int all = 1;

		while (pf_str_next(&either, ',', &piece)) {
			int one = piece_admits(a, piece, s->fuzzy, have);

			all = !all || !one ? 0 : all < 0 || one < 0 ? -1 : 1;
		}
		if (all > 0)
			return 1;
		if (all < 0)
			best = -1;
	}
	return best;
}

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

static void check_spec(struct pf_compare *c, struct pf_str text)
{
	struct pf_arena *a = &c->d->arena;
	struct spec s = read_spec(text);
	struct pf_str key = pip_key(a, s.name);
	struct pf_dist *dist = pf_map_get(&c->dists->conda_by_name, s.name);
	int admitted;

	if (!s.name.n)
		return;
	if (!dist)
		dist = pf_map_get(&c->dists->by_name, key);
	admitted = dist ? spec_admits(a, &s, dist->version) : 0;
	if (admitted <= 0)
		pf_diff_add(c, s.name, text, dist ? dist->version : (struct pf_str){ 0 },
			    weigh(c, key, dist != NULL, admitted == 0))->conda = true;
}

void pf_diff_conda(struct pf_compare *c)
{
	for (size_t i = 0; i < c->m->needs.conda.n; i++)
		check_spec(c, c->m->needs.conda.v[i]);
}
