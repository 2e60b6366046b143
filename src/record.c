/* record.c - a model's answer to its input example, kept with what it was made by; and compared */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "formats/digest.h"
#include "proof.h"

#define EXAMPLE "serving_input_example.json"

/* The example as a request, as MLmodel names it. */
static const char *example_of(struct pf_arena *a, const struct pf_model *m)
{
	struct pf_str told = pf_node_text(pf_node_get(m->mlmodel, "saved_input_example_info"),
					  "serving_input_path");

	return told.n ? pf_dupz(a, told) : EXAMPLE;
}

/* A file of the model; *found is false where there is none. */
static int read_own(struct pf_buf *out, bool *found, const struct pf_model *m, const char *name,
		    struct pf_err *err)
{
	PF_FD(fd) = pf_open_beneath(m->root, name, err);

	*found = fd >= 0 || errno != ENOENT;
	return fd < 0 ? -1 : pf_read_fd(out, fd, name, err);
}

static int read_example(struct pf_buf *out, const char *name, const struct pf_model *m,
			struct pf_err *err)
{
	bool found;

	if (read_own(out, &found, m, name, err) == 0)
		return 0;
	if (found)
		return -1;
	pf_fail(err, PF_EMODEL, "the model has no input example (%s)", name);
	return pf_hint(err, "save it with one: save --mlflow-model MODEL --input-example FILE -o DIR");
}

static int ask(struct pf_buf *answer, const struct pf_job *job, const struct pf_opts *o,
	       struct pf_str input, double seconds, struct pf_err *err)
{
	PF_AUTO(runner) runner = { 0 };
	const struct pf_input in = { .text = input, .format = "json", .seconds = seconds };

	if (pf_job_start(&runner, job, o, err) < 0 ||
	    pf_job_predict(answer, &runner, job, o, &in, err) < 0)
		return -1;
	pf_runner_leave(&runner);
	return 0;
}

/* ---- what it was made by ---- */

/* Of an environment its own; else those of the interpreter. */
static int read_installed(struct pf_dists *out, struct pf_python *python,
			  const struct pf_job *job, const struct pf_opts *o, struct pf_err *err)
{
	if ((job->env.dir ? pf_python_in(python, job->env.dir, o, err)
			  : pf_python_describe(python, job->env.python, o, err)) < 0)
		return -1;
	return pf_dists_read(out, &python->paths, python->prefix, err);
}

static struct pf_str version_text(struct pf_arena *a, const struct pf_python *p)
{
	return pf_format(a, "%d.%d.%d", p->major, p->minor, p->micro);
}

int pf_record_make(struct pf_buf *out, const struct pf_job *job, const struct pf_opts *o,
		   double seconds, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) input = PF_BUF(PF_MAX_INPUT);
	PF_AUTO(buf) answer = PF_BUF(PF_MAX_ANSWER);
	PF_AUTO(python) python = { 0 };
	PF_AUTO(dists) installed = { 0 };
	const char *name = example_of(&a, &job->model);
	struct pf_json_out w = { .buf = out };
	char hex[PF_SHA256_HEX];

	if (read_example(&input, name, &job->model, err) < 0 ||
	    read_installed(&installed, &python, job, o, err) < 0 ||
	    ask(&answer, job, o, pf_buf_view(&input), seconds, err) < 0)
		return -1;
	pf_sha256_hex(hex, input.p, input.n);
	pf_json_begin(&w, "record");
	pf_json_field(&w, "input", pf_s(name));
	pf_json_field(&w, "input_sha256", pf_s(hex));
	pf_json_key(&w, "answer");
	pf_json_raw(&w, pf_buf_view(&answer));
	pf_json_field(&w, "python", version_text(&a, &python));
	pf_json_field(&w, "platform", python.platform);
	pf_json_key(&w, "packages");
	pf_json_open(&w, '{');
	for (size_t i = 0; i < installed.v.n; i++)
		if (installed.v.v[i].kind != PF_DIST_CONDA)
			pf_json_field(&w, installed.v.v[i].name.p, installed.v.v[i].version);
	pf_json_close(&w, '}');
	pf_json_close(&w, '}');
	pf_buf_char(out, '\n');
	return pf_buf_check(out, "the record", err);
}

/* ---- compared ---- */

static int read_record(struct pf_node **out, struct pf_arena *a, const struct pf_model *m,
		       struct pf_err *err)
{
	PF_AUTO(buf) text = PF_BUF(2 * PF_MAX_ANSWER);
	bool found;

