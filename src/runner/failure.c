/* failure.c - an exception told twice: its traceback on stderr, what happened to our parent */
/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "base/limits.h"
#include "runner/runner.h"

struct pf_str pfr_text(struct py *o)
{
	ssize_t n = 0;
	const char *p = o ? PyUnicode_AsUTF8AndSize(o, &n) : NULL;

	if (!p)
		PyErr_Clear();
	return (struct pf_str){ p ? p : "", p ? (size_t)n : 0 };
}

/* Text with surrogates is sent with question marks in their places. */
static struct py *encodable(struct py *o)
{
	PF_PY(bytes) = PyObject_CallMethod(o, "encode", "ss", "utf-8", "replace");
	struct py *text = bytes ? PyObject_CallMethod(bytes, "decode", "s", "utf-8") : NULL;

	if (!text)
		PyErr_Clear();
	return text;
}

/* As far as it goes: a model may have closed it. */
static void print_traceback(struct pf_str text)
{
	ssize_t done = 0;

	for (size_t at = 0; at < text.n && done >= 0; at += (size_t)done)
		done = write(STDERR_FILENO, text.p + at, text.n - at);
}

/* What own_answer() made of the exception: of one that is not MLflow's, 0 and nothing. */
static void put_answer(struct pf_buf *out, struct py *answer)
{
	bool is_one = answer && PyTuple_Size(answer) == 2;
	PF_PY(text) = is_one ? encodable(PyTuple_GetItem(answer, 1)) : NULL;

	pf_put_string(out, "status");
	pf_put_int(out, is_one ? PyLong_AsLongLong(PyTuple_GetItem(answer, 0)) : 0);
	pf_put_string(out, "answer");
	pf_put_text(out, PF_V_STRING, pfr_text(text));
	PyErr_Clear();
}

/* What describe() made of the exception, or that even this failed. */
static int send_failure(struct pfr *r, const char *stage, struct py *told, struct py *answer)
{
	static const char *const keys[] = { "kind", "message", "traceback", "module" };
	struct pf_buf body = PF_BUF(PF_MAX_FRAME);
	struct pf_err err;
	int rc;

	pf_put_map(&body, PF_COUNT(keys) + 3);
	pf_put_string(&body, "stage");
	pf_put_string(&body, stage);
	for (ssize_t i = 0; i < (ssize_t)PF_COUNT(keys); i++) {
		PF_PY(text) = told ? encodable(PyTuple_GetItem(told, i)) : NULL;

		pf_put_string(&body, keys[i]);
		pf_put_text(&body, PF_V_STRING, pfr_text(text));
		if (i == 2 && strcmp(stage, "input") != 0) /* not of code, but of the user's */
			print_traceback(pfr_text(text));
	}
	put_answer(&body, answer);
	rc = pf_frame_send(r->fd, PF_FRAME_FAILED, pf_buf_view(&body), &err);
	pf_buf_free(&body);
	return rc;
}

bool pfr_was_refused(struct pfr *r, struct py *trace)
{
	struct py *refused = trace ? pfr_raw(r, "refused") : NULL;
	PF_PY(judged) = refused ? PyObject_CallFunction(refused, "(O)", trace) : NULL;
	bool was = judged && PyObject_IsTrue(judged) > 0;

	PyErr_Clear();
	return was;
}

int pfr_report(struct pfr *r, const char *stage)
{
	PF_PY(type) = NULL;
	PF_PY(value) = NULL;
	PF_PY(trace) = NULL;
	PF_PY(told) = NULL;
	PF_PY(answer) = NULL;
	struct py *describe;

	PyErr_Fetch(&type, &value, &trace);
	PyErr_NormalizeException(&type, &value, &trace);
	describe = pfr_raw(r, "describe");
	if (describe && type)
		told = PyObject_CallFunction(describe, "OOO", type, value ? value : r->none,
					     trace ? trace : r->none);
	PyErr_Clear();
	if (value && pfr_raw(r, "own_answer"))
		answer = PyObject_CallFunction(pfr_raw(r, "own_answer"), "O", value);
	PyErr_Clear();
	if (pfr_was_refused(r, trace) && strcmp(stage, "predict") == 0)
		stage = "input";
	pfr_flush();
	return send_failure(r, stage, told, answer);
}
