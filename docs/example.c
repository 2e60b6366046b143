/* example.c - a program that uses the library: example MODEL [REQUEST.json] */
/* SPDX-License-Identifier: Apache-2.0 */
/* cc example.c $(pkg-config --cflags --libs pyfunc-env) -o example */
#include <pyfunc_env.h>

#include <stdio.h>
#include <stdlib.h>

static int fail(const struct pyfunc_env_error *err)
{
	fprintf(stderr, "%s\n%s%s", err->message, err->hint, *err->hint ? "\n" : "");
	return err->code;
}

static int compare(struct pyfunc_env_model *model)
{
	struct pyfunc_env_options options = { .size = sizeof(options) };
	struct pyfunc_env_error err;
	enum pyfunc_env_severity verdict;
	char *report;

	options.python = getenv("EXAMPLE_PYTHON");
	if (pyfunc_env_compare(&verdict, &report, model, &options, &err) < 0)
		return fail(&err);
	printf("asks for Python %s\n", pyfunc_env_python_version(model));
	printf("%s\n%s\n", verdict == PYFUNC_ENV_NONE ? "nothing differs" : "differs", report);
	pyfunc_env_free(report);
	return 0;
}

static int predict(struct pyfunc_env_model *model, const char *path)
{
	struct pyfunc_env_error err;
	struct pyfunc_env_job *job;
	static char request[1 << 16];
	FILE *file = fopen(path, "r");
	size_t size = file ? fread(request, 1, sizeof(request), file) : 0;
	char *answer;
	int status = 0;

	if (file)
		fclose(file);
	if (pyfunc_env_prepare(&job, model, NULL, &err) < 0)
		return fail(&err);
	if (pyfunc_env_predict(&answer, job, request, size, "json", 60, &err) < 0) {
		status = fail(&err);
	} else {
		printf("%s\n", answer);
		pyfunc_env_free(answer);
	}
	pyfunc_env_job_free(job);
	return status;
}

int main(int argc, char **argv)
{
	struct pyfunc_env_error err;
	struct pyfunc_env_model *model;
	int status;

	if (argc < 2 || pyfunc_env_open(&model, argv[1], &err) < 0)
		return argc < 2 ? 2 : fail(&err);
	status = argc > 2 ? predict(model, argv[2]) : compare(model);
	pyfunc_env_close(model);
	return status;
}
