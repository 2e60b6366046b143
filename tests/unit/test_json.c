/* test_json.c - the JSON reader, its tree and its writer */
/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/json.h"

/* Tokens in short: { } [ ] are themselves, n t f null and booleans, k=KEY, s=STRING, i=INTEGER,
 * d=NUMBER; or the error's message. */
static void summarise(struct pf_buf *out, struct pf_str text)
{
	static const char marks[] = { [PF_JSON_NULL] = 'n',	  [PF_JSON_TRUE] = 't',
				      [PF_JSON_FALSE] = 'f',	  [PF_JSON_OBJECT] = '{',
				      [PF_JSON_OBJECT_END] = '}', [PF_JSON_ARRAY] = '[',
				      [PF_JSON_ARRAY_END] = ']' };
	PF_AUTO(json) r = { 0 };
	struct pf_json_token t;
	struct pf_err err;

	pf_json_init(&r, text, 0);
	for (;;) {
		if (pf_json_next(&r, &t, &err) < 0) {
			out->n = 0;
			pf_buf_printf(out, "%s", err.msg);
			return;
		}
		if (t.kind == PF_JSON_END)
			return;
		if (t.kind == PF_JSON_KEY || t.kind == PF_JSON_STRING || t.kind == PF_JSON_NUMBER)
			pf_buf_printf(out, "%c=" PF_FMT " ",
				      t.kind == PF_JSON_KEY    ? 'k'
				      : t.kind == PF_JSON_STRING ? 's'
				      : t.integer		 ? 'i'
								 : 'd',
				      PF_ARG(t.text));
		else
			pf_buf_char(out, marks[t.kind]);
	}
}

static const struct {
	const char *text;
	const char *wanted;
} reads[] = {
	{ "{}", "{}" },
	{ " [ ] ", "[]" },
	{ "\xef\xbb\xbf[1]", "[i=1 ]" },
	{ "null", "n" },
	{ "[true,false,null]", "[tfn]" },
	{ "{\"a\":1,\"b\":{\"c\":[]}}", "{k=a i=1 k=b {k=c []}}" },
	{ "[-0,-1.5,1e5,1E-5,0.1e+3]", "[i=-0 d=-1.5 d=1e5 d=1E-5 d=0.1e+3 ]" },
	{ "[NaN,Infinity,-Infinity]", "[d=NaN d=Infinity d=-Infinity ]" },
	{ "\"\\u0041\\n\\/\\\"\\\\ \\u00e9\\u20ac\\ud83d\\ude00\"",
	  "s=A\n/\"\\ \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 " },
	{ "\"\xc3\xa9 plain beyond eight bytes \x7f\"", "s=\xc3\xa9 plain beyond eight bytes \x7f " },
	{ "{\"a\\u0062\" : \"c\\td\"}", "{k=ab s=c\td }" },

	{ "", "line 1, column 1: the text ends where a value is expected" },
	{ "\n\n  ", "line 3, column 3: the text ends where a value is expected" },
	{ "[1,\n 2,,3]", "line 2, column 4: a value is expected, not ','" },
	{ "[1,]", "line 1, column 4: a value is expected, not ']'" },
	{ "[,1]", "line 1, column 2: a value or ] is expected, not ','" },
	{ "[1 2]", "line 1, column 4: a comma or ] is expected, not '2'" },
	{ "{\"a\":1,}", "line 1, column 8: a key in quotes is expected, not '}'" },
	{ "{a:1}", "line 1, column 2: a key in quotes or } is expected, not 'a'" },
	{ "{\"a\" 1}", "line 1, column 6: a colon is expected, not '1'" },
	{ "{\"a\":}", "line 1, column 6: a value is expected, not '}'" },
	{ "{\"a\":1", "line 1, column 7: the text ends where a comma or } is expected" },
	{ "[1]]", "line 1, column 4: the end of the text is expected, not ']'" },
	{ "{} {}", "line 1, column 4: the end of the text is expected, not '{'" },
	{ "[1}", "line 1, column 3: a comma or ] is expected, not '}'" },
	{ "// x\n1", "line 1, column 1: a value is expected, not '/'" },
	{ "['a']", "line 1, column 2: a value or ] is expected, not '''" },
	{ "[01]", "line 1, column 2: a number begins with a needless 0" },
	{ "[1.]", "line 1, column 2: digits are missing after a point" },
	{ "[.5]", "line 1, column 2: a value or ] is expected, not '.'" },
	{ "[+5]", "line 1, column 2: a value or ] is expected, not '+'" },
	{ "[1e]", "line 1, column 2: an exponent needs digits" },
	{ "[-]", "line 1, column 2: a number needs digits" },
	{ "[-x]", "line 1, column 2: a number needs digits" },
	{ "[nul]", "line 1, column 2: a value or ] is expected, not 'n'" },
	{ "[nan]", "line 1, column 2: a value or ] is expected, not 'n'" },
	{ "[True]", "line 1, column 2: a value or ] is expected, not 'T'" },
	{ "[nullx]", "line 1, column 6: a comma or ] is expected, not 'x'" },
	{ "[0x10]", "line 1, column 3: a comma or ] is expected, not 'x'" },
	{ "[\"abc", "line 1, column 2: a string has no end" },
	{ "[\"abc\\\"]", "line 1, column 2: a string has no end" },
	{ "[\"a\nb\"]", "line 1, column 4: a string holds a bare control character, byte 0x0a" },
	{ "[\"a\\x\"]", "line 1, column 4: no such escape in a string" },
	{ "[\"a\\u12g4\"]", "line 1, column 4: no such escape in a string" },
	{ "[\"\\ud800\"]", "line 1, column 3: a lone surrogate in a string" },
	{ "[\"\\udc00\"]", "line 1, column 3: a lone surrogate in a string" },
	{ "[\"\\ud800\\u0041\"]", "line 1, column 3: a lone surrogate in a string" },
	{ "[\"\xc3\xa9\xc0\x80\"]", "line 1, column 4: a string is not valid UTF-8" },
	{ "[\"\xed\xa0\x80\"]", "line 1, column 3: a string is not valid UTF-8" },
	{ "[\"\xf4\x90\x80\x80\"]", "line 1, column 3: a string is not valid UTF-8" },
	{ "[\"\xe2\x82\"]", "line 1, column 3: a string is not valid UTF-8" },
	{ "[\x01]", "line 1, column 2: a value or ] is expected, not byte 0x01" },
	{ "[\xc2\xa0""1]", "line 1, column 2: a value or ] is expected, not byte 0xc2" },
	{ "\xff\xfe[\x01", "the text is not UTF-8 (UTF-16 or UTF-32 is refused)" },
};

