/* load.c - the LOAD frame: how a runner loads a model, and what else it is told */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/str.h"
#include "run/inside.h"

static void put_field(struct pf_buf *out, const char *key, struct pf_str text)
{
	pf_put_string(out, key);
	pf_put_text(out, PF_V_STRING, text);
}

static void put_truth(struct pf_buf *out, const char *key, bool truth)
{
	pf_put_string(out, key);
	pf_put_bool(out, truth);
}

static void put_texts(struct pf_buf *out, const struct pf_strs *texts)
{
	pf_put_list(out, texts->n);
	for (size_t i = 0; i < texts->n; i++)
		pf_put_text(out, PF_V_STRING, texts->v[i]);
}

static void put_light(struct pf_buf *out, const struct pf_load_light *light)
{
	const struct pf_strs *trusted = light->trusted;

	pf_put_map(out, 6);
	put_field(out, "flavor", pf_s(light->flavor));
	put_field(out, "path", light->path);
	put_field(out, "format", light->format);
	put_field(out, "class", light->class_name);
	put_truth(out, "has_params", light->has_params);
	pf_put_string(out, "trusted");
	if (trusted)
		put_texts(out, trusted);
	else
		pf_put_null(out);
}

/* Texts of JSON, or NULL for what is not declared. */
static void put_signature(struct pf_buf *out, const struct pf_load_told *told)
{
	const struct {
		const char *key;
		struct pf_str text;
	} parts[] = { { "inputs", told->inputs },
		      { "outputs", told->outputs },
		      { "params", told->params } };

	pf_put_map(out, PF_COUNT(parts) + 1);
	for (size_t i = 0; i < PF_COUNT(parts); i++) {
		pf_put_string(out, parts[i].key);
		if (parts[i].text.n)
			pf_put_text(out, PF_V_STRING, parts[i].text);
		else
			pf_put_null(out);
	}
	put_truth(out, "type_hint", told->from_type_hint);
}

enum { TOLD = 6 };

static void put_told(struct pf_buf *out, const struct pf_load_told *told)
{
	put_field(out, "env", told->env_dir);
	put_field(out, "python", told->python);
	put_truth(out, "compat", told->compat);
	pf_put_string(out, "mlmodel");
	pf_buf_add(out, told->mlmodel.p, told->mlmodel.n);
	pf_put_string(out, "warnings");
	put_texts(out, told->warnings);
	pf_put_string(out, "signature");
	put_signature(out, told);
}

/* The body of a LOAD frame. */
static void put_load(struct pf_buf *out, const struct pf_load *load)
{
	pf_put_map(out, 13 + (load->told ? TOLD : 0));
	put_field(out, "model_dir", pf_s(load->model_dir));
	put_field(out, "loader_module", load->loader_module);
	put_field(out, "data_path", load->data_path);
	put_field(out, "code_path", load->code_path);
	put_field(out, "imports", load->imports);
	put_field(out, "config", load->config_json);
	put_field(out, "overrides", load->overrides_json);
	put_field(out, "predict_fn", load->predict_fn);
	put_field(out, "predict_stream_fn", load->predict_stream_fn);
	put_truth(out, "through_mlflow", load->through_mlflow);
	put_truth(out, "params_declared", load->params_declared);
	put_truth(out, "light_only", load->light && load->light->only);
	pf_put_string(out, "light");
	if (load->light)
		put_light(out, load->light);
	else
		pf_put_null(out);
	if (load->told)
		put_told(out, load->told);
}

int pf_load_frame(struct pf_buf *out, const struct pf_load *load, struct pf_err *err)
{
	size_t at = out->n;
	char header[PF_FRAME_HEADER] = { 0 };

	pf_buf_add(out, header, sizeof(header));
	put_load(out, load);
	if (pf_buf_check(out, "what the runner is told", err) < 0)
		return -1;
	pf_frame_header(out->p + at, PF_FRAME_LOAD, out->n - at - sizeof(header));
	return 0;
}
