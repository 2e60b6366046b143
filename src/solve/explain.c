/* explain.c - what a driver's log says went wrong, as an error of ours */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/str.h"
#include "solve/driver.h"

/* The first row whose text occurs counts: a full disk or a dead network also shows as packages
 * that cannot be found. */
static const struct {
	const char *text;
	int code;
	const char *what;
} signs[] = {
	{ "No space left on device", PF_EIO, "the disk is full" },
	{ "Disk quota exceeded", PF_EIO, "the disk quota is exceeded" },
	{ "Read-only file system", PF_EIO, "the file system is read-only" },
	{ "Hash mismatch", PF_EINTEGRITY, "a package is not what its digest says" },
	{ "DO NOT MATCH THE HASHES", PF_EINTEGRITY, "a package is not what its digest says" },
	{ "--require-hashes mode", PF_EINTEGRITY, "a package has no digest" },
	{ "error sending request", PF_ETRANSFER, "an index cannot be reached" },
	{ "Failed to fetch", PF_ETRANSFER, "an index cannot be reached" },
	{ "Failed to download and build", PF_ESOLVE, "a package cannot be built" },
	{ "Failed to download", PF_ETRANSFER, "a download failed" },
	{ "HTTP status", PF_ETRANSFER, "an index refuses" },
	{ "NewConnectionError", PF_ETRANSFER, "an index cannot be reached" },
	{ "ConnectTimeoutError", PF_ETRANSFER, "an index cannot be reached" },
	{ "ReadTimeoutError", PF_ETRANSFER, "an index does not answer" },
	{ "Max retries exceeded", PF_ETRANSFER, "an index cannot be reached" },
	{ "HTTPError: 4", PF_ETRANSFER, "an index refuses" },
	{ "HTTPError: 5", PF_ETRANSFER, "an index fails" },
	{ "SSLError", PF_ETRANSFER, "an index cannot be trusted" },
	{ "network was disabled", PF_ETRANSFER, "not in the cache, and the network is off" },
	/* conda, mamba and micromamba */
	{ "ChecksumMismatchError", PF_EINTEGRITY, "a package is not what its digest says" },
	{ "CondaHTTPError", PF_ETRANSFER, "a channel cannot be reached" },
	{ "CONNECTION FAILED", PF_ETRANSFER, "a channel cannot be reached" },
	{ "UnavailableInvalidChannel", PF_ETRANSFER, "a channel is not there" },
	{ "Download error", PF_ETRANSFER, "a channel cannot be reached" },
	{ "Could not resolve host", PF_ETRANSFER, "a channel cannot be reached" },
	{ "connect to server", PF_ETRANSFER, "a channel cannot be reached" },
	{ "Multi-download failed", PF_ETRANSFER, "a download failed" },
	{ "OfflineError", PF_ETRANSFER, "not in the cache, and the network is off" },
	{ "PackagesNotFound", PF_ESOLVE, "no channel has it" },
	{ "ResolvePackageNotFound", PF_ESOLVE, "no channel has it" },
	{ "UnsatisfiableError", PF_ESOLVE, "no solution" },	/* and LibMambaUnsatisfiableError */
	{ "Could not solve for environment specs", PF_ESOLVE, "no solution" },
	{ "does not exist (perhaps a typo or a missing channel)", PF_ESOLVE, "no channel has it" },
	{ "nothing provides ", PF_ESOLVE, "no channel has it" },
	{ "No solution found", PF_ESOLVE, "no solution" },
	{ "ResolutionImpossible", PF_ESOLVE, "no solution" },
	{ "No matching distribution found", PF_ESOLVE, "no solution" },
	{ "Failed to build", PF_ESOLVE, "a package cannot be built" },
	{ "Failed building", PF_ESOLVE, "a package cannot be built" },
	{ "metadata-generation-failed", PF_ESOLVE, "a package cannot be built" },
	{ "subprocess-exited-with-error", PF_ESOLVE, "a package cannot be built" },
	{ "Permission denied", PF_EIO, "permission denied" },
};

