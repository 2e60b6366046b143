/* http.c - one file over HTTP: retried, redirected by us, its digest checked while it comes */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/fs.h"
#include "base/str.h"
#include "formats/hasher.h"

#define TRIES 4
#define MAX_RETRY_AFTER 60	/* seconds */
#define MAX_HEADERS PF_KIB(256)
#define MAX_URL PF_KIB(16)

/* One download: where it goes, and what one try of it has met so far. */
struct transfer {
	int fd;			/* or -1: into text */
	struct pf_buf *text;
	uint64_t max;
	struct pf_hasher hasher;
	struct pf_err *err;	/* filled by a callback that stopped the transfer */

	CURL *curl;
	bool stopped;
	bool again;		/* a failure that may pass */
	long wait;		/* seconds asked for by Retry-After */
	uint64_t bytes;
	size_t headers;
	char first;		/* byte of the body */
};

bool pf_http_is_url(const char *text)
{
	return strncasecmp(text, "http://", 7) == 0 || strncasecmp(text, "https://", 8) == 0;
}

/* ---- what curl calls ---- */

static long status_of(const struct transfer *t)
{
	long status = 0;

	curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static int keep(struct transfer *t, const char *p, size_t n)
{
	if (t->bytes + n > t->max)
		return pf_fail(t->err, PF_ELIMIT, "larger than %llu bytes", (unsigned long long)t->max);
	if (!t->bytes && n)
		t->first = p[0];
	t->bytes += n;
	pf_hasher_add(&t->hasher, p, n);
	if (t->text) {
		pf_buf_add(t->text, p, n);
		return pf_buf_check(t->text, "the answer", t->err);
	}
	return pf_write_fd(t->fd, p, n, t->err);
}

static size_t take_body(char *p, size_t size, size_t count, void *ctx)
{
	struct transfer *t = ctx;
	size_t n = size * count;

	if (status_of(t) != 200) /* an error's or a redirect's page: small, or not read */
		return (t->bytes += n) > PF_MIB(1) ? 0 : n;
	if (keep(t, p, n) == 0)
		return n;
	t->stopped = true;
	return 0;
}

static size_t take_header(char *p, size_t size, size_t count, void *ctx)
{
	struct transfer *t = ctx;
	size_t n = size * count;
	struct pf_str line = { p, n };
	size_t colon = pf_str_find(line, ':');

	t->headers += n;
	if (t->headers > MAX_HEADERS) {
		pf_fail(t->err, PF_ETRANSFER, "more than %zu bytes of headers", MAX_HEADERS);
		t->stopped = true;
		return 0;
	}
	if (colon != PF_NPOS && pf_str_ieq(pf_str_cut(line, 0, colon), "content-encoding") &&
	    !pf_str_ieq(pf_str_trim(pf_str_skip(line, colon + 1)), "identity")) {
		pf_fail(t->err, PF_ETRANSFER, "the server encodes the file, which was not asked for");
		t->stopped = true;
		return 0;
	}
	return n;
}

static int look_for_signals(void *ctx, curl_off_t dl_all, curl_off_t dl, curl_off_t ul_all, curl_off_t ul)
{
	struct transfer *t = ctx;

	(void)dl_all, (void)dl, (void)ul_all, (void)ul;
	if (pf_signals_check(t->err) == 0)
		return 0;
	t->stopped = true;
	return 1;
}

/* ---- one request ---- */

static void set_options(struct transfer *t, const char *url, struct curl_slist *headers)
{
	CURL *c = t->curl;
	const char *bundle = getenv("SSL_CERT_FILE");

	curl_easy_reset(c);
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "pyfunc-env/" PACKAGE_VERSION);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, 10L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 64L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)PF_WAIT_STALL);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, look_for_signals);
	curl_easy_setopt(c, CURLOPT_XFERINFODATA, t);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
	if (bundle && *bundle)
		curl_easy_setopt(c, CURLOPT_CAINFO, bundle);
}