static void reads_tokens(void **state)
{
	(void)state;
	for (size_t i = 0; i < PF_COUNT(reads); i++) {
		PF_AUTO(buf) out = PF_BUF(10000);

		summarise(&out, pf_s(reads[i].text));
		assert_string_equal(out.p, reads[i].wanted);
	}
}

static void check_summary(struct pf_str text, const char *wanted)
{
	PF_AUTO(buf) out = PF_BUF(10000);

	summarise(&out, text);
	assert_string_equal(out.p, wanted);
}

static void ceilings(void **state)
{
	static char text[100000];

	(void)state;
	memset(text, '[', sizeof(text));
	check_summary((struct pf_str){ text, sizeof(text) },
		      "line 1, column 65: nested deeper than 64 levels");
	memset(text, '7', sizeof(text));
	check_summary((struct pf_str){ text, 4301 },
		      "line 1, column 1: an integer has 4301 digits; the limit is 4300");
	text[1] = '.';
	check_summary((struct pf_str){ text, 3 }, "d=7.7 ");
	check_summary((struct pf_str){ "[\0]", 3 },
		      "the text is not UTF-8 (UTF-16 or UTF-32 is refused)");
	check_summary((struct pf_str){ "[111\0]", 6 },
		      "line 1, column 5: a comma or ] is expected, not byte 0x00");
}

static void skips_values(void **state)
{
	PF_AUTO(json) r = { 0 };
	struct pf_json_token t;
	struct pf_err err;

	(void)state;
	pf_json_init(&r, PF_S("[{\"a\":[1,[2]],\"b\":{}},\n [], 5, [}]"), 0);
	assert_int_equal(pf_json_next(&r, &t, &err), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(pf_json_next(&r, &t, &err), 0);
		assert_int_equal(pf_json_skip(&r, &t, &err), 0);
	}
	assert_int_equal(t.kind, PF_JSON_NUMBER);
	assert_int_equal(pf_json_next(&r, &t, &err), 0);
	assert_int_equal(t.kind, PF_JSON_ARRAY);
	assert_int_equal(pf_json_skip(&r, &t, &err), -1);
	assert_string_equal(err.msg, "line 2, column 10: a value or ] is expected, not '}'");
}

