/* mistake.c - what is answered instead of a prediction: MLflow's error object */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "serve/inside.h"

/* Codes as MLflow names them, its SQL states and classes, and the status of each. */
enum code { BAD_REQUEST, INVALID_VALUE, UNFIT, INTERNAL, DEADLINE };

static const struct {
	const char *name, *state, *class;
	unsigned status;
} codes[] = {
	[BAD_REQUEST] = { "BAD_REQUEST", "KAM00", "INVALID_PARAMETER_VALUE", 400 },
	[INVALID_VALUE] = { "INVALID_PARAMETER_VALUE", "KAM00", "INVALID_PARAMETER_VALUE", 400 },
	[UNFIT] = { "INVALID_PARAMETER_VALUE", "KAM01", "SCHEMA_ENFORCEMENT_FAILED", 400 },
	[INTERNAL] = { "INTERNAL_ERROR", NULL, NULL, 500 },
	[DEADLINE] = { "DEADLINE_EXCEEDED", NULL, NULL, 504 },
};

#define FORMS "{'inputs', 'instances', 'dataframe_split', 'dataframe_records'}"
#define CSV_ADVICE                                                                        \
	"Ensure that the input is a valid CSV-formatted Pandas DataFrame produced using " \
	"the `pandas.DataFrame.to_csv()` method."
#define PARQUET_ADVICE "Ensure that the input is a valid Parquet Pandas DataFrame produced using " \
		       "the `pandas.DataFrame.to_parquet()` method."

/* What is wrong with an input, by the words that data/ has for it: MLflow's code, and MLflow's own
 * sentence before ours, which says more. The first row that fits counts. */
static const struct {
	const char *words;	/* anywhere in the message */
	enum code code;
	const char *before;
} inputs[] = {
	{ "Model is missing inputs", UNFIT, "Failed to enforce schema of the input. Error: " },
	{ "Model inference is missing inputs", UNFIT,
	  "Failed to enforce schema of the input. Error: " },
	{ "Shape of input", UNFIT, "Failed to enforce schema of the input. Error: " },
	{ "Incompatible input types", UNFIT, "Failed to enforce schema of the input. Error: " },
	{ "Failed to enforce schema", UNFIT, "" },
	{ "Failed to enforce model input schema", UNFIT,
	  "" }, /* with MLFLOW_DISABLE_SCHEMA_DETAILS */
	{ "Invalid parameters found", INVALID_VALUE, "" },
	{ "Parameters must be a dictionary", INVALID_VALUE, "" },
	{ "its input goes under \"inputs\"", INVALID_VALUE, "" },
	{ "exactly one of dataframe_split", BAD_REQUEST,
	  "The input must be a JSON dictionary with exactly one of the input fields " FORMS
	  ". IMPORTANT: The "
	  "MLflow Model scoring protocol has changed in MLflow version 2.0. Error: " },
	{ "dataframe_split must be an object", BAD_REQUEST,
	  "Invalid input. Dataframe split format must be a dictionary. Error: " },
	{ "dataframe_records must be a list", BAD_REQUEST,
	  "Invalid input. Dataframe records format must be a list of records. Error: " },
	{ "dataframe_split", BAD_REQUEST,
	  "Invalid input. Provided dataframe_split field is not a valid dataframe representation in 'split' "
	  "format. Error: " },
	{ "dataframe_records", BAD_REQUEST,
	  "Invalid input. Provided dataframe_records field is not a valid dataframe representation in "
	  "'records' format. Error: " },
	{ ": expected ", BAD_REQUEST,
	  "Invalid input. Data is not compatible with model signature. " },
	{ "line ", BAD_REQUEST,
	  "Invalid input. Ensure that input is a valid JSON formatted string. Error: " },
	{ "", BAD_REQUEST, "Invalid input. " },
};

static void put(struct pf_buf *out, enum code code, struct pf_str message, struct pf_str trace)
{
	struct pf_json_out w = { .buf = out };

	pf_json_open(&w, '{');
	pf_json_key(&w, "error_code");
	pf_json_cstr(&w, codes[code].name);
	pf_json_field(&w, "message", message);
	if (codes[code].state) {
		pf_json_key(&w, "sqlstate");
		pf_json_cstr(&w, codes[code].state);
		pf_json_key(&w, "error_class");
		pf_json_cstr(&w, codes[code].class);
	}
	if (trace.n)
		pf_json_field(&w, "stack_trace", trace);
	pf_json_close(&w, '}');
}

static void say(struct pf_order *o, enum code code, struct pf_str message, struct pf_str trace)
{
	pf_buf_free(&o->answer);
	o->answer = PF_BUF(PF_MAX_ANSWER);
	put(&o->answer, code, message, trace);
	o->status = codes[code].status;
	o->type = "application/json";
}

/* CSV and Parquet have one sentence for all that is wrong with them, and MLflow a trace with it:
 * the place in the text, as far as we can tell it. */
static void say_input(struct pf_order *o, const struct pf_err *err, struct pf_str trace)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_str why = pf_s(err->msg), said;
	const char *advice = o->format == PF_ORDER_CSV ? CSV_ADVICE : PARQUET_ADVICE;
	size_t i = 0;

	while (pf_str_find_str(why, inputs[i].words) == PF_NPOS)
		i++;
	if (o->format != PF_ORDER_JSON && inputs[i].code == BAD_REQUEST) {
		said = pf_format(
			&a, "Failed to parse input as a Pandas DataFrame. %s Error: '" PF_FMT "'",
			advice, PF_ARG(why));
		say(o, BAD_REQUEST, said, trace.n ? trace : why);
		return;
	}
	said = pf_format(&a, "%s" PF_FMT, inputs[i].before, PF_ARG(why));
	say(o, inputs[i].code, said, PF_S(""));
}

#define EVALUATING                                                                                \
	"Encountered an unexpected error while evaluating the model. Verify that the serialized " \
	"input Dataframe is compatible with the model for inference."

void pf_mistake(struct pf_order *o, const struct pf_err *err, const char *stage,
		struct pf_str traceback)
{
	struct pf_str why = pf_s(err->msg);

	if (stage && strcmp(stage, "predict") == 0)
		say(o, BAD_REQUEST, PF_S(EVALUATING), traceback.n ? traceback : why);
	else if (stage && strcmp(stage, "input") != 0)
		say(o, INTERNAL, why, traceback);
	else if (stage || err->code == PF_EMODEL)
		say_input(o, err, traceback);
	else if (err->code == PF_ELIMIT && pf_str_starts(why, "the model did not answer"))
		say(o, DEADLINE, PF_S("Request processing time exceeded limit"), PF_S(""));
	else if (err->code == PF_ELIMIT)
		say_input(o, err, traceback);
	else
		say(o, INTERNAL, why, PF_S(""));
}

void pf_mistake_told(struct pf_order *o, const struct pf_err *err, const struct pf_runner *r)
{
	if (!r->status) {
		pf_mistake(o, err, r->stage, pf_buf_view(&r->traceback));
		return;
	}
	pf_buf_free(&o->answer);
	o->answer = PF_BUF(PF_MAX_ANSWER);
	pf_buf_str(&o->answer, pf_buf_view(&r->own_answer));
	o->status = r->status;
	o->type = "application/json";
}

void pf_mistake_say(struct pf_buf *out, const char *code, const char *message)
{
	struct pf_json_out w = { .buf = out };

	pf_json_open(&w, '{');
	pf_json_key(&w, "error_code");
	pf_json_cstr(&w, code);
	pf_json_key(&w, "message");
	pf_json_cstr(&w, message);
	pf_json_close(&w, '}');
}