/* Empties what an earlier request left. */
static int start_anew(struct transfer *t)
{
	t->bytes = t->headers = 0;
	t->stopped = t->again = false;
	t->wait = 0;
	t->first = 0;
	pf_hasher_start(&t->hasher);
	if (t->text)
		t->text->n = 0;
	else if (ftruncate(t->fd, 0) < 0 || lseek(t->fd, 0, SEEK_SET) < 0)
		return pf_fail_errno(t->err, "cannot empty a temporary file");
	return 0;
}

static bool may_pass(CURLcode code)
{
	static const CURLcode list[] = {
		CURLE_COULDNT_CONNECT, CURLE_PARTIAL_FILE, CURLE_OPERATION_TIMEDOUT, CURLE_GOT_NOTHING,
		CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_HTTP2, CURLE_HTTP2_STREAM,
	};

	for (size_t i = 0; i < PF_COUNT(list); i++)
		if (list[i] == code)
			return true;
	return false;
}

static int fail_status(struct transfer *t, long status)
{
	curl_off_t wait = 0;

	curl_easy_getinfo(t->curl, CURLINFO_RETRY_AFTER, &wait);
	t->wait = wait > 86400 ? 86400 : (long)wait;
	t->again = status == 408 || status == 429 || status >= 500;
	pf_fail(t->err, PF_ETRANSFER, "HTTP status %ld", status);
	if (t->wait > MAX_RETRY_AFTER) {
		t->again = false;
		pf_fail(t->err, PF_ETRANSFER, "HTTP status %ld, the server asks to wait %ld s", status,
			t->wait);
	}
	if (status == 401 || status == 403)
		pf_hint(t->err, "the server wants credentials, as part of the URL");
	return -1;
}

/* Returns 0 done, 1 redirected (the new URL is in `next`), -1. */
static int request(struct transfer *t, const char *url, char *next, size_t size)
{
	struct curl_slist *headers = curl_slist_append(NULL, "Accept-Encoding: identity");
	char *target = NULL;
	CURLcode code;
	long status;

	if (!headers)
		pf_oom();
	if (start_anew(t) < 0) {
		curl_slist_free_all(headers);
		return -1;
	}
	set_options(t, url, headers);
	code = curl_easy_perform(t->curl);
	curl_slist_free_all(headers);
	status = status_of(t);
	if (t->stopped)
		return -1;
	if (code != CURLE_OK && !(code == CURLE_WRITE_ERROR && status != 200)) {
		t->again = may_pass(code);
		/* What curl calls so is a header line it finds too long. */
		return pf_fail(t->err, PF_ETRANSFER, "%s", code == CURLE_OUT_OF_MEMORY ?
			       "a header line that is too long" : curl_easy_strerror(code));
	}
	if (status == 200)
		return 0;
	if (status < 300 || status > 399)
		return fail_status(t, status);
	curl_easy_getinfo(t->curl, CURLINFO_REDIRECT_URL, &target);
	if (!target || snprintf(next, size, "%s", target) >= (int)size)
		return pf_fail(t->err, PF_ETRANSFER, "a redirect that leads nowhere");
	return 1;
}

/* ---- redirects ---- */

static bool has_user(const char *url)
{
	CURLU *u = curl_url();
	char *user = NULL;
	bool bad = !u || curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK ||
		   curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_OK;

	curl_free(user);
	curl_url_cleanup(u);
	return bad;
}

static int judge_redirect(const char *from, const char *to, struct pf_err *err)
{
	bool secure = strncasecmp(from, "https:", 6) == 0;

	if (!pf_http_is_url(to))
		return pf_fail(err, PF_ETRANSFER, "redirected to " PF_FMT ", which is neither http nor https",
			       PF_ARG(pf_shown(pf_s(to))));
	if (secure && strncasecmp(to, "https:", 6) != 0)
		return pf_fail(err, PF_ETRANSFER, "redirected from https to http");
	/* Ours stay with our own URL; a server's are not used. Same-host redirects that curl
	 * completes with our user's name are refused with them. */
	if (has_user(to))
		return pf_fail(err, PF_ETRANSFER, "redirected to a URL with credentials, or to none");
	return 0;
}