static void parses_a_tree(void **state)
{
	PF_AUTO(arena) a = { 0 };
	const struct pf_node *list;
	struct pf_node *doc;
	struct pf_err err;

	(void)state;
	assert_int_equal(pf_json_parse(&doc, &a,
				       PF_S("{\"n\": 1.50,\n \"s\": \"a\\u0000b\",\"l\":[null,true,{}]}"),
				       &err), 0);
	assert_int_equal(doc->kind, PF_NODE_MAP);
	assert_int_equal(doc->n, 3);
	assert_string_equal(pf_node_text(doc, "n").p, "1.50");
	assert_memory_equal(pf_node_text(doc, "s").p, "a\0b", 4);
	assert_int_equal(pf_node_get(doc, "s")->line, 2);
	assert_int_equal(pf_node_get(doc, "s")->column, 7);
	list = pf_node_get(doc, "l");
	assert_int_equal(list->n, 3);
	assert_int_equal(list->v[0].kind, PF_NODE_NULL);
	assert_true(list->v[1].truth);
	assert_int_equal(list->v[2].kind, PF_NODE_MAP);
	assert_int_equal(pf_json_parse(&doc, &a, PF_S("{\"a\":1,\n\"b\":2,\"a\":3}"), &err), -1);
	assert_string_equal(err.msg, "line 2, column 11: the key \"a\" appears twice");
	assert_int_equal(err.code, PF_EMODEL);
	assert_int_equal(pf_json_parse(&doc, &a, PF_S("[1"), &err), -1);
}

static void writes_text(void **state)
{
	PF_AUTO(buf) out = PF_BUF(10000);
	struct pf_json_out w = { .buf = &out };

	(void)state;
	pf_json_open(&w, '{');
	pf_json_field(&w, "a", PF_S("x\"\\\n\x01\x7f\xc3\xa9\xff" "z"));
	pf_json_key(&w, "list");
	pf_json_open(&w, '[');
	pf_json_int(&w, -5);
	pf_json_bool(&w, true);
	pf_json_open(&w, '{');
	pf_json_close(&w, '}');
	pf_json_open(&w, '[');
	pf_json_close(&w, ']');
	pf_json_close(&w, ']');
	pf_json_field(&w, "none", (struct pf_str){ 0 });
	pf_json_key(&w, "raw");
	pf_json_raw(&w, PF_S("[1]"));
	pf_json_close(&w, '}');
	assert_string_equal(out.p, "{\"a\":\"x\\\"\\\\\\n\\u0001\x7f\xc3\xa9\xef\xbf\xbdz\","
				   "\"list\":[-5,true,{},[]],\"none\":null,\"raw\":[1]}");
}

/* What a string of `n` letters looks like that has this byte at one place. */
static void expect_quoted(struct pf_buf *out, size_t n, size_t at, unsigned char c)
{
	static const char letters[] = "\b\f\n\r\t\"\\", names[] = "bfnrt\"\\";
	const char *known = c ? strchr(letters, c) : NULL;

	pf_buf_printf(out, "\"%.*s", (int)at, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	if (known)
		pf_buf_printf(out, "\\%c", names[known - letters]);
	else if (c < 0x20)
		pf_buf_printf(out, "\\u%04x", c);
	else if (c < 0x80)
		pf_buf_char(out, (char)c);
	else
		pf_buf_cstr(out, "\xef\xbf\xbd");
	pf_buf_printf(out, "%.*s\"", (int)(n - at - 1), "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
}

static void quotes_any_byte_anywhere(void **state)
{
	char text[32];

	(void)state;
	for (size_t n = 1; n < sizeof(text); n++)
		for (size_t at = 0; at < n; at++)
			for (unsigned c = 0; c < 256; c++) {
				PF_AUTO(buf) out = PF_BUF(1000);
				PF_AUTO(buf) expected = PF_BUF(1000);

				memset(text, 'a', n);
				text[at] = (char)c;
				pf_json_quote(&out, (struct pf_str){ text, n });
				expect_quoted(&expected, n, at, (unsigned char)c);
				assert_string_equal(out.p, expected.p);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_tokens),
		cmocka_unit_test(ceilings),
		cmocka_unit_test(skips_values),
		cmocka_unit_test(parses_a_tree),
		cmocka_unit_test(writes_text),
		cmocka_unit_test(quotes_any_byte_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
