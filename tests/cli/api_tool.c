/* api_tool.c - calls of the library, for scenarios: api_tool CALL PATH [NAME=VALUE...] */
/* SPDX-License-Identifier: Apache-2.0 */
#include "pyfunc_env.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Options by the names of their fields; format and size, too. */
struct given {
	struct pyfunc_env_options options;
	const char *format;
};

static int set(struct given *g, const char *text)
{
	struct pyfunc_env_options *o = &g->options;
	const struct {
		const char *name;
		const char **text;
		int *flag;
	} fields[] = {
		{ "store", &o->store, NULL },
		{ "python", &o->python, NULL },
		{ "env_manager", &o->env_manager, NULL },
		{ "as_of", &o->as_of, NULL },
		{ "lock", &o->lock, NULL },
		{ "link_mode", &o->link_mode, NULL },
		{ "format", &g->format, NULL },
		{ "no_build", NULL, &o->no_build },
		{ "offline", NULL, &o->offline },
		{ "refresh", NULL, &o->refresh },
		{ "lenient_record", NULL, &o->lenient_record },
	};
	const char *value = strchr(text, '=');
	size_t n = value ? (size_t)(value - text) : 0;

	if (n == 4 && strncmp(text, "size", n) == 0) {
		o->size = strtoul(value + 1, NULL, 10);
		return 0;
	}
	for (size_t i = 0; value && i < sizeof(fields) / sizeof(*fields); i++) {
		if (strlen(fields[i].name) != n || strncmp(text, fields[i].name, n) != 0)
			continue;
		if (fields[i].text)
			*fields[i].text = value + 1;
		else
			*fields[i].flag = atoi(value + 1);
		return 0;
	}
	fprintf(stderr, "no option: %s\n", text);
	return -1;
}

static int lock(const struct pyfunc_env_model *model, const struct given *g,
		struct pyfunc_env_error *err)
{
	char *text;

	if (pyfunc_env_lock(&text, model, g->format, &g->options, err) < 0)
		return -1;
	fputs(text, stdout);
	pyfunc_env_free(text);
	return 0;
}

static int create(const struct pyfunc_env_model *model, const struct given *g,
		  struct pyfunc_env_error *err)
{
	struct pyfunc_env_job *job;

	if (pyfunc_env_prepare(&job, model, &g->options, err) < 0)
		return -1;
	puts(pyfunc_env_python(job));
	pyfunc_env_job_free(job);
	return 0;
}

/* ---- models written: save DIR, add MLMODEL ---- */

#define MAX_LIST 8

/* Fields by their names; those of lists are given once for each item. */
struct field {
	const char *name;
	const char **text;
	const char **list;
};

static int put(const struct field *fields, size_t n, const char *given)
{
	const char *value = strchr(given, '=');

	for (size_t i = 0; value && i < n; i++) {
		const char **at = fields[i].list;

		if (strncmp(given, fields[i].name, strlen(fields[i].name)) != 0 ||
		    given + strlen(fields[i].name) != value)
			continue;
		for (size_t k = 0; at && *at && k < MAX_LIST - 2; k++)
			at++;
		*(at ? at : fields[i].text) = value + 1;
		return 0;
	}
	fprintf(stderr, "no field: %s\n", given);
	return -1;
}

static int save(const char *path, int argc, char **argv, struct pyfunc_env_error *err)
{
	const char *code[MAX_LIST] = { 0 }, *pip[MAX_LIST] = { 0 }, *extra[MAX_LIST] = { 0 };
	struct pyfunc_env_options o = { .size = sizeof(o) };
	struct pyfunc_env_save_options s = { .size = sizeof(s), .path = path };
	const struct field fields[] = {
		{ "python", &o.python, NULL },
		{ "store", &o.store, NULL },
		{ "loader_module", &s.loader_module, NULL },
		{ "data_path", &s.data_path, NULL },
		{ "code_paths", NULL, code },
		{ "conda_env", &s.conda_env, NULL },
		{ "pip_requirements", NULL, pip },
		{ "extra_pip_requirements", NULL, extra },
		{ "signature", &s.signature, NULL },
		{ "input_example", &s.input_example, NULL },
		{ "metadata", &s.metadata, NULL },
		{ "model_config", &s.model_config, NULL },
		{ "python_version", &s.python_version, NULL },
		{ "mlflow_model", &s.mlflow_model, NULL },
	};

	for (int i = 0; i < argc; i++)
		if (strcmp(argv[i], "size=4") == 0)
			s.size = 4;
		else if (put(fields, sizeof(fields) / sizeof(*fields), argv[i]) < 0)
			return -1;
	s.code_paths = code;
	s.pip_requirements = *pip ? pip : NULL;
	s.extra_pip_requirements = extra;
	return pyfunc_env_save(&s, &o, err);
}

static int add(const char *path, int argc, char **argv, struct pyfunc_env_error *err)
{
	const char *more[MAX_LIST] = { 0 };
	struct pyfunc_env_options o = { .size = sizeof(o) };
	struct pyfunc_env_flavor f = { .size = sizeof(f), .mlmodel = path, .more = more };
	const struct field fields[] = {
		{ "python", &o.python, NULL },
		{ "store", &o.store, NULL },
		{ "loader_module", &f.loader_module, NULL },
		{ "data", &f.data, NULL },
		{ "code", &f.code, NULL },
		{ "conda_env", &f.conda_env, NULL },
		{ "python_env", &f.python_env, NULL },
		{ "model_config", &f.model_config, NULL },
		{ "python_version", &f.python_version, NULL },
		{ "more", NULL, more },
	};

	for (int i = 0; i < argc; i++)
		if (put(fields, sizeof(fields) / sizeof(*fields), argv[i]) < 0)
			return -1;
	return pyfunc_env_add(&f, &o, err);
}

/* ---- which one ---- */

static int of_model(const char *call, const char *path, int argc, char **argv,
		    struct pyfunc_env_error *err)
{
	struct given g = { .options = { .size = sizeof(g.options) } };
	struct pyfunc_env_model *model;
	int rc;

	for (int i = 0; i < argc; i++)
		if (set(&g, argv[i]) < 0)
			exit(2);
	rc = pyfunc_env_open(&model, path, err);
	if (rc == 0) {
		rc = strcmp(call, "lock") == 0 ? lock(model, &g, err) : create(model, &g, err);
		pyfunc_env_close(model);
	}
	return rc;
}

int main(int argc, char **argv)
{
	struct pyfunc_env_error err = { 0 };
	int rc;

	if (argc < 3)
		return 2;
	rc = strcmp(argv[1], "save") == 0 ? save(argv[2], argc - 3, argv + 3, &err) :
	     strcmp(argv[1], "add") == 0  ? add(argv[2], argc - 3, argv + 3, &err) :
					    of_model(argv[1], argv[2], argc - 3, argv + 3, &err);
	if (rc == 0)
		return 0;
	fprintf(stderr, "%s\n%s\n", err.message, err.hint);
	return err.code;
}