static int follow(struct transfer *t, const char *url)
{
	struct pf_arena arena = { 0 };
	char *here = pf_alloc(&arena, MAX_URL), *next = pf_alloc(&arena, MAX_URL);
	int rc = 1;

	if (snprintf(here, MAX_URL, "%s", url) >= (int)MAX_URL)
		rc = pf_fail(t->err, PF_EUSAGE, "the URL is too long");
	for (int hops = 0; rc == 1; hops++) {
		rc = request(t, here, next, MAX_URL);
		if (rc == 1 && hops == PF_MAX_REDIRECTS)
			rc = pf_fail(t->err, PF_ETRANSFER, "more than %d redirects", PF_MAX_REDIRECTS);
		if (rc == 1 && judge_redirect(here, next, t->err) < 0)
			rc = -1;
		if (rc == 1)
			memcpy(here, next, MAX_URL);
	}
	pf_arena_free(&arena);
	return rc;
}

/* ---- tries ---- */

/* Half a second, doubled each time, a quarter of it by chance. */
static int wait_before(struct transfer *t, int tries)
{
	long ms = 500L << (tries - 1);

	ms += (long)(getpid() * 7919L % (ms / 4));
	if (t->wait * 1000 > ms)
		ms = t->wait * 1000;
	for (; ms > 0; ms -= 100) {
		struct timespec ts = { .tv_nsec = (ms < 100 ? ms : 100) * 1000000 };

		nanosleep(&ts, NULL);
		if (pf_signals_check(t->err) < 0)
			return -1;
	}
	return 0;
}

static int transfer(struct transfer *t, const char *url, struct pf_err *err)
{
	struct pf_err met = { 0 }; /* of a try; the next may do better */
	int rc = -1;

	t->err = &met; /* cppcheck-suppress autoVariables ; taken back below */
	if (!pf_http_is_url(url))
		return pf_fail(err, PF_EUSAGE, "%s is neither http: nor https:", url);
	t->curl = curl_easy_init();
	if (!t->curl) {
		pf_fail(err, PF_EIO, "cannot download %s: libcurl cannot be loaded", url);
		return pf_hint(err, "install libcurl, or download the file yourself");
	}
	for (int tries = 1; rc < 0; tries++) {
		rc = follow(t, url);
		if (rc == 0 || !t->again || tries == TRIES)
			break;
		pf_debug("%s: %s; trying again", url, met.msg);
		if (wait_before(t, tries) < 0)
			break;
	}
	curl_easy_cleanup(t->curl);
	t->err = NULL;
	if (rc < 0)
		*err = met;
	return rc < 0 ? pf_wrap(err, "%s", url) : 0;
}

int pf_http_download(int fd, const char *url, const char *sha256, uint64_t max, struct pf_err *err)
{
	struct transfer t = { .fd = fd, .max = max };
	char got[PF_HASHER_HEX] = "";
	int rc = transfer(&t, url, err);

	if (rc == 0) {
		pf_hasher_end(&t.hasher, got);
		if (strcmp(got, sha256) != 0) {
			rc = pf_fail(err, PF_EINTEGRITY, "%s: sha256 is %s, expected %s", url, got, sha256);
			if (t.first == '<')
				pf_hint(err, "it looks like HTML: a proxy's or a login page?");
		}
	}
	pf_hasher_free(&t.hasher);
	return rc;
}

int pf_http_text(struct pf_buf *out, const char *url, struct pf_err *err)
{
	struct transfer t = { .fd = -1, .text = out, .max = out->max };
	int rc = transfer(&t, url, err);

	pf_hasher_free(&t.hasher);
	return rc;
}
