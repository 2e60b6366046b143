/* log.h - warnings, notes and progress: one sink, escaped and redacted, always on stderr */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/err.h"
#include "base/mem.h"

enum pf_log_level { PF_LOG_QUIET, PF_LOG_WARN, PF_LOG_NOTE, PF_LOG_DEBUG };

struct pf_log_opts {
	enum pf_log_level level;
	bool json;	/* one JSON object a line instead of text */
	bool color;
	bool progress;	/* a terminal that may be drawn on */
};

void pf_log_setup(const struct pf_log_opts *opts);
/* From now on a reader of stderr that does not read loses what there is to say, and holds up
 * nobody: for who has others to answer. */
void pf_log_wait_for_nobody(void);

/* Something the user should know; a note tells what was done, a debug line how. */
void pf_warn(const char *fmt, ...) PF_PRINTF(1, 2);
void pf_note(const char *fmt, ...) PF_PRINTF(1, 2);
void pf_debug(const char *fmt, ...) PF_PRINTF(1, 2);
/* A text of several lines, printed as it is but for control bytes: MLflow's own warning. */
void pf_warn_text(struct pf_str text);

/* From now on this thread's warnings are kept, redacted, and not printed; NULL: as ever. */
void pf_log_keep_warnings(struct pf_strs *kept, struct pf_arena *a);

/* A step that takes a while: drawn over on a terminal, one line elsewhere, nothing when quiet. */
void pf_step(const char *fmt, ...) PF_PRINTF(1, 2);
/* How far it is: drawn over the step on a terminal, nothing elsewhere. */
void pf_progress(const char *fmt, ...) PF_PRINTF(1, 2);
void pf_step_done(void);

/* "pyfunc-env: CLASS: message" and the hint, or the JSON object of the interface. */
void pf_log_error(const struct pf_err *err);

/* Every line passes through this before it is printed: URL passwords, /t/TOKEN/ and
 * KEY=value of secret-looking names become ****. In place; never longer than before. */
void pf_redact(char *text);
/* A copy that has passed through it, for what is kept or handed on. */
struct pf_str pf_redacted(struct pf_arena *a, struct pf_str text);
