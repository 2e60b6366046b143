/* verdict.c - two answers compared value by value, and how that is told */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/number.h"
#include "base/str.h"
#include "proof.h"

void pf_verdict_free(struct pf_verdict *v)
{
	pf_arena_free(&v->arena);
	memset(v, 0, sizeof(*v));
}

/* ---- comparing ---- */

/* Where in the answer we are. */
struct place {
	const struct place *above;
	struct pf_str key; /* a view of NULL: an item, by its number */
	size_t index;
};

static void write_place(struct pf_buf *out, const struct place *p)
{
	if (!p)
		return;
	write_place(out, p->above);
	if (p->key.p)
		pf_buf_printf(out, "%s" PF_FMT, p->above ? "." : "", PF_ARG(pf_shown(p->key)));
	else
		pf_buf_printf(out, "[%zu]", p->index);
}

static struct pf_str shown_value(struct pf_arena *a, const struct pf_node *n)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_ANSWER);
	enum { SHOWN = 120 };

	if (!n)
		return PF_S("nothing");
	pf_json_as_python(&text, n, 0);
	return pf_dup(a, pf_str_cut(pf_buf_view(&text), 0, text.n > SHOWN ? SHOWN : text.n));
}

static void differs(struct pf_verdict *v, const struct place *p, const struct pf_node *recorded,
		    const struct pf_node *now)
{
	PF_AUTO(buf) at = PF_BUF(PF_MAX_TEXT_FILE);

	if (v->different++)
		return;
	v->same = false;
	write_place(&at, p);
	v->at = pf_dup(&v->arena, pf_buf_view(&at));
	v->recorded = shown_value(&v->arena, recorded);
	v->now = shown_value(&v->arena, now);
}

/* Whole numbers beyond 2^53 are no doubles. */
static bool same_number(struct pf_verdict *v, struct pf_str recorded, struct pf_str now)
{
	double r, n, apart;
	int64_t whole;

	if (pf_str_eq(recorded, now))
		return true;
	if (!pf_double_read(recorded, &r) || !pf_double_read(now, &n))
		return false; /* NaN and infinities that are bare */
	apart = fabs(r - n);
	if (apart > v->largest)
		v->largest = apart;
	if (v->tolerance <= 0 && pf_int64_read(recorded, &whole) && pf_int64_read(now, &whole))
		return false;
	return apart <= v->tolerance * fmax(1, fabs(r));
}

static bool same_scalar(struct pf_verdict *v, const struct pf_node *r, const struct pf_node *n)
{
	if (r->kind == PF_NODE_NUMBER)
		return same_number(v, r->text, n->text);
	return r->kind == PF_NODE_BOOL ? r->truth == n->truth : pf_str_eq(r->text, n->text);
}

static void compare(struct pf_verdict *v, const struct pf_node *r, const struct pf_node *n,
		    const struct place *above)
{
	if (!n || r->kind != n->kind || r->n != n->n) {
		v->values++;
		differs(v, above, r, n);
		return;
	}
	for (size_t i = 0; i < r->n; i++) {
		bool map = r->kind == PF_NODE_MAP;
		struct place p = { .above = above,
				   .key = map ? r->v[i].key : (struct pf_str){ 0 },
				   .index = i };

		compare(v, &r->v[i], map ? pf_node_find(n, r->v[i].key) : &n->v[i], &p);
	}
	if (r->kind == PF_NODE_LIST || r->kind == PF_NODE_MAP)
		return;
	v->values++;
	if (!same_scalar(v, r, n))
		differs(v, above, r, n);
}

void pf_verdict_compare(struct pf_verdict *v, const struct pf_node *recorded,
			const struct pf_node *now)
{
	compare(v, recorded, now, NULL);
}

/* ---- telling ---- */

static struct pf_str number(char out[PF_DOUBLE_SIZE], double value)
{
	return (struct pf_str){ out, pf_double_write(out, value) };
}

/* The sentence that all forms have; `at` as it may be shown there. Values are JSON, so ASCII. */
static void write_sentence(struct pf_buf *out, const struct pf_verdict *v, struct pf_str at)
{
	char a[PF_DOUBLE_SIZE], b[PF_DOUBLE_SIZE];

	if (v->same)
		pf_buf_printf(out, "all %zu values of the answer are the recorded ones", v->values);
	else
		pf_buf_printf(out,
			      "%zu of %zu values of the answer differ; the first is at " PF_FMT
			      ": " PF_FMT ", recorded " PF_FMT,
			      v->different, v->values, PF_ARG(at), PF_ARG(v->now),
			      PF_ARG(v->recorded));
	pf_buf_printf(out, " (largest difference " PF_FMT ", tolerance " PF_FMT ")",
		      PF_ARG(number(a, v->largest)), PF_ARG(number(b, v->tolerance)));
}

/* For a terminal: names and versions of the record are whatever is in its file. */
static void add_shown(struct pf_buf *out, const char *before, struct pf_str text)
{
	char shown[8192];

	pf_buf_cstr(out, before);
	if (text.n)
		pf_buf_cstr(out, pf_escape(shown, sizeof(shown), text));
}

