/* test_xml.c - lists in XML: what is told of them, and what is refused */
/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/limits.h"
#include "formats/xml.h"

static int write_down(void *ctx, struct pf_str path, struct pf_str text, struct pf_err *err)
{
	if (pf_str_ends(path, "stop"))
		return pf_fail(err, PF_EINTEGRITY, "stopped");
	pf_buf_printf(ctx, PF_FMT "=" PF_FMT ";", PF_ARG(path), PF_ARG(text));
	return 0;
}

static void reads(void **state)
{
	static const struct {
		const char *text, *told; /* what the refusal says after "!" */
	} rows[] = {
		{ "<a/>", "a=;" },
		{ "<a><b>1</b><b>2</b></a>", "a/b=1;a/b=2;a=;" },
		{ "<?xml version=\"1.0\"?>\n<a xmlns=\"x\"><b c=\"d\">x &amp; &lt;&#233;&quot;</b></a>",
		  "a/b=x & <\xc3\xa9\";a=;" },
		{ "<x:a xmlns:x=\"u\"><x:b>1</x:b></x:a>", "a/b=1;a=;" },
		{ "<a>one<b>two</b>three</a>", "a/b=two;a=onethree;" },
		{ "<a><![CDATA[<b>]]></a>", "a=<b>;" },
		{ "", "!no element" },
		{ "<a>", "!line 1" },
		{ "<a>\n<b></a>", "!line 2: mismatched tag" },
		{ "<a/><b/>", "!junk" },
		{ "<a>&b;</a>", "!undefined entity" },
		{ "<a>&#1;</a>", "!line 1" },
		{ "<a>\xff</a>", "!line 1" },
		{ "<!DOCTYPE a><a/>", "!DOCTYPE" },
		{ "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "!DOCTYPE" },
		{ "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", "!DOCTYPE" },
		{ "<a><stop/><b/></a>", "!stopped" },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(buf) told = PF_BUF(PF_KIB(4));
		struct pf_err err = { 0 };
		int rc = pf_xml_read(pf_s(rows[i].text), write_down, &told, &err);
		const char *want = rows[i].told;

		if (*want == '!' ? rc == 0 || !strstr(err.msg, want + 1)
				 : rc < 0 || !pf_str_is(pf_buf_view(&told), want))
			fail_msg("%s: %d %s %s", rows[i].text, rc, told.p ? told.p : "", err.msg);
	}
}

static int ignore(void *ctx, struct pf_str path, struct pf_str text, struct pf_err *err)
{
	(void)ctx;
	(void)path;
	(void)text;
	(void)err;
	return 0;
}

/* So many times one text between two others. */
static int read_many(const char *before, const char *text, size_t n, const char *after,
		     struct pf_err *err)
{
	PF_AUTO(buf) all = PF_BUF(PF_MIB(8));

	pf_buf_cstr(&all, before);
	for (size_t i = 0; i < n; i++)
		pf_buf_cstr(&all, text);
	pf_buf_cstr(&all, after);
	return pf_xml_read(pf_buf_view(&all), ignore, NULL, err);
}

static void has_ceilings(void **state)
{
	struct pf_err err;

	(void)state;
	assert_int_equal(read_many("<a>", "<b/>", 100000, "</a>", &err), 0);
	assert_int_equal(read_many("", "<a>", 100000, "", &err), -1);
	assert_int_equal(err.code, PF_ELIMIT);
	assert_int_equal(read_many("<a>", "x", PF_MAX_XML_TEXT, "</a>", &err), 0);
	assert_int_equal(read_many("<a>", "x", PF_MAX_XML_TEXT + 1, "</a>", &err), -1);
	assert_int_equal(err.code, PF_ELIMIT);
	assert_int_equal(read_many("<", "x", PF_MAX_XML_TEXT + 1, "/>", &err), -1);
	assert_int_equal(err.code, PF_ELIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(has_ceilings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
