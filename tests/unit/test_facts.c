/* test_facts.c - what a model recorded: its day, its versions, and as of which day that makes it resolved */
/* SPDX-License-Identifier: Apache-2.0 */
#include "folder.h"

#include "base/day.h"
#include "model/model.h"
#include "solve/solve.h"

static void reads_days(void **state)
{
	static const struct {
		const char *text, *day; /* NULL: none */
	} rows[] = {
		{ "1970-01-02", "1970-01-02" },
		{ "2000-02-29", "2000-02-29" },
		{ " 2022-03-17 ", "2022-03-17" },
		{ "2022-03-17 07:18:56.394958", "2022-03-17" },
		{ "2022-03-17T23:59:60Z", "2022-03-17" },
		{ "2022-03-17T23:30", "2022-03-17" },
		{ "2022-03-17T23:30:00-05:00", "2022-03-18" },
		{ "2022-03-17 01:30:00.5+0200", "2022-03-16" },
		{ "2022-01-01T00:30:00+01:00", "2021-12-31" },
		{ "1969-12-31", NULL },
		{ "1900-02-29", NULL },
		{ "2022-02-30", NULL },
		{ "2022-13-01", NULL },
		{ "2022-00-10", NULL },
		{ "2022-3-17", NULL },
		{ "20220317", NULL },
		{ "2022-03-17x", NULL },
		{ "2022-03-17 ", "2022-03-17" },
		{ "2022-03-17T24:00", NULL },
		{ "2022-03-17T10:60", NULL },
		{ "2022-03-17T10", NULL },
		{ "2022-03-17T10:00:00+25:00", NULL },
		{ "2022-03-17T10:00:00+2", NULL },
		{ "19-09-25T13:56:34.3", NULL },
		{ "<date-string of the desired experiment>", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		int day = pf_day_read(pf_s(rows[i].text));
		char out[16];

		if (!rows[i].day != !day || (day && strcmp(pf_day_write(out, day), rows[i].day) != 0))
			fail_msg("'%s' is %d", rows[i].text, day);
	}
	assert_int_equal(pf_day_of(1970, 1, 1), 0);
	assert_int_equal(pf_day_of(2022, 3, 17), 19068);
	assert_in_range(pf_day_today(), pf_day_of(2025, 1, 1), pf_day_of(2200, 1, 1));
}

#define FLAVORS "flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n"

static void reads_facts(void **state)
{
	static const struct {
		const char *mlmodel, *facts;
		int saved;
	} rows[] = {
		{ FLAVORS, "", 0 },
		{ FLAVORS "utc_time_created: '2022-03-17 07:18:56.394958'\n", "", 19068 },
		{ FLAVORS "utc_time_created: 2022-03-17\n", "", 19068 },
		{ FLAVORS "utc_time_created: [2022]\n", "", 0 },
		{ FLAVORS "mlflow_version: 2.1.1\n", "mlflow==2.1.1 mlflow-skinny==2.1.1", 0 },
		{ FLAVORS "mlflow_version: unknown\n", "", 0 },
		{ FLAVORS "mlflow_version: 2.*\n", "", 0 },
		{ FLAVORS "  sklearn:\n    sklearn_version: 1.0.2\n    pickled_model: model.pkl\n",
		  "scikit-learn==1.0.2", 0 },
		{ FLAVORS "    cloudpickle_version: 2.0.0\n  pytorch:\n    pytorch_version: 1.13.1+cu117\n",
		  "cloudpickle==2.0.0 torch==1.13.1", 0 },
		{ FLAVORS "    cloudpickle_version: 2.0.0\n  sklearn:\n    cloudpickle_version: 1.0.0\n",
		  "cloudpickle==2.0.0", 0 },
		{ FLAVORS "  lightgbm:\n    lgb_version: 3.3.2\n  xgboost:\n    xgb_version: null\n",
		  "lightgbm==3.3.2", 0 },
		{ FLAVORS "  own:\n    python_version: 3.8.1\n    own_version: 1\n", "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(model) m = { 0 };
		struct pf_buf got = PF_BUF(1000);
		struct pf_err err = { 0 };

		folder_put(folder_path, "MLmodel", pf_s(rows[i].mlmodel));
		if (pf_model_load(&m, folder_path, &err) < 0)
			fail_msg("%s: %s", rows[i].mlmodel, err.msg);
		for (size_t k = 0; k < m.needs.facts.n; k++)
			pf_buf_printf(&got, "%s" PF_FMT "==" PF_FMT, k ? " " : "",
				      PF_ARG(m.needs.facts.v[k].name), PF_ARG(m.needs.facts.v[k].is.text));
		pf_buf_char(&got, '\0');
		assert_string_equal(got.p, rows[i].facts);
		assert_int_equal(m.needs.saved, rows[i].saved);
		pf_buf_free(&got);
	}
}

static void settles_the_day(void **state)
{
	static const struct {
		enum pf_as_of as_of;
		enum pf_env_manager manager;
		int saved;
		bool hashes;
		int day; /* -1: an error */
	} rows[] = {
		{ PF_AS_OF_DEFAULT, PF_ENV_VENV, 100, false, 100 },
		{ PF_AS_OF_DEFAULT, PF_ENV_VENV, 100, true, 0 }, /* nothing is left open */
		{ PF_AS_OF_DEFAULT, PF_ENV_VENV, 0, false, 0 },
		{ PF_AS_OF_DEFAULT, PF_ENV_VENV, 99999, false, 0 }, /* in the future */
		{ PF_AS_OF_DEFAULT, PF_ENV_UV, 100, false, 0 },
		{ PF_AS_OF_DEFAULT, PF_ENV_VIRTUALENV, 100, false, 0 },
		{ PF_AS_OF_MODEL, PF_ENV_VENV, 100, true, 100 },
		{ PF_AS_OF_MODEL, PF_ENV_UV, 100, false, 100 },
		{ PF_AS_OF_MODEL, PF_ENV_VENV, 0, false, -1 },
		{ PF_AS_OF_MODEL, PF_ENV_VENV, 99999, false, 0 },
		{ PF_AS_OF_NOW, PF_ENV_VENV, 100, false, 0 },
		{ PF_AS_OF_DAY, PF_ENV_VENV, 100, false, 50 },
		{ PF_AS_OF_DAY, PF_ENV_UV, 0, false, 50 },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		struct pf_needs needs = { .saved = rows[i].saved, .require_hashes = rows[i].hashes };
		struct pf_opts o = { .as_of = rows[i].as_of, .as_of_day = 50, .env_manager = rows[i].manager };
		struct pf_err err = { 0 };
		int rc = pf_needs_date(&needs, &o, &err);

		if (rc < 0 ? rows[i].day != -1 || err.code != PF_EMODEL : needs.as_of != rows[i].day)
			fail_msg("row %zu: %d, day %d", i, rc, needs.as_of);
	}
}

static void records_reasons(void **state)
{
	static const char text[] =
		"{\"key\":\"0123456789abcdef0123456789abcdef\",\"resolver\":\"x\",\"as_of\":\"2022-03-17\","
		"\"late\":[{\"name\":\"a\",\"why\":\"of 2022-04-01: so\"}],"
		"\"added\":[{\"name\":\"b\",\"why\":\"model.pkl names b\"},{\"name\":\"c\",\"why\":\"\"}],"
		"\"left_out\":[],\"packages\":[]}";
	PF_AUTO(plan) plan = { 0 };
	struct pf_buf again = PF_BUF(2000);
	struct pf_json_out w = { .buf = &again };
	struct pf_node *root;
	struct pf_err err;

	(void)state;
	assert_int_equal(pf_json_parse(&root, &plan.arena, pf_s(text), &err), 0);
	assert_int_equal(pf_plan_read(&plan, root, &err), 0);
	pf_plan_write(&w, &plan);
	pf_buf_char(&again, '\0');
	assert_string_equal(again.p, text);
	pf_buf_free(&again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_days),
		cmocka_unit_test(reads_facts),
		cmocka_unit_test(settles_the_day),
		cmocka_unit_test(records_reasons),
	};

	return cmocka_run_group_tests_name("facts", tests, folder_set_up, folder_tear_down);
}
