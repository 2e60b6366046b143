/* test_pickle.c - names in pickles: recorded ones of every protocol, and damaged ones */
/* SPDX-License-Identifier: Apache-2.0 */
#include "folder.h"
#include "names.h"

static void read_bytes(struct pf_artifact *out, const char *name, struct pf_str bytes)
{
	struct pf_err err;

	folder_put(folder_path, name, bytes);
	if (pf_artifact_read(out, folder_fd, name, &err) < 0)
		fail_msg("%s: %s", name, err.msg);
	unlinkat(folder_fd, name, 0);
}

static void one_row(const struct unit_row *r, void *ctx)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_artifact found = PF_ARTIFACT_INIT;
	struct pf_str got, want = unit_wanted_names(&a, r->v[2]);

	(void)ctx;
	read_bytes(&found, "x.pkl", unit_base64(&a, r->v[1]));
	if (found.unread.n)
		fail_msg(PF_FMT ": " PF_FMT, PF_ARG(r->v[0]), PF_ARG(found.unread.v[0]));
	got = unit_found_names(&a, &found);
	if (!pf_str_eq(got, want))
		fail_msg(PF_FMT ":\n  found  " PF_FMT "\n  wanted " PF_FMT, PF_ARG(r->v[0]), PF_ARG(got),
			 PF_ARG(want));
	got = pf_format(&a, "%d %d", found.pickle_protocol, found.cloudpickled_code);
	want = pf_format(&a, PF_FMT " " PF_FMT, PF_ARG(r->v[3]), PF_ARG(r->v[4]));
	if (!pf_str_eq(got, want))
		fail_msg(PF_FMT ": protocol and code by value " PF_FMT ", not " PF_FMT, PF_ARG(r->v[0]),
			 PF_ARG(got), PF_ARG(want));
	pf_artifact_free(&found);
}

static void recorded(void **state)
{
	PF_AUTO(arena) a = { 0 };

	(void)state;
	assert_true(unit_table(unit_data(&a, "pickle.tsv"), one_row, NULL) > 100);
}

/* Bytes that no pickler writes: what is told, and which names are found until then. */
static const struct {
	const char *bytes;
	size_t n;
	const char *names, *unread;
} ODD[] = {
#define ODD(bytes, names, unread) { bytes, sizeof(bytes) - 1, names, unread }
	ODD("\x80\x04" "\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R.", "os:system", ""),
	ODD("\x80\x04\x8c\x02os\x94\x8c\x06system\x94\x30\x30h\x00h\x01\x93\x8c\x04true\x85R.",
	    "os:system", ""),
	ODD("cposix\nsystem\n(S'true'\ntR.", "posix:system", ""),
	ODD("(iposix\nsystem\n.", "posix:system", ""),
	ODD("V\\u006fs\n\x8c\x06system\x93.", "os:system", ""),
	ODD("S'\\x6fs'\n\x8c\x06system\x93.", "os:system", ""),
	ODD("\x80\x04\x8c\x02os\x8c\x06system\x93", "os:system",
	    "x.pkl: damaged pickle at byte 15: it is cut off"),
	ODD("\x80\x04\x8c\x20os", "", "x.pkl: damaged pickle at byte 4: it is cut off"),
	ODD("\x80\x04\xff.", "", "x.pkl: damaged pickle at byte 2: an unknown opcode"),
	ODD("\x80\x04]", "", "x.pkl: damaged pickle at byte 3: it is cut off"),
	ODD("\x80\x06.", "", "x.pkl: pickle protocol 6 is not known"),
	ODD("\x80\x04Nr\xff\xff\xff\xff.", "",
	    "x.pkl: the pickle is too big to be read: a place in its memo is out of proportion"),
	ODD("\x80\x04\x8b\xff\xff\xff\x7fx.", "", "x.pkl: damaged pickle at byte 9: it is cut off"),
	ODD("\x80\x04\x8b\xff\xff\xff\xffx.", "", "x.pkl: damaged pickle at byte 7: a negative length"),
	ODD("\x80\x04" "B\xff\xff\xff\x7fx.", "", "x.pkl: damaged pickle at byte 9: it is cut off"),
	ODD("\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\xffx.", "",
	    "x.pkl: damaged pickle at byte 13: it is cut off"),
	ODD("\x80\x04h\x05.", "",
	    "x.pkl: damaged pickle at byte 4: it refers to what it has not remembered"),
	ODD(".", "", "x.pkl: damaged pickle at byte 1: the stack is empty"),
	ODD("0.", "", "x.pkl: damaged pickle at byte 1: the stack is empty"),
	ODD("(2.", "", "x.pkl: damaged pickle at byte 2: the stack is empty"),
	ODD("((tt\x86.", "", "x.pkl: damaged pickle at byte 5: the stack is empty"),
	ODD("t.", "", "x.pkl: damaged pickle at byte 1: there is no mark on the stack"),
	ODD("N\x93.", "", "x.pkl: damaged pickle at byte 2: the stack is empty"),
	ODD("NN\x93.", "", "x.pkl: it names something by a text that is computed or too long"),
	ODD("\x82\x05.", "", "x.pkl: it names extension code 5, known to copyreg alone"),
	ODD("Iabc\n.", "", ""),
	ODD("gabc\n.", "", "x.pkl: damaged pickle at byte 5: no number"),
	ODD("Sabc\n.", "", "x.pkl: damaged pickle at byte 5: text without its quotes"),
	ODD("N.tail", "", "x.pkl: bytes after its last pickle, which were not read"),
	ODD("N.cos\nsystem\n.", "os:system", ""),
	ODD("", "", "x.pkl: damaged pickle at byte 0: it is cut off"),
	/* the next module is imported by a call */
	ODD("cimportlib\nimport_module\n(S'json'\ntR.", "importlib:import_module json:", ""),
	/* an array's bytes to joblib, a call to pickle */
	ODD("cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}(S'shape'\n(I14\ntS'dtype'\ncnumpy\ndtype\n"
	    "(S'u1'\ntRubcos\nsystem\n0N.", "joblib.numpy_pickle:NumpyArrayWrapper numpy:dtype os:system", ""),
	ODD("cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}bN.",
	    "joblib.numpy_pickle:NumpyArrayWrapper", ""),
#undef ODD
};

