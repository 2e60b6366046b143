/* test_npy.c - numpy's files: the headers that are read and those that are refused */
/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/limits.h"
#include "base/log.h"
#include "data/arrays.h"
#include "data/npy.h"
#include "show.h"

/* A file of format `major` with this header; its padding is not needed to read it. */
static struct pf_str file_of(struct pf_arena *a, int major, const char *header, struct pf_str data)
{
	PF_AUTO(buf) out = PF_BUF(PF_MIB(1));
	uint32_t n = (uint32_t)strlen(header);

	pf_buf_cstr(&out, "\x93NUMPY");
	pf_buf_char(&out, (char)major);
	pf_buf_char(&out, 0);
	pf_buf_add(&out, &n, major == 1 ? 2 : 4);
	pf_buf_cstr(&out, header);
	pf_buf_str(&out, data);
	return pf_dup(a, pf_buf_view(&out));
}

#define HEADER(descr, order, shape) \
	"{'descr': '" descr "', 'fortran_order': " order ", 'shape': " shape ", }        \n"

static const struct {
	int major;
	const char *header;
	struct pf_str data;
	const char *wanted;
} files[] = {
	{ 1, HEADER("|b1", "False", "(2,)"), PF_S("\1\0"), "array bool (2): True False" },
	{ 1, HEADER("|b1", "False", "(2,)"), PF_S("\1\2"), "an array with booleans that are neither 0 nor 1" },
	{ 2, HEADER("|i1", "False", "(3,)"), PF_S("\1\xff\0"), "array int8 (3): 1 -1 0" },
	{ 3, HEADER("<i2", "False", "(1, 2)"), PF_S("\1\0\2\0"), "array int16 (1,2): 1 2" },
	{ 1, HEADER(">i4", "False", "(1,)"), PF_S("\0\0\1\2"), "array int32 (1): 258" },
	{ 1, HEADER(">u8", "False", "()"), PF_S("\xff\0\0\0\0\0\0\1"), "array uint64 (): 18374686479671623681" },
	{ 1, HEADER("<u2", "True", "(2, 3)"), PF_S("\1\0\4\0\2\0\5\0\3\0\6\0"), "array uint16 (2,3): 1 2 3 4 5 6" },
	{ 1, HEADER(">u2", "True", "(3, 1, 2)"), PF_S("\0\1\0\3\0\5\0\2\0\4\0\6"),
	  "array uint16 (3,1,2): 1 2 3 4 5 6" },
	{ 1, HEADER("<f4", "False", "(1,)"), PF_S("\0\0\xc0\x3f"), "array float32 (1): 1.5" },
	{ 1, HEADER("<f8", "False", "(0, 4)"), PF_S(""), "array float64 (0,4): " },
	{ 1, HEADER("<f8", "False", "(1L, 0L)"), PF_S(""), "array float64 (1,0): " },
	{ 1, HEADER("<M8[ns]", "False", "(1,)"), PF_S("\1\0\0\0\0\0\0\0"), "array datetime (1): 1" },
	{ 1, HEADER("<U2", "False", "(2,)"), PF_S("a\0\0\0\0\0\0\0\xdf\0\0\0\0\xf6\1\0"),
	  "array string (2): \"a\" \"\xc3\x9f\xf0\x9f\x98\x80\"" },
	{ 1, HEADER(">U1", "False", "(1,)"), PF_S("\0\0\0a"), "array string (1): \"a\"" },
	{ 1, HEADER("<U1", "False", "(1,)"), PF_S("\0\xd8\0\0"), "an array with text that is not Unicode" },
	{ 1, HEADER("<U1", "False", "(1,)"), PF_S("\0\0\x11\0"), "an array with text that is not Unicode" },
	{ 1, HEADER("|S3", "False", "(2,)"), PF_S("ab\0\0\0\0"), "array bytes (2): b:YWI= b:" },
	{ 1, "{\"shape\": (), \"fortran_order\": True, \"descr\": \"|i1\"}", PF_S("\7"), "array int8 (): 7" },
	/* what is refused */
	{ 1, HEADER("|O", "False", "(1,)"), PF_S("x"),
	  "an array of objects: they are pickled, and no pickle is loaded from an input" },
	{ 1, "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}", PF_S("12345678"),
	  "an array of records, which no input is" },
	{ 1, HEADER("<f2", "False", "(1,)"), PF_S("12"),
	  "an array of type \"<f2\", which cannot be given to a model (convert it first)" },
	{ 1, HEADER("<c16", "False", "(1,)"), PF_S("1234567812345678"),
	  "an array of type \"<c16\", which cannot be given to a model (convert it first)" },
	{ 1, HEADER("f8", "False", "(1,)"), PF_S("12345678"), "an array of the unknown type \"f8\"" },
	{ 1, HEADER("<f8", "False", "(2,)"), PF_S("12345678"),
	  "the array has 8 bytes of elements, which is not what its header says" },
	{ 1, HEADER("<f8", "False", "(1,)"), PF_S("123456789"),
	  "the array has 9 bytes of elements, which is not what its header says" },
	{ 1, HEADER("<f8", "False", "(4294967296, 4294967296, 0)"), PF_S(""),
	  "the array has 0 bytes of elements, which is not what its header says" },
	{ 1, HEADER("<f8", "False", "(99999999999999999999,)"), PF_S(""), "the array's header has a size that is "
	  "none, near \"99999999999999999999,), }        \n\"" },
	{ 1, HEADER("<U0", "False", "(1000000,)"), PF_S(""),
	  "an array of more than 100000 elements without bytes" },
	{ 1, HEADER("<f8", "False", "(1)"), PF_S("12345678"),
	  "the array's header has a shape that is no tuple, near \", }        \n\"" },
	{ 1, HEADER("<f8", "False", "(-1,)"), PF_S(""), "the array's header has a size that is none, near "
							"\"-1,), }        \n\"" },
	{ 1, HEADER("<f8", "__import__('os')", "(1,)"), PF_S(""), "the array's header has an order that is none, "
	  "near \"__import__('os'), 'shape': (1,), }      \"" },
	{ 1, "{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (1,)}", PF_S("12345678"),
	  "the array's header has a key twice, or one that is not known, near \": '<f8', 'fortran_order': False, "
	  "'shape'\"" },
	{ 1, "{'descr': '<f8', 'fortran_order': False}", PF_S("12345678"),
	  "the array's header lacks a key, near \"\"" },
	{ 1, "{'descr': '<f8' 'fortran_order': False}", PF_S(""),
	  "the array's header lacks a comma, near \"'fortran_order': False}\"" },
	{ 1, "{'descr': '<f8", PF_S(""), "the array's header holds a text without end, near \"<f8\"" },
	{ 1, "{'de\\x73cr': '<f8'}", PF_S(""), "the array's header holds an escape, near \"de\\x73cr': '<f8'}\"" },
	{ 1, HEADER("<f8", "False", "(1,)") "x", PF_S(""), "the array's header goes on, near \"x\"" },
	{ 1, "[]", PF_S(""), "the array's header is no dictionary, near \"[]\"" },
	{ 4, "{}", PF_S(""), "an array of an unknown format, 4.0" },
};

