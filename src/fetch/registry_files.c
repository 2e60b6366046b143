/* registry_files.c - where the files of runs: and models: are, by MLflow's FileStore */
/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"
#include "fetch/registry.h"
#include "formats/yaml.h"

/* FOLDER/EXPERIMENT/RUN/meta.yaml, FOLDER/EXPERIMENT/models/ID/meta.yaml,
 * FOLDER/models/NAME/version-N/meta.yaml, FOLDER/models/NAME/aliases/ALIAS */

/* ---- folders and files ---- */

static int read_text(struct pf_str *out, struct pf_registry *q, int root, const char *path,
		     struct pf_err *err)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_TEXT_FILE);
	PF_FD(fd) = pf_open_beneath(root, path, err);

	if (fd < 0 || pf_read_fd(&text, fd, path, err) < 0)
		return -1;
	*out = pf_dup(q->a, pf_buf_view(&text));
	return 0;
}

/* 1, and what is in it; 0: there is no such file. */
static int read_meta(struct pf_node **out, struct pf_registry *q, int root, const char *path)
{
	struct pf_err err;
	struct pf_str text;

	if (read_text(&text, q, root, path, &err) < 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			return 0;
		*q->err = err;
		return -1;
	}
	if (pf_yaml_parse(out, q->a, text, q->err) < 0)
		return pf_wrap(q->err, "%s/%s", q->folder, path);
	return 1;
}

static int open_root(struct pf_registry *q)
{
	int fd = open(q->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0) {
		pf_fail_errno(q->err, "cannot open the tracking store %s", q->folder);
		q->err->code = PF_EUSAGE;
		return pf_hint(q->err, "MLFLOW_TRACKING_URI names it");
	}
	return fd;
}

/* Names in a folder that begin so; none where there is no such folder. */
static void list_folder(struct pf_strs *out, struct pf_registry *q, int root, const char *path,
			const char *start)
{
	int fd = openat(root, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir) {
		pf_fd_close(&fd);
		return;
	}
	for (struct dirent *e; out->n < PF_MAX_MODEL_FILES && (e = readdir(dir));)
		if (e->d_name[0] != '.' && pf_str_starts(pf_s(e->d_name), start))
			*PF_PUSH(q->a, out) = pf_dup(q->a, pf_s(e->d_name));
	closedir(dir);
}

static int fail_missing(struct pf_registry *q, const char *what, struct pf_str name)
{
	return pf_fail(q->err, PF_EMODEL, "%s has no %s " PF_FMT, q->folder, what,
		       PF_ARG(pf_shown(name)));
}

/* ---- registered models ---- */

static bool is_deleted(const struct pf_node *meta)
{
	return pf_str_is(pf_node_text(meta, "current_stage"), "Deleted_Internal");
}

static int take_version(uint64_t *best, struct pf_registry *q, int root, const char *path,
			struct pf_str stage)
{
	struct pf_node *meta = NULL;
	int found = read_meta(&meta, q, root, path);
	char *wanted = pf_dupz(q->a, stage);
	uint64_t one;

	if (found <= 0)
		return found;
	if (!is_deleted(meta) &&
	    (!stage.n || pf_str_ieq(pf_node_text(meta, "current_stage"), wanted)) &&
	    pf_str_u64(pf_node_text(meta, "version"), &one) && one > *best)
		*best = one;
	return 0;
}

static int find_latest(uint64_t *version, struct pf_registry *q, struct pf_str name,
		       struct pf_str stage)
{
	PF_FD(root) = open_root(q);
	char *folder = pf_formatz(q->a, "models/" PF_FMT, PF_ARG(name));
	struct pf_strs names = { 0 };

	if (root < 0)
		return -1;
	list_folder(&names, q, root, folder, "version-");
	for (size_t i = 0; i < names.n; i++)
		if (take_version(version, q, root,
				 pf_formatz(q->a, "%s/" PF_FMT "/meta.yaml", folder,
					    PF_ARG(names.v[i])),
				 stage) < 0)
			return -1;
	return 0;
}

static int find_alias(struct pf_str *version, struct pf_registry *q, struct pf_str name,
		      struct pf_str alias)
{
	PF_FD(root) = open_root(q);
	uint64_t number;

