/* report.h - what the reports of a comparison share: its rows and columns */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "check/check.h"

enum pf_report_column {
	PF_REPORT_SEVERITY,
	PF_REPORT_NAME,
	PF_REPORT_REQUIRED,
	PF_REPORT_CURRENT,
	PF_REPORT_WHY,
	PF_REPORT_COLUMNS
};

extern const char *const pf_report_heads[PF_REPORT_COLUMNS];
struct pf_str pf_report_cell(const struct pf_difference *d, enum pf_report_column column);
/* Python as a row; false when there is nothing to say of it. */
bool pf_report_python(struct pf_difference *out, const struct pf_diff *d);
void pf_report_shown(struct pf_buf *out, struct pf_str text);	/* made harmless */
void pf_report_verdict(struct pf_buf *out, const struct pf_diff *d);