/* Less frames, arrows and what every line says: "  x No solution found" with box characters. */
static struct pf_str strip_frame(struct pf_str line)
{
	static const char *const openers[] = { "error:", "ERROR:", "cause:", "Caused by:" };
	bool again = true;

	while (again) {
		again = false;
		while (line.n && ((unsigned char)line.p[0] >= 0x80 || pf_is_space(line.p[0])))
			line = pf_str_skip(line, 1);
		for (size_t i = 0; i < PF_COUNT(openers); i++)
			if (pf_str_starts(line, openers[i])) {
				line = pf_str_skip(line, strlen(openers[i]));
				again = true;
			}
	}
	return pf_str_trim(line);
}

/* What a driver says of the reason:
 *   uv    all lines from "error:" on
 *   pip   "ERROR:" lines, and the indented ones after "The conflict is caused by:"
 *   conda all lines from the name of its error on; mamba from its library's first error on
 * Lines of our own begin with "-- ". */
struct reader {
	bool error, conflict;	/* uv's error, pip's block has begun */
	bool pip;
};

static bool is_noise(struct pf_str line)
{
	static const char *const noise[] = { "ResolutionImpossible",
					     "(from versions:", "[notice]" };

	for (size_t i = 0; i < PF_COUNT(noise); i++)
		if (pf_str_find_str(line, noise[i]) != PF_NPOS)
			return true;
	return !strip_frame(line).n || pf_str_starts(line, "-- ");
}

static bool begins_error(struct pf_str line)
{
	static const char *const starts[] = {
		"error:", "critical libmamba", "error    libmamba", "PackagesNotFoundError:",
		"PackagesNotFoundInChannelsError:", "UnsatisfiableError:",
		"LibMambaUnsatisfiableError:", "ResolvePackageNotFound:",
		"Could not solve for environment specs", "Encountered problems while solving",
		"InvalidMatchSpec:", "UnavailableInvalidChannel:", "CondaHTTPError:",
		"ChecksumMismatchError:", "CondaValueError:", "CondaError:",
	};

	for (size_t i = 0; i < PF_COUNT(starts); i++)
		if (pf_str_starts(line, starts[i]))
			return true;
	return false;
}

static bool carries_reason(struct reader *r, struct pf_str line)
{
	bool conflict = r->conflict;

	if (pf_str_starts(line, "ERROR:")) {
		r->pip = true;
		return !is_noise(line);
	}
	r->conflict = pf_str_starts(line, "The conflict is caused by:") ||
		      (conflict && pf_str_starts(line, "    "));
	if (conflict && r->conflict)
		return true;
	if (pf_str_find_str(line, "No solution found when resolving") != PF_NPOS) {
		r->error = true;
		return false;
	}
	if (pf_str_starts(line, "hint:"))
		r->error = false;
	if (begins_error(line))
		r->error = true;
	return r->error && !r->pip && !is_noise(line);
}

static void join_reasons(struct pf_buf *b, struct pf_str log)
{
	struct pf_str rest = log, line;
	struct reader r = { 0 };

	while (pf_str_next_line(&rest, &line) && b->n < 1200) {
		if (!carries_reason(&r, line))
			continue;
		if (b->n)
			pf_buf_cstr(b, pf_str_starts(line, "ERROR:") ||
				       pf_str_find_str(line, "cause:") != PF_NPOS || r.conflict ?
					       "; " : " ");
		pf_buf_str(b, strip_frame(line));
	}
}

int pf_driver_explain(struct pf_str log, const char *action, struct pf_err *err)
{
	struct pf_buf reason = PF_BUF(PF_MAX_DRIVER_LOG);
	size_t i = 0;

	while (i < PF_COUNT(signs) && pf_str_find_str(log, signs[i].text) == PF_NPOS)
		i++;
	join_reasons(&reason, log);
	if (i == PF_COUNT(signs))
		pf_fail(err, reason.n ? PF_ESOLVE : PF_EIO, "cannot %s: %s", action,
			reason.n ? reason.p : "see the log");
	else
		pf_fail(err, signs[i].code, "cannot %s: %s%s%s", action, signs[i].what,
			reason.n ? ": " : "", reason.n ? reason.p : "");
	pf_buf_free(&reason);
	return -1;
}
