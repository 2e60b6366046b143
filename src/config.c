/* config.c - what a model's loader is configured with: its own settings, and others for them */
/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <fcntl.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/number.h"
#include "base/str.h"
#include "formats/yaml.h"

int pf_config_read(const struct pf_node **out, struct pf_arena *a, const char *told,
		   struct pf_err *err)
{
	struct pf_buf text = PF_BUF(PF_MAX_TEXT_FILE);
	struct pf_str given = pf_str_trim(pf_s(told));
	bool is_file = !pf_str_starts(given, "{");
	struct pf_node *tree = NULL;
	int rc = is_file ? pf_read_file(&text, AT_FDCWD, told, err) : 0;

	if (rc == 0 && is_file)
		given = pf_dup(a, pf_buf_view(&text));
	pf_buf_free(&text);
	if (rc == 0)
		rc = is_file && !pf_str_ends(pf_s(told), ".json") ?
			     pf_yaml_parse(&tree, a, given, err) :
			     pf_json_parse(&tree, a, given, err);
	if (rc < 0) {
		err->code = PF_EUSAGE;
		return pf_wrap(err, "--model-config");
	}
	if (tree->kind != PF_NODE_MAP)
		return pf_fail(err, PF_EUSAGE, "--model-config takes an object of settings, not %s",
			       pf_node_kind_name(tree->kind));
	*out = tree;
	return 0;
}

static void write_scalar(struct pf_json_out *w, const struct pf_node *n)
{
	double number;
	int64_t whole;

	if (n->kind == PF_NODE_BOOL)
		pf_json_bool(w, n->truth);
	else if (n->kind == PF_NODE_NUMBER && pf_int64_read(n->text, &whole))
		pf_json_int(w, whole);
	else if (n->kind == PF_NODE_NUMBER && pf_double_read(n->text, &number))
		pf_json_raw(w, n->text);
	else
		pf_json_str(w, n->text);
}

/* Bounded by the readers' depth. */
static void write_node(struct pf_json_out *w, const struct pf_node *n)
{
	bool map = n->kind == PF_NODE_MAP;

	if (n->kind == PF_NODE_NULL) {
		pf_json_null(w);
		return;
	}
	if (pf_node_is_scalar(n)) {
		write_scalar(w, n);
		return;
	}
	pf_json_open(w, map ? '{' : '[');
	for (size_t i = 0; i < n->n; i++) {
		if (map)
			pf_json_key(w, n->v[i].key.p);
		write_node(w, &n->v[i]);
	}
	pf_json_close(w, map ? '}' : ']');
}

void pf_config_write(struct pf_buf *out, const struct pf_node *config)
{
	write_node(&(struct pf_json_out){ .buf = out }, config);
}

void pf_config_tell_ignored(const struct pf_node *own, const struct pf_node *given)
{
	for (size_t i = 0; given && i < given->n; i++)
		if (!pf_node_get(own, given->v[i].key.p))
			pf_warn("the model has no setting \"" PF_FMT
				"\": that of --model-config is ignored",
				PF_ARG(pf_shown(given->v[i].key)));
}
