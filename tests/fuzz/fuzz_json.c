/* fuzz_json.c - any bytes as JSON, as a request and as CSV: by libFuzzer, or damaged documents */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "data/data.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
#define DAMAGES 1000

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

static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* A copy of its exact size, so that a byte read beyond it is noticed. */
static void try_bytes(const char *p, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);

	if (!copy)
		pf_oom();
	memcpy(copy, p, n);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
}

static void damage(const char *document, uint32_t *state)
{
	static const char marks[] = "{}[],:\"\\0123456789.eE+-ntaNI \t\n\r\0\xff\xc3";
	struct pf_arena a = { 0 };
	size_t n = strlen(document);
	char *p = pf_dupz(&a, pf_s(document));

	try_bytes(p, n);
	for (unsigned i = 0; i < DAMAGES; i++) {
		size_t at = next_random(state) % n, cut = next_random(state) % n;
		char before = p[at];

		p[at] = marks[next_random(state) % (sizeof(marks) - 1)];
		try_bytes(p, n);
		try_bytes(p, cut);
		if (i % 4)
			p[at] = before;
		else if (i % 64 == 0)
			memcpy(p, document, n);
	}
	pf_arena_free(&a);
}

int main(void)
{
	uint32_t state = 2463534242u;

	for (size_t i = 0; i < PF_COUNT(documents); i++)
		damage(documents[i], &state);
	return 0;
}
#endif
