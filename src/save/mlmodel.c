/* mlmodel.c - what any MLmodel says: when it was made, by which MLflow, under which id */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "base/str.h"
#include "formats/yaml_write.h"
#include "save/inside.h"

/* models/model.py, Model.to_dict. */

/* str(datetime.now(timezone.utc)) without the zone; no fraction where it is zero. */
static struct pf_str time_text(struct pf_arena *a)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	uint64_t seconds;
	struct timespec now;
	struct tm utc;
	char day[32];

	clock_gettime(CLOCK_REALTIME, &now);
	if (epoch && pf_str_u64(pf_s(epoch), &seconds) && seconds < (uint64_t)1 << 40)
		now = (struct timespec){ .tv_sec = (time_t)seconds };
	gmtime_r(&now.tv_sec, &utc);
	strftime(day, sizeof(day), "%Y-%m-%d %H:%M:%S", &utc);
	return now.tv_nsec >= 1000 ? pf_format(a, "%s.%06ld", day, now.tv_nsec / 1000)
				   : pf_format(a, "%s", day);
}

/* uuid4().hex (RFC 9562): 122 random bits. */
int pf_save_uuid(struct pf_saving *w, struct pf_err *err)
{
	unsigned char bytes[16];
	char *hex = pf_alloc(&w->arena, 2 * sizeof(bytes) + 1);

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return pf_fail_errno(err, "no random numbers");
	bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40);
	bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	pf_node_set(&w->arena, &w->mlmodel, PF_S("model_uuid"), pf_node_string(pf_s(hex)));
	return 0;
}

/* The keys that the user gives count more than those of any new model. */
static int take_given(struct pf_saving *w, struct pf_err *err)
{
	struct pf_node *n;

	if (!w->s->mlmodel)
		return 0;
	if (pf_save_read_json(&n, &w->arena, "--mlmodel", w->s->mlmodel, err) < 0)
		return -1;
	if (n->kind != PF_NODE_MAP)
		return pf_fail(err, PF_EMODEL, "--mlmodel %s: %s, where an object is wanted",
			       w->s->mlmodel, pf_node_kind_name(n->kind));
	pf_yaml_of_json(&w->arena, n);
	for (size_t i = 0; i < n->n; i++)
		if (n->v[i].kind != PF_NODE_NULL)
			pf_node_set(&w->arena, &w->mlmodel, n->v[i].key, n->v[i]);
	return 0;
}

int pf_save_begin(struct pf_saving *w, struct pf_err *err)
{
	struct pf_arena *a = &w->arena;
	const struct pf_node null = { 0 };

	w->mlmodel = pf_node_map();
	pf_node_set(a, &w->mlmodel, PF_S("utc_time_created"), pf_node_string(time_text(a)));
	pf_node_set(a, &w->mlmodel, PF_S("model_id"), null);
	pf_node_set(a, &w->mlmodel, PF_S("prompts"), null);
	if (w->facts.mlflow.n)
		pf_node_set(a, &w->mlmodel, PF_S("mlflow_version"),
			    pf_node_string(w->facts.mlflow));
	return pf_save_uuid(w, err) < 0 ? -1 : take_given(w, err);
}

struct pf_node pf_save_env_map(struct pf_arena *a, const char *conda, const char *python_env)
{
	struct pf_node map = pf_node_map();

	if (conda)
		pf_node_set(a, &map, PF_S("conda"), pf_node_string(pf_s(conda)));
	if (python_env)
		pf_node_set(a, &map, PF_S("virtualenv"), pf_node_string(pf_s(python_env)));
	return map;
}

int pf_save_check_loader(const char *loader_module, struct pf_err *err)
{
	if (!loader_module)
		return pf_fail(err, PF_EUSAGE,
			       "Either `loader_module` or `python_model` must be specified. A "
			       "`loader_module` should be a python module. A `python_model` should "
			       "be a subclass of PythonModel");
	if (!pf_str_is_dotted_name(pf_s(loader_module)))
		return pf_fail(err, PF_EUSAGE, "loader_module " PF_FMT " is no name of a module",
			       PF_ARG(pf_shown(pf_s(loader_module))));
	return 0;
}