	if (root < 0)
		return -1;
	if (read_text(version, q, root,
		      pf_formatz(q->a, "models/" PF_FMT "/aliases/" PF_FMT, PF_ARG(name),
				 PF_ARG(alias)),
		      q->err) < 0)
		return fail_missing(q, "model with the alias", alias);
	*version = pf_str_trim(*version);
	return pf_str_u64(*version, &number) ? 0 : fail_missing(q, "version", *version);
}

static int place_of_version(struct pf_str *place, struct pf_registry *q, struct pf_str name,
			    struct pf_str version)
{
	PF_FD(root) = open_root(q);
	struct pf_node *meta = NULL;
	int found;

	if (root < 0)
		return -1;
	found = read_meta(&meta, q, root,
			  pf_formatz(q->a, "models/" PF_FMT "/version-" PF_FMT "/meta.yaml",
				     PF_ARG(name), PF_ARG(version)));
	if (found < 0)
		return -1;
	if (!found || is_deleted(meta))
		return fail_missing(q, "model version", pf_format(q->a, PF_FMT "/" PF_FMT,
								  PF_ARG(name), PF_ARG(version)));
	*place = pf_node_text(meta, "storage_location");
	if (!place->n)
		*place = pf_node_text(meta, "source");
	return 0;
}

/* ---- runs and what they logged, in whichever experiment ---- */

/* 1 when FOLDER/EXPERIMENT/`path`/meta.yaml is there. */
static int find_below(struct pf_node **meta, struct pf_str *experiment, struct pf_registry *q,
		      const char *path)
{
	PF_FD(root) = open_root(q);
	struct pf_strs names = { 0 };
	int found = 0;

	if (root < 0)
		return -1;
	list_folder(&names, q, root, ".", "");
	for (size_t i = 0; i < names.n && !found; i++) {
		*experiment = names.v[i];
		found = read_meta(meta, q, root,
				  pf_formatz(q->a, PF_FMT "/%s/meta.yaml", PF_ARG(names.v[i]),
					     path));
	}
	return found;
}

static int place_of_id(struct pf_str *place, struct pf_registry *q, struct pf_str id)
{
	struct pf_str experiment;
	struct pf_node *meta = NULL;
	int found = find_below(&meta, &experiment, q,
			       pf_formatz(q->a, "models/" PF_FMT, PF_ARG(id)));

	if (found <= 0)
		return found < 0 ? -1 : fail_missing(q, "logged model", id);
	*place = pf_node_text(meta, "artifact_location");
	return 0;
}

static int place_of_run(struct pf_str *place, struct pf_str *experiment, struct pf_registry *q,
			struct pf_str run)
{
	struct pf_node *meta = NULL;
	int found = find_below(&meta, experiment, q, pf_dupz(q->a, run));

	if (found <= 0)
		return found < 0 ? -1 : fail_missing(q, "run", run);
	*place = pf_node_text(meta, "artifact_uri");
	return 0;
}

static int find_logged(struct pf_str *place, struct pf_registry *q, struct pf_str run,
		       struct pf_str experiment, struct pf_str name)
{
	PF_FD(root) = open_root(q);
	char *folder = pf_formatz(q->a, PF_FMT "/models", PF_ARG(experiment));
	struct pf_strs names = { 0 };

	if (root < 0)
		return -1;
	list_folder(&names, q, root, folder, "");
	for (size_t i = 0; i < names.n; i++) {
		struct pf_node *meta = NULL;
		int found = read_meta(&meta, q, root,
				      pf_formatz(q->a, "%s/" PF_FMT "/meta.yaml", folder,
						 PF_ARG(names.v[i])));

		if (found < 0)
			return -1;
		if (found && pf_str_eq(pf_node_text(meta, "source_run_id"), run) &&
		    pf_str_eq(pf_node_text(meta, "name"), name))
			*place = pf_node_text(meta, "artifact_location");
	}
	return 0;
}

const struct pf_registry_kind pf_registry_files = {
	.latest = find_latest,
	.alias = find_alias,
	.version = place_of_version,
	.model = place_of_id,
	.run = place_of_run,
	.logged = find_logged,
};