static void headers(void **state)
{
	(void)state;
	for (size_t i = 0; i < PF_COUNT(files); i++) {
		PF_AUTO(arena) a = { 0 };
		PF_AUTO(buf) out = PF_BUF(PF_MIB(1));
		struct pf_str bytes = file_of(&a, files[i].major, files[i].header, files[i].data);
		struct pf_value v = { .kind = PF_V_TENSOR };
		struct pf_err err = { 0 };

		if (pf_npy_read(&v.tensor, &a, bytes, &err) == 0)
			show(&out, &v);
		else
			pf_buf_cstr(&out, err.msg);
		assert_string_equal(out.p, files[i].wanted);
	}
}

/* What is cut off anywhere is refused, and so is what is too short for a header. */
static void cut(void **state)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_str whole = file_of(&a, 1, HEADER("<f8", "False", "(2,)"), PF_S("1234567812345678"));
	struct pf_tensor *t = NULL;
	struct pf_err err;

	(void)state;
	for (size_t n = 0; n < whole.n; n++)
		assert_int_equal(pf_npy_read(&t, &a, pf_str_cut(whole, 0, n), &err), -1);
	assert_int_equal(pf_npy_read(&t, &a, whole, &err), 0);
}

/* ---- against signatures ---- */

#define TENSOR(dtype, shape, name) \
	"[{\"type\":\"tensor\",\"tensor-spec\":{\"dtype\":\"" dtype "\",\"shape\":" shape "}" name "}]"