static void odd(void **state)
{
	(void)state;
	for (size_t i = 0; i < PF_COUNT(ODD); i++) {
		PF_AUTO(arena) a = { 0 };
		struct pf_artifact found = PF_ARTIFACT_INIT;
		struct pf_str names, unread;

		read_bytes(&found, "x.pkl", (struct pf_str){ ODD[i].bytes, ODD[i].n });
		names = unit_found_names(&a, &found);
		unread = found.unread.n ? found.unread.v[0] : PF_S("");
		if (!pf_str_is(names, ODD[i].names) || !pf_str_is(unread, ODD[i].unread))
			fail_msg("case %zu: names '" PF_FMT "', unread '" PF_FMT "'", i, PF_ARG(names),
				 PF_ARG(unread));
		pf_artifact_free(&found);
	}
}

static const struct {
	const char *module, *name;
	bool runs;
} CALLS[] = {
	{ "os", "system", true },
	{ "posix", "system", true },
	{ "nt", "system", true },
	{ "builtins", "eval", true },
	{ "__builtin__", "eval", true },
	{ "subprocess", "Popen", true },
	{ "importlib", "import_module", true },
	{ "importlib.util", "spec_from_file_location", true },
	{ "logging", "os.system", true },
	{ "numpy", "testing._private.utils.runstring", false },
	{ "numpy.testing._private.utils", "runstring", true },
	{ "mlflow.projects.backend.local", "_run_entry_point", true },
	{ "operator", "attrgetter", true },
	{ "os.path", "join", false },
	{ "ossomething", "system", false },
	{ "collections", "OrderedDict", false },
	{ "sklearn.linear_model._logistic", "LogisticRegression", false },
	{ "", "", false },
};

static void calls(void **state)
{
	(void)state;
	for (size_t i = 0; i < PF_COUNT(CALLS); i++)
		if (pf_name_runs_code(pf_s(CALLS[i].module), pf_s(CALLS[i].name)) != CALLS[i].runs)
			fail_msg("%s %s", CALLS[i].module, CALLS[i].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded),
		cmocka_unit_test(odd),
		cmocka_unit_test(calls),
	};

	return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
