/* fuzz_json.c - any bytes as JSON, as a request and as CSV: by libFuzzer, or damaged documents */
/* SPDX-License-Identifier: Apache-2.0 */
#include "driver.h"

#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "data/data.h"

static struct pf_colspec columns[] = {
	{ .name = { "a", 1 }, .type = PF_D_LONG, .required = true },
	{ .name = { "b", 1 }, .type = PF_D_DOUBLE },
	{ .name = { "c", 1 }, .type = PF_D_STRING },
	{ .name = { "d", 1 }, .type = PF_D_DATETIME },
	{ .name = { "e", 1 }, .type = PF_D_BINARY },
};
static struct pf_tensorspec tensors[] = {
	{ .type = PF_T_FLOAT32, .rank = 2, .shape = { -1, 2 } },
};

static const struct pf_schema schemas[] = {
	{ .kind = PF_SCHEMA_NONE },
	{ .kind = PF_SCHEMA_COLUMNS, .columns = columns, .n = PF_COUNT(columns), .named = true },
	{ .kind = PF_SCHEMA_TENSORS, .tensors = tensors, .n = PF_COUNT(tensors) },
};

/* What is understood can be written, and what is written is JSON. */
static void write_back(const struct pf_request *r)
{
	PF_AUTO(buf) out = PF_BUF(PF_MIB(16));
	PF_AUTO(buf) csv = PF_BUF(PF_MIB(16));
	PF_AUTO(arena) a = { 0 };
	struct pf_err err = { 0 };
	struct pf_node *doc;

	if (r->raw || pf_answer_json(&out, &r->data, true, &err) < 0)
		return;
	if (pf_json_parse(&doc, &a, pf_buf_view(&out), &err) < 0 && err.code != PF_ELIMIT)
		abort();
	if (pf_answer_csv(&csv, &r->data, &err) < 0 && !*err.msg)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pf_str text = { (const char *)data, size };
	struct pf_log_opts quiet = { .level = PF_LOG_QUIET };

	pf_log_setup(&quiet);
	for (size_t i = 0; i < PF_COUNT(schemas); i++) {
		struct pf_expect expect = { .inputs = &schemas[i] };
		PF_AUTO(arena) a = { 0 };
		struct pf_request r = { 0 };
		struct pf_err err = { 0 };

		if (pf_payload_read(&r, &a, text, &expect, &err) == 0)
			write_back(&r);
		if (pf_csv_read(&r, &a, text, &expect, &err) == 0)
			write_back(&r);
	}
	return 0;
}

#ifndef PF_LIBFUZZER
static const char *const documents[] = {
	("{\"dataframe_split\":{\"columns\":[\"a\",\"b\",\"c\",\"d\",\"e\"],\"index\":[3,4],\"data\":"
	"[[1,2.5,\"x\",\"2024-01-01\",\"aGk=\"],[2,null,\"\\u00e9\\ud83d\\ude00\",null,\"eA==\"]]}}"),
	"{\"dataframe_records\":[{\"a\":1,\"b\":1e5,\"c\":null},{\"a\":-9223372036854775808,\"c\":\"\xc3\xa9\"}]}",
	"{\"inputs\":[[1,2],[3.5,-0.0]],\"params\":{\"t\":[1,{\"k\":null}]}}",
	"{\"instances\":[{\"a\":1,\"b\":[true,false]},{\"a\":18446744073709551615,\"b\":[NaN,Infinity]}]}",
	"{\"inputs\":{\"a\":[1,2],\"b\":[3,4],\"d\":[\"2024-01-01T10:20:30.123456789\",\"1677-09-22\"]}}",
	"{\"messages\":[{\"role\":\"user\"}]}",
	"a,b,c,d,e\n1,2.5,\"x,\"\"y\"\"\n z\",2024-01-01,aGk=\r\n,,,,\n\n7,1e400,NA,,\"\"\n",
	"\xef\xbb\xbf\"a\",,b\r1,True,18446744073709551616\r+1, false ,0.30000000000000004\r",
};

int main(void)
{
	struct fuzz f = { PF_S("{}[],:\"\\0123456789.eE+-ntaNI \t\n\r\0\xff\xc3"), 1000,
			  2463534242u };

	return fuzz_samples(&f, documents, PF_COUNT(documents));
}
#endif