static const struct {
	const char *inputs;
	const char *names;	/* of the arrays, or NULL for one without */
	const char *descr, *shape;
	const char *wanted;
} fits[] = {
	{ NULL, NULL, "<i4", "(2,)", "array int32 (2): 1 2" },
	{ NULL, "x y", "<i4", "(2,)", "map \"x\"=(array int32 (2): 1 2) \"y\"=(array int32 (2): 1 2)" },
	{ TENSOR("int32", "[-1]", ""), NULL, "<i4", "(2,)", "array int32 (2): 1 2" },
	{ TENSOR("int64", "[-1]", ""), NULL, "<i4", "(2,)",
	  "dtype of input int32 does not match expected dtype int64" },
	{ TENSOR("int32", "[-1, 2]", ""), NULL, "<i4", "(2,)",
	  "Shape of input (2,) does not match expected shape (-1, 2)." },
	{ TENSOR("object", "[-1]", ""), NULL, "<i4", "(2,)", "array int32 (2): 1 2" },
	{ TENSOR("int32", "[-1]", ",\"name\":\"x\""), NULL, "<i4", "(2,)", "map \"x\"=(array int32 (2): 1 2)" },
	{ TENSOR("int32", "[-1]", ",\"name\":\"x\""), "x y", "<i4", "(2,)", "map \"x\"=(array int32 (2): 1 2)" },
	{ TENSOR("int32", "[-1]", ",\"name\":\"x\""), "y", "<i4", "(2,)",
	  "Model is missing inputs ['x']. Note that there were extra inputs: ['y']." },
	{ TENSOR("int32", "[-1]", ""), "x", "<i4", "(2,)",
	  "This model contains a tensor-based model signature with no input names, which suggests a numpy array "
	  "input or a pandas dataframe input with proper column values, but an input of type <class 'dict'> was "
	  "found." },
	{ "[{\"type\":\"long\"},{\"type\":\"double\"}]", NULL, "<i4", "(1, 2)", "table 1 {0 int64: 1} {1 float64: 2.0}" },
	{ "[{\"type\":\"long\"}]", NULL, "<i4", "(2,)", "table 2 {0 int64: 1 2}" },
	{ "[{\"type\":\"long\",\"name\":\"y\"}]", "x y", "<i4", "(2,)", "table 2 {\"y\" int64: 1 2}" },
	{ "[{\"type\":\"float\",\"name\":\"y\"}]", "y", "<i4", "(2,)",
	  "Incompatible input types for column y. Can not safely convert int32 to float32." },
	{ "[{\"type\":\"long\"}]", NULL, "<i4", "(1, 1, 2)",
	  "an array of 3 dimensions for a signature of columns" },
	{ "[{\"type\":\"long\",\"name\":\"x\"}]", "x", "<i4", "(1, 2)",
	  "the array 'x' has 2 dimensions, which a column cannot have" },
};

static void make_given(struct pf_value *out, struct pf_arena *a, const char *names, struct pf_str bytes)
{
	struct pf_str rest = pf_s(names), name;
	struct pf_value one = { .kind = PF_V_TENSOR };
	struct pf_err err;

	assert_int_equal(pf_npy_read(&one.tensor, a, bytes, &err), 0);
	*out = one;
	if (!names)
		return;
	*out = (struct pf_value){ .kind = PF_V_MAP };
	out->list.v = pf_alloc_array(a, 8, sizeof(*out->list.v));
	while (pf_str_next(&rest, ' ', &name)) {
		struct pf_value *pair = &out->list.v[2 * out->list.n++];

		pair[0] = (struct pf_value){ .kind = PF_V_STRING, .s = name };
		pair[1] = one;
	}
}

static void signatures(void **state)
{
	(void)state;
	for (size_t i = 0; i < PF_COUNT(fits); i++) {
		PF_AUTO(arena) a = { 0 };
		PF_AUTO(buf) out = PF_BUF(PF_MIB(1));
		struct pf_signature s = { 0 };
		struct pf_expect expect = { .inputs = &s.inputs };
		struct pf_request r = { 0 };
		struct pf_value given;
		struct pf_err err;

		parse_signature(&s, &a, fits[i].inputs ? pf_s(fits[i].inputs) : (struct pf_str){ 0 },
				(struct pf_str){ 0 });
		make_given(&given, &a, fits[i].names,
			   file_of(&a, 1, pf_formatz(&a, HEADER("%s", "False", "%s"), fits[i].descr,
						     fits[i].shape), PF_S("\1\0\0\0\2\0\0\0")));
		if (pf_arrays_request(&r, &a, &given, &expect, &err) == 0)
			show(&out, &r.data);
		else
			pf_buf_cstr(&out, err.msg);
		assert_string_equal(out.p, fits[i].wanted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers),
		cmocka_unit_test(cut),
		cmocka_unit_test(signatures),
	};
	struct pf_log_opts quiet = { .level = PF_LOG_QUIET };

	pf_log_setup(&quiet);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
