/* aws_process.c - credentials that a program of the user's own prints: credential_process */
/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/proc.h"
#include "base/str.h"
#include "fetch/aws.h"

/* One word of a line as a POSIX shell would quote it, no more: nothing is expanded. */
static bool take_word(struct pf_buf *word, struct pf_str *rest)
{
	char quote = '\0';

	for (; rest->n && (quote || !pf_is_space(rest->p[0])); *rest = pf_str_skip(*rest, 1)) {
		char c = rest->p[0];

		if (quote == '\'' && c != '\'') {
			pf_buf_char(word, c);
		} else if (c == '\\') {
			bool kept = quote && rest->n > 1 && rest->p[1] != '"' && rest->p[1] != '\\';

			if (rest->n == 1)
				return false;
			if (kept)
				pf_buf_char(word, c);
			*rest = pf_str_skip(*rest, 1);
			pf_buf_char(word, rest->p[0]);
		} else if (c == quote) {
			quote = '\0';
		} else if (!quote && (c == '\'' || c == '"')) {
			quote = c;
		} else {
			pf_buf_char(word, c);
		}
	}
	return !quote;
}

bool pf_aws_words(struct pf_strs *out, struct pf_arena *a, struct pf_str line)
{
	while ((line = pf_str_trim(line)).n) {
		PF_AUTO(buf) word = PF_BUF(PF_KIB(64));

		if (!take_word(&word, &line))
			return false;
		*PF_PUSH(a, out) = pf_dup(a, pf_buf_view(&word));
	}
	return true;
}

static int run(struct pf_buf *out, struct pf_arena *a, struct pf_str command, struct pf_err *err)
{
	struct pf_strs words = { 0 };
	struct pf_spawn what = { .in = -1, .out = -1, .err = -1 };
	char **argv, text[64];
	int status;

	if (!pf_aws_words(&words, a, command) || !words.n)
		return pf_fail(err, PF_EUSAGE, "a quote that does not end, or nothing at all");
	argv = pf_alloc_array(a, words.n + 1, sizeof(*argv));
	for (size_t i = 0; i < words.n; i++)
		argv[i] = pf_dupz(a, words.v[i]);
	what.path = strchr(argv[0], '/') ? argv[0] : pf_which(a, argv[0]);
	what.argv = argv;
	if (!what.path)
		return pf_fail(err, PF_EUSAGE, "there is no program %s", argv[0]);
	if (pf_proc_capture(out, &what, STDERR_FILENO, PF_WAIT_PROCESS, &status, err) < 0)
		return -1;
	return status ? pf_fail(err, PF_ETRANSFER, "%s: %s", argv[0],
				pf_status_text(text, sizeof(text), status))
		      : 0;
}

static int read_answer(struct pf_aws_key *out, struct pf_arena *a, struct pf_str text,
		       struct pf_err *err)
{
	struct pf_node *root;

	if (pf_json_parse(&root, a, pf_dup(a, text), err) < 0) {
		err->code = PF_ETRANSFER;
		return -1;
	}
	if (!pf_str_is(pf_node_text(root, "Version"), "1"))
		return pf_fail(err, PF_ETRANSFER, "what it prints is not of version 1");
	*out = (struct pf_aws_key){ pf_node_text(root, "AccessKeyId"),
				    pf_node_text(root, "SecretAccessKey"),
				    pf_node_text(root, "SessionToken") };
	return out->id.n && out->secret.n ? 0 : pf_fail(err, PF_ETRANSFER, "it prints no key");
}

int pf_aws_of_process(struct pf_aws_key *out, struct pf_arena *a, struct pf_str command,
		      struct pf_err *err)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_REST);

	if (run(&text, a, command, err) < 0 || read_answer(out, a, pf_buf_view(&text), err) < 0)
		return pf_wrap(err, "credential_process of the AWS profile");
	return 0;
}
