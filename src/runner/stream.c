/* stream.c - an answer in pieces: what predict_stream yields is sent as it comes */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "runner/exact.h"
#include "runner/runner.h"

static int send_piece(struct pfr *r, struct py *piece)
{
	struct pf_buf body = PF_BUF(PF_MAX_FRAME);
	struct pf_err err;
	int rc = r->exact ? pfr_put_exact(r, &body, piece) : pfr_put_nested(r, &body, piece, 0);

	if (rc == 0 && body.toobig) {
		PyErr_SetString(PyExc_ValueError, "a piece of the answer is too large");
		rc = -1;
	}
	pfr_flush();
	if (rc == 0 && pf_frame_send(r->fd, PF_FRAME_PIECE, pf_buf_view(&body), &err) < 0) {
		PyErr_SetString(PyExc_RuntimeError, "nobody takes the answer any more");
		rc = -1;
	}
	pf_buf_free(&body);
	return rc;
}

/* MLflow's own model makes one request of what is given by itself. */
struct py *pfr_open_stream(struct pfr *r, struct py *data, struct py *params)
{
	struct py *open = pfr_raw(r, "open_stream"), *refusal = r->none, *unused = r->none;

	if (!r->through_mlflow) {
		refusal = pfr_input_error();
		unused = pfr_enforcing(r, "unused");
	}
	if (!open || !refusal || !unused)
		return NULL;
	return PyObject_CallFunction(open, "OsOOOO", r->model, r->stream_name, data, params, refusal,
				     unused);
}

struct py *pfr_stream(struct pfr *r, struct py *data, struct py *params, const char **stage)
{
	double start = pfr_clock();
	PF_PY(pieces) = pfr_open_stream(r, data, params);

	if (!pieces && PyErr_ExceptionMatches(pfr_input_error()))
		*stage = "input"; /* it is not one request */
	while (pieces) {
		PF_PY(piece) = PyIter_Next(pieces);

		if (!piece)
			break;
		*stage = "convert";
		if (send_piece(r, piece) < 0)
			return NULL;
		*stage = "predict";
	}
	r->seconds = pfr_clock() - start;
	return !pieces || PyErr_Occurred() ? NULL : py_ref(r->none);
}