	if (read_own(&text, &found, m, PF_RECORD_FILE, err) < 0) {
		if (found)
			return -1;
		pf_fail(err, PF_EMODEL, "the model has no recorded answer (" PF_RECORD_FILE ")");
		return pf_hint(err, "save --record keeps one, and so does verify --record of a folder");
	}
	if (pf_json_parse(out, a, pf_dup(a, pf_buf_view(&text)), err) < 0)
		return pf_wrap(err, PF_RECORD_FILE);
	if (!pf_node_get(*out, "answer") || !pf_str_is(pf_node_text(*out, "kind"), "record"))
		return pf_fail(err, PF_EMODEL, PF_RECORD_FILE " is no record of an answer");
	return 0;
}

static void compare_packages(struct pf_verdict *v, const struct pf_node *recorded,
			     const struct pf_dists *installed)
{
	const struct pf_node *packages = pf_node_get(recorded, "packages");

	for (size_t i = 0; packages && i < packages->n; i++) {
		const struct pf_node *one = &packages->v[i];
		const struct pf_dist *dist = pf_map_get(&installed->by_name, one->key);

		if (dist && pf_str_eq(dist->version, one->text)) {
			v->packages_same++;
			continue;
		}
		*PF_PUSH(&v->arena, &v->packages) = (struct pf_verdict_package){
			.name = one->key,
			.recorded = one->text,
			.now = dist ? pf_dup(&v->arena, dist->version) : PF_S("")
		};
	}
}

/* The example that the record has the answer to. */
static int read_recorded(struct pf_buf *input, const struct pf_node *record,
			 const struct pf_model *m, struct pf_err *err)
{
	struct pf_str name = pf_node_text(record, "input");
	PF_AUTO(arena) a = { 0 };
	char hex[PF_SHA256_HEX];

	if (read_example(input, pf_dupz(&a, name), m, err) < 0)
		return -1;
	pf_sha256_hex(hex, input->p, input->n);
	if (!pf_str_is(pf_node_text(record, "input_sha256"), hex))
		return pf_fail(err, PF_EMODEL,
			       PF_FMT " is not the one that " PF_RECORD_FILE " has the answer to",
			       PF_ARG(pf_shown(name)));
	return 0;
}

int pf_record_check(const struct pf_model *m, bool to_make, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) input = PF_BUF(PF_MAX_INPUT);
	struct pf_node *record;

	if (to_make)
		return read_example(&input, example_of(&a, m), m, err);
	return read_record(&record, &a, m, err) < 0 ? -1 : read_recorded(&input, record, m, err);
}

static int replay(struct pf_verdict *v, const struct pf_node *record, const struct pf_job *job,
		  const struct pf_opts *o, double seconds, struct pf_err *err)
{
	PF_AUTO(buf) input = PF_BUF(PF_MAX_INPUT);
	PF_AUTO(buf) answer = PF_BUF(PF_MAX_ANSWER);
	struct pf_node *now;

	if (read_recorded(&input, record, &job->model, err) < 0)
		return -1;
	if (ask(&answer, job, o, pf_buf_view(&input), seconds, err) < 0)
		return -1;
	if (pf_json_parse(&now, &v->arena, pf_dup(&v->arena, pf_buf_view(&answer)), err) < 0)
		return pf_wrap(err, "the model's answer");
	pf_verdict_compare(v, pf_node_get(record, "answer"), now);
	return 0;
}

int pf_verdict_make(struct pf_verdict *out, const struct pf_job *job, const struct pf_opts *o,
		    double tolerance, double seconds, struct pf_err *err)
{
	PF_AUTO(verdict) v = { .tolerance = tolerance, .same = true };
	PF_AUTO(python) python = { 0 };
	PF_AUTO(dists) installed = { 0 };
	struct pf_node *record;

	if (read_record(&record, &v.arena, &job->model, err) < 0 ||
	    read_installed(&installed, &python, job, o, err) < 0 ||
	    replay(&v, record, job, o, seconds, err) < 0)
		return -1;
	v.python[0] = pf_node_text(record, "python");
	v.python[1] = version_text(&v.arena, &python);
	v.platform[0] = pf_node_text(record, "platform");
	v.platform[1] = pf_dup(&v.arena, python.platform);
	v.env = job->env.dir ? pf_dup(&v.arena, pf_s(job->env.dir)) : PF_S("");
	compare_packages(&v, record, &installed);
	*out = PF_TAKE(v);
	return 0;
}
