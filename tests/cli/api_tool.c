/* api_tool.c - calls of the library, for scenarios: api_tool lock|create MODEL [NAME=VALUE...] */
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

int main(int argc, char **argv)
{
	struct given g = { .options = { .size = sizeof(g.options) } };
	struct pyfunc_env_error err = { 0 };
	struct pyfunc_env_model *model;
	int rc;

	if (argc < 3)
		return 2;
	for (int i = 3; i < argc; i++)
		if (set(&g, argv[i]) < 0)
			return 2;
	rc = pyfunc_env_open(&model, argv[2], &err);
	if (rc == 0) {
		rc = strcmp(argv[1], "lock") == 0 ? lock(model, &g, &err) : create(model, &g, &err);
		pyfunc_env_close(model);
	}
	if (rc == 0)
		return 0;
	fprintf(stderr, "%s\n%s\n", err.message, err.hint);
	return err.code;
}
