/* inside.h - what the files of run/ share */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "run/run.h"

/* Writes what is pending while it reads one frame. `until` is of pf_clock, 0: no limit.
 * 1: a frame; 0: the
 * runner ended (or closed its socket) before it sent one; -1: ELIMIT, a signal of ours. */
int pf_run_exchange(struct pf_runner *r, enum pf_frame_kind *kind, struct pf_buf *body,
		    double until, struct pf_err *err) PF_MUST_USE;
/* Writes what the socket takes just now. */
void pf_run_push(struct pf_runner *r);

/* warm.c - turns to the worker that was found; -1 and r->warm.lost when there is none any more. */
int pf_warm_attach(struct pf_runner *r, struct pf_err *err) PF_MUST_USE;
int pf_warm_lose(struct pf_runner *r, struct pf_err *err);

/* Ends the runner: SIGTERM, a grace, SIGKILL, for the group and for what left the group. */
void pf_run_end(struct pf_runner *r, unsigned grace_seconds);
/* Closes what is open of it. */
void pf_run_forget(struct pf_runner *r);
/* Lets go of a runner that has told it is gone, without reaping it. */
void pf_run_let_go(struct pf_runner *r);
/* Reaps a runner that ended or is about to; false when it has not after `ms`. */
bool pf_run_reap(struct pf_runner *r, int ms, int *status);
/* The error for a runner that ended without an answer. */
int pf_run_fail_ended(struct pf_runner *r, struct pf_err *err);
/* The error that a FAILED frame tells. */
int pf_run_fail_told(struct pf_runner *r, const struct pf_buf *frame, struct pf_err *err);