void pf_verdict_text(struct pf_buf *out, const struct pf_verdict *v, const char *model)
{
	PF_AUTO(buf) at = PF_BUF(PF_MAX_TEXT_FILE);

	add_shown(&at, "", v->at);
	pf_buf_printf(out, "%s: %s: ", model, v->same ? "verified" : "not verified");
	write_sentence(out, v, pf_buf_view(&at));
	add_shown(out, "\npython ", v->python[1]);
	add_shown(out, ", recorded with ", v->python[0]);
	pf_buf_printf(out, "; %zu packages as recorded, %zu not\n", v->packages_same,
		      v->packages.n);
	for (size_t i = 0; i < v->packages.n; i++) {
		const struct pf_verdict_package *p = &v->packages.v[i];

		add_shown(out, "  ", p->name);
		add_shown(out, " ", p->now.n ? p->now : PF_S("not installed"));
		add_shown(out, ", recorded with ", p->recorded);
		pf_buf_char(out, '\n');
	}
}

static void write_pair(struct pf_json_out *w, const char *key, const struct pf_str pair[2])
{
	pf_json_key(w, key);
	pf_json_open(w, '{');
	pf_json_field(w, "recorded", pair[0]);
	pf_json_field(w, "now", pair[1]);
	pf_json_close(w, '}');
}

static void write_number(struct pf_json_out *w, const char *key, double value)
{
	char text[PF_DOUBLE_SIZE];

	pf_json_key(w, key);
	pf_json_raw(w, number(text, value));
}

void pf_verdict_json(struct pf_buf *out, const struct pf_verdict *v, const char *model)
{
	struct pf_json_out w = { .buf = out };

	pf_json_begin(&w, "verify");
	pf_json_field(&w, "model", pf_s(model));
	pf_json_field(&w, "verdict", v->same ? PF_S("same") : PF_S("different"));
	pf_json_key(&w, "values");
	pf_json_int(&w, (int64_t)v->values);
	pf_json_key(&w, "different");
	pf_json_int(&w, (int64_t)v->different);
	write_number(&w, "largest", v->largest);
	write_number(&w, "tolerance", v->tolerance);
	if (!v->same) {
		pf_json_field(&w, "at", v->at);
		pf_json_field(&w, "recorded", v->recorded);
		pf_json_field(&w, "now", v->now);
	}
	write_pair(&w, "python", v->python);
	write_pair(&w, "platform", v->platform);
	pf_json_key(&w, "packages_same");
	pf_json_int(&w, (int64_t)v->packages_same);
	pf_json_key(&w, "packages");
	pf_json_open(&w, '[');
	for (size_t i = 0; i < v->packages.n; i++) {
		const struct pf_verdict_package *p = &v->packages.v[i];

		pf_json_open(&w, '{');
		pf_json_field(&w, "name", p->name);
		pf_json_field(&w, "recorded", p->recorded);
		pf_json_field(&w, "now", p->now.n ? p->now : (struct pf_str){ 0 });
		pf_json_close(&w, '}');
	}
	pf_json_close(&w, ']');
	pf_json_field(&w, "environment", v->env.n ? v->env : (struct pf_str){ 0 });
	pf_json_close(&w, '}');
	pf_buf_char(out, '\n');
}

static void add_text(struct pf_buf *out, struct pf_str text)
{
	pf_buf_as_entities(out, text, PF_HTML_SPECIAL);
}

static void add_row(struct pf_buf *out, struct pf_str name, struct pf_str recorded,
		    struct pf_str now)
{
	pf_buf_printf(out, "<tr%s><td>", pf_str_eq(recorded, now) ? "" : " class=\"differs\"");
	add_text(out, name);
	pf_buf_cstr(out, "</td><td>");
	add_text(out, recorded);
	pf_buf_cstr(out, "</td><td>");
	add_text(out, now);
	pf_buf_cstr(out, "</td></tr>\n");
}

void pf_verdict_page(struct pf_buf *out, const struct pf_verdict *v, const char *model)
{
	PF_AUTO(buf) sentence = PF_BUF(PF_MAX_TEXT_FILE);

	write_sentence(&sentence, v, v->at);
	pf_buf_cstr(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>");
	add_text(out, pf_s(model));
	pf_buf_printf(out,
		      "</title>\n<style>\nbody { font-family: sans-serif; margin: 2em }\n"
		      "td, th { padding: 0.2em 1em 0.2em 0; text-align: left }\n"
		      ".differs td { color: #b00 }\n</style>\n</head>\n<body>\n<h1>%s</h1>\n<p>",
		      v->same ? "Verified" : "Not verified");
	add_text(out, pf_s(model));
	pf_buf_cstr(out, ": ");
	add_text(out, pf_buf_view(&sentence));
	pf_buf_printf(out, ".</p>\n<p>%zu packages are those of the record.</p>\n<table>\n"
		      "<tr><th></th><th>recorded</th><th>now</th></tr>\n",
		      v->packages_same);
	add_row(out, PF_S("Python"), v->python[0], v->python[1]);
	add_row(out, PF_S("platform"), v->platform[0], v->platform[1]);
	for (size_t i = 0; i < v->packages.n; i++)
		add_row(out, v->packages.v[i].name, v->packages.v[i].recorded,
			v->packages.v[i].now.n ? v->packages.v[i].now : PF_S("not installed"));
	pf_buf_cstr(out, "</table>\n</body>\n</html>\n");
}
