/* err.h - an error: a code to act on, a sentence to read, a hint what to do */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"

/* X(name, exit status, class as shown, meaning for the manual) */
#define PF_CODES(X)                                                                      \
	X(OK, 0, "done", "done")                                                         \
	X(EDIFF, 1, "difference", "negative answer: a difference found, verification failed") \
	X(EUSAGE, 2, "usage", "usage, URI syntax")                                       \
	X(EMODEL, 3, "malformed", "malformed model, env file or input, or against the signature") \
	X(ETRANSFER, 4, "transfer", "transfer failed")                                   \
	X(EINTEGRITY, 5, "integrity", "integrity: digest, archive, signature of a file") \
	X(ESOLVE, 6, "no-solution", "no solution")                                       \
	X(EIO, 7, "io", "local I/O, lock, space, permission")                            \
	X(ECODE, 8, "model-code", "model code failed")                                   \
	X(ELIMIT, 9, "limit", "limit or timeout")                                        \
	X(EBUG, 70, "bug", "a bug in pyfunc-env")

enum pf_code {
#define X(name, status, shown, meaning) PF_##name = status,
	PF_CODES(X)
#undef X
	PF_ESIGNAL = 128 /* + the signal's number */
};

struct pf_err {
	int code;	/* enum pf_code, or PF_ESIGNAL + N */
	char msg[1500]; /* one sentence, no final newline, untrusted text still unescaped */
	char hint[500]; /* may be empty */
	bool gone;	/* what was asked for was there once, as far as can be told */
};

/* Each returns -1, so that `return pf_fail(err, ...)` is the way out. A text too long is cut. */
int pf_fail(struct pf_err *err, int code, const char *fmt, ...) PF_PRINTF(3, 4);
int pf_fail_errno(struct pf_err *err, const char *fmt, ...) PF_PRINTF(2, 3); /* EIO, ": strerror" */
/* Puts "CONTEXT: " in front of the message that is there. */
int pf_wrap(struct pf_err *err, const char *fmt, ...) PF_PRINTF(2, 3);
int pf_hint(struct pf_err *err, const char *fmt, ...) PF_PRINTF(2, 3);

const char *pf_code_class(int code);

/* Copies text with control bytes as \xNN and everything beyond ASCII as \uNNNN, cut to `size`
 * bytes, its end included: what a terminal may be shown of a stranger's text. Returns `out`. */
const char *pf_escape(char *out, size_t size, struct pf_str text);

/* Untrusted text for use inside a message: cut to PF_MAX_SHOWN bytes. For PF_FMT. */
struct pf_str pf_shown(struct pf_str text);
