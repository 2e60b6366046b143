/* light.c - a model of a flavor that is understood, loaded without MLflow */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "runner/runner.h"

struct py *pfr_load_light(struct pfr *r, const struct pf_value *how)
{
	static const char *const texts[] = { "flavor", "path", "format", "class" };
	const struct pf_value *trusted = pf_value_get(how, "trusted");
	const struct pf_value *params = pf_value_get(how, "has_params");
	PF_PY(args) = PyTuple_New(PF_COUNT(texts) + 2);
	PF_PY(load) = NULL;
	struct py *item;

	for (size_t i = 0; args && i < PF_COUNT(texts); i++) {
		struct pf_str s = pf_value_text(how, texts[i]);

		item = PyUnicode_FromStringAndSize(s.p ? s.p : "", (ssize_t)s.n);
		if (!item || PyTuple_SetItem(args, (ssize_t)i, item) < 0)
			return NULL;
	}
	item = args ? trusted ? pfr_object(r, trusted) : py_ref(r->none) : NULL;
	if (!item || PyTuple_SetItem(args, PF_COUNT(texts), item) < 0)
		return NULL;
	item = PyBool_FromLong(params && params->kind == PF_V_BOOL && params->b);
	if (!item || PyTuple_SetItem(args, PF_COUNT(texts) + 1, item) < 0)
		return NULL;
	load = pfr_light("load");
	return load ? PyObject_Call(load, args, NULL) : NULL;
}
