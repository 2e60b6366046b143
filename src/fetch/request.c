/* request.c - one request of a transfer, and the verdict on what came */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/request.h"

#include <strings.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "fetch/secrets.h"

#define MAX_RETRY_AFTER 60	/* seconds */
#define MAX_URL PF_KIB(16)

static void add_header(struct pf_request *r, struct pf_arena *a, const char *name,
		       const char *value)
{
	struct curl_slist *longer;

	if (!value || !*value)
		return;
	longer = curl_slist_append(r->headers, pf_formatz(a, "%s: %s", name, value));
	if (!longer)
		pf_oom();
	r->headers = longer;
}

/* Secrets among them stay with the origin they are for. */
static void add_own_headers(struct pf_transfer *t)
{
	struct pf_request *r = t->own;
	struct pf_strs signs = { 0 };

	if (r->left)
		return;
	if (t->sign)
		t->sign(&signs, t, r->url, t->sign_ctx);
	for (size_t i = 0; i < t->headers.n + signs.n; i++) {
		struct pf_str one = i < t->headers.n ? t->headers.v[i] : signs.v[i - t->headers.n];
		struct curl_slist *longer = curl_slist_append(r->headers, pf_dupz(&t->arena, one));

		if (!longer)
			pf_oom();
		r->headers = longer;
	}
}

static struct pf_str origin_of(struct pf_arena *a, const struct pf_url *u)
{
	struct pf_url origin = { .scheme = u->scheme, .host = u->host, .port = u->port };

	return pf_s(pf_url_bare(a, &origin));
}

static const struct pf_login *find_login(const struct pf_pool *p, const struct pf_url *u)
{
	for (size_t i = 0; i < p->logins.n; i++) {
		struct pf_url origin;
		struct pf_err err;

		if (pf_url_split(&origin, p->logins.v[i]->origin, &err) == 0 &&
		    pf_url_same_origin(&origin, u))
			return p->logins.v[i];
	}
	return NULL;
}

static int learn(const struct pf_login **out, struct pf_pool *p, const struct pf_url *u,
		 struct pf_err *err)
{
	size_t colon = pf_str_find(u->user, ':');
	struct pf_str user = pf_url_decode(&p->arena, pf_str_cut(u->user, 0, colon));
	struct pf_str password = colon == PF_NPOS ? PF_S("") :
				 pf_url_decode(&p->arena, pf_str_skip(u->user, colon + 1));
	struct pf_login *l = pf_alloc(&p->arena, sizeof(*l));

	if (!user.p || !password.p)
		return pf_fail(err, PF_EUSAGE, "a URL with malformed credentials");
	l->origin = origin_of(&p->arena, u);
	l->user = pf_dupz(&p->arena, user);
	l->password = pf_dupz(&p->arena, password);
	*PF_PUSH(&p->arena, &p->logins) = l;
	*out = l;
	return 0;
}

int pf_pool_login(struct pf_pool *p, const struct pf_url *u, struct pf_err *err)
{
	const struct pf_login *learnt;

	return u->user.p && pf_url_is_http(u) ? learn(&learnt, p, u, err) : 0;
}

/* Those of the URL itself, else those that the pool knows for its origin, else netrc's. */
static void set_credentials(struct pf_transfer *t)
{
	struct pf_request *r = t->own;
	const struct pf_login *login = r->login ? r->login : find_login(r->pool, &r->first);
	const char *netrc = getenv("NETRC");

	if (r->left)
		return;
	if (login) {
		curl_easy_setopt(r->curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		curl_easy_setopt(r->curl, CURLOPT_USERNAME, login->user);
		curl_easy_setopt(r->curl, CURLOPT_PASSWORD, login->password);
		return;
	}
	curl_easy_setopt(r->curl, CURLOPT_NETRC, (long)CURL_NETRC_OPTIONAL);
	if (netrc && *netrc)
		curl_easy_setopt(r->curl, CURLOPT_NETRC_FILE, netrc);
}

static void set_way(CURL *c, const struct pf_net *net, unsigned stall)
{
	if (stall < net->wait)
		stall = net->wait;
	if (!stall)
		stall = PF_WAIT_STALL;
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT,
			 (long)(net->wait ? net->wait : PF_WAIT_CONNECT));
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 64L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)stall);
	if (net->proxy)
		curl_easy_setopt(c, CURLOPT_PROXY, net->proxy);
}

const char *pf_transfer_range(char out[PF_RANGE_TEXT], const struct pf_transfer *t)
{
	const struct pf_request *r = t->own;

	*out = '\0';
	if (r->resuming)
		snprintf(out, PF_RANGE_TEXT, "bytes=%llu-", (unsigned long long)r->bytes);
	else if (t->range.tail)
		snprintf(out, PF_RANGE_TEXT, "bytes=-%llu", (unsigned long long)t->range.tail);
	else if (t->range.to)
		snprintf(out, PF_RANGE_TEXT, "bytes=%llu-%llu", (unsigned long long)t->range.from,
			 (unsigned long long)t->range.to - 1);
	return out;
}

static void set_range(struct pf_transfer *t)
{
	char range[PF_RANGE_TEXT];

	if (*pf_transfer_range(range, t))
		curl_easy_setopt(t->own->curl, CURLOPT_RANGE, range + strlen("bytes="));
}

static void set_url(struct pf_transfer *t)
{
	struct pf_request *r = t->own;
	const char *url = r->url;

	if (t->secret.n && !r->left)
		url = pf_formatz(&t->arena, "%s%s" PF_FMT, url, strchr(url, '?') ? "&" : "?",
				 PF_ARG(t->secret));
	curl_easy_setopt(r->curl, CURLOPT_URL, url);
}

static void set_options(struct pf_transfer *t)
{
	struct pf_request *r = t->own;
	CURL *c = r->curl;

	curl_easy_reset(c);
	set_url(t);
	curl_easy_setopt(c, CURLOPT_PRIVATE, t);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	/* Of http: only an answer would tell that a connection cannot be shared. */
	curl_easy_setopt(c, CURLOPT_PIPEWAIT, (long)pf_str_starts(pf_s(r->url), "https:"));
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, r->headers);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "pyfunc-env/" PACKAGE_VERSION);
	if (t->gzip)
		curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, "gzip");
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700 /* a name that is being looked up is not waited for */
	curl_easy_setopt(c, CURLOPT_QUICK_EXIT, 1L);
#endif
	curl_easy_setopt(c, CURLOPT_BUFFERSIZE, (long)PF_KIB(128));
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, pf_answer_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, pf_answer_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
}

int pf_request_open(struct pf_pool *p, struct pf_transfer *t)
{
	struct pf_request *r = pf_alloc(&t->arena, sizeof(*r));

	t->own = r;
	r->pool = p;
	r->length = UINT64_MAX;
	if (t->of_files)
		return pf_request_files_open(t);
	if (pf_url_split(&r->first, pf_s(t->url), &t->err) < 0)
		return -1;
	if (!pf_url_is_http(&r->first))
		return pf_fail(&t->err, PF_EUSAGE, "neither an http: nor an https: URL");
	if (strlen(t->url) > MAX_URL)
		return pf_fail(&t->err, PF_EUSAGE, "the URL is too long");
	r->url = pf_url_bare(&t->arena, &r->first);
	if (t->have && t->validator) {
		r->bytes = t->have;
		r->validator = pf_s(t->validator);
		r->before = true;
	}
	return r->first.user.p ? learn(&r->login, p, &r->first, &t->err) : 0;
}

void pf_request_close(struct pf_transfer *t)
{
	curl_slist_free_all(t->own->headers);
	t->own->headers = NULL;
	pf_hasher_free(&t->own->hasher);
	pf_sum_free(&t->own->sum);
}

void pf_request_prepare(struct pf_transfer *t)
{
	struct pf_request *r = t->own;

	t->err = (struct pf_err){ 0 };
	r->resuming = r->bytes && !r->no_ranges && !r->packed && !pf_transfer_wants_part(t) &&
		      !pf_transfer_is_head(t) && (r->validator.n || t->sha256);
	r->stopped = r->again = r->began = false;
	r->wait = 0;
	r->header_bytes = r->refused_bytes = 0;
	curl_slist_free_all(r->headers);
	r->headers = NULL;
	add_header(r, &t->arena, "Accept", t->accept);
	add_header(r, &t->arena, "If-None-Match", t->etag);
	add_header(r, &t->arena, "If-Modified-Since", t->modified);
	if (!t->gzip)
		add_header(r, &t->arena, "Accept-Encoding", "identity");
	if (r->resuming && r->validator.n && !t->pinned)
		add_header(r, &t->arena, "If-Range", r->validator.p);
	add_own_headers(t);
	set_options(t);
	pf_request_send(t);
	set_range(t);
	set_way(r->curl, &r->pool->net, t->stall);
	pf_request_tls(t);
	if (t->of_files)
		pf_request_files_prepare(t);
	else
		set_credentials(t);
}

/* ---- the verdict ---- */

/* No answer, on a connection that was used before: what came is the rest of one to HEAD, which
 * has none with those who know HTTP. */
static bool is_left_over(const struct pf_request *r, CURLcode code)
{
	long connects = 1;

	curl_easy_getinfo(r->curl, CURLINFO_NUM_CONNECTS, &connects);
	return code == CURLE_UNSUPPORTED_PROTOCOL && connects == 0;
}

static bool may_pass(CURLcode code)
{
	static const CURLcode list[] = {
		CURLE_COULDNT_CONNECT, CURLE_PARTIAL_FILE, CURLE_OPERATION_TIMEDOUT,
		CURLE_GOT_NOTHING,     CURLE_SEND_ERROR,   CURLE_RECV_ERROR,
		CURLE_HTTP2,	       CURLE_HTTP2_STREAM,
	};

	for (size_t i = 0; i < PF_COUNT(list); i++)
		if (list[i] == code)
			return true;
	return false;
}

static int fail_status(struct pf_transfer *t)
{
	struct pf_request *r = t->own;
	curl_off_t wait = 0;

	curl_easy_getinfo(r->curl, CURLINFO_RETRY_AFTER, &wait);
	r->wait = wait > 86400 ? 86400 : (long)wait;
	r->again = t->status == 429 || t->status == 503 ||
		   (!t->once &&
		    (t->status == 408 || (t->status >= 500 && t->status != 501)));
	pf_fail(&t->err, PF_ETRANSFER, "HTTP status %ld%s", t->status,
		t->status == 412 ? ": it has changed since it was listed" : "");
	t->err.gone = t->status == 404 || t->status == 410;
	if (r->wait > MAX_RETRY_AFTER) {
		r->again = false;
		pf_fail(&t->err, PF_ETRANSFER, "HTTP status %ld, the server asks to wait %ld s",
			t->status, r->wait);
	}
	if (t->status == 416 && r->resuming)
		r->again = r->no_ranges = true;
	if ((t->status == 401 || t->status == 403) && !t->sign && !t->headers.n)
		pf_hint(&t->err, "the server wants credentials: in the URL, or in ~/.netrc");
	return -1;
}

static int judge_redirect(struct pf_transfer *t, struct pf_str to)
{
	struct pf_request *r = t->own;
	struct pf_url here, there;
	struct pf_err err;
	struct pf_str whole;

	if (!to.n || pf_url_split(&here, pf_s(r->url), &err) < 0)
		return pf_fail(&t->err, PF_ETRANSFER, "a redirect that leads nowhere");
	if (pf_url_join(&whole, &t->arena, &here, to, &err) < 0 ||
	    pf_url_split(&there, whole, &err) < 0 || !pf_url_is_http(&there))
		return pf_fail(&t->err, PF_ETRANSFER, "redirected to " PF_FMT ", which is %s",
			       PF_ARG(pf_shown(pf_url_open_part(&t->arena, to))),
			       pf_str_starts(to, "http") ? "malformed" : "neither http nor https");
	if (pf_str_ieq(here.scheme, "https") && !pf_str_ieq(there.scheme, "https"))
		return pf_fail(&t->err, PF_ETRANSFER, "redirected from https to http");
	if (there.user.p)
		return pf_fail(&t->err, PF_ETRANSFER, "redirected to a URL with credentials");
	if (++r->hops > PF_MAX_REDIRECTS)
		return pf_fail(&t->err, PF_ETRANSFER, "more than %d redirects", PF_MAX_REDIRECTS);
	if (whole.n > MAX_URL)
		return pf_fail(&t->err, PF_ETRANSFER, "redirected to a URL that is too long");
	if (pf_transfer_sends(t) &&
	    (!pf_url_same_origin(&r->first, &there) || (t->status != 307 && t->status != 308)))
		return pf_fail(&t->err, PF_ETRANSFER, "redirected, and the request is no GET");
	r->left |= !pf_url_same_origin(&r->first, &there);
	r->url = pf_url_bare(&t->arena, &there);
	return 0;
}

static int check_whole(struct pf_transfer *t)
{
	struct pf_request *r = t->own;
	char got[PF_SHA256_HEX] = "";

	if (t->size && !pf_transfer_wants_part(t) && r->bytes != t->size)
		return pf_fail(&t->err, PF_EINTEGRITY, "%llu bytes came, %llu are expected",
			       (unsigned long long)r->bytes, (unsigned long long)t->size);
	if (!t->sha256)
		return pf_sums_check(t);
	pf_hasher_end(&r->hasher, got);
	if (strcasecmp(got, t->sha256) == 0)
		return 0;
	pf_fail(&t->err, PF_EINTEGRITY, "sha256 is %s, expected %s", got, t->sha256);
	if (r->first_byte == '<')
		pf_hint(&t->err, "it looks like HTML: a proxy's or a login page?");
	return -1;
}

/* Half a second, doubled each time, a quarter of it by chance; or as long as the server wants. */
static enum pf_verdict try_again(struct pf_transfer *t, int64_t now)
{
	struct pf_request *r = t->own;
	unsigned tries = r->pool->net.tries ? r->pool->net.tries : PF_NET_TRIES;
	long ms = PF_WAIT_BETWEEN * 1000L;

	if (++r->tries >= tries)
		return PF_FAILED;
	if (r->tries < 8)
		ms = 500L << (r->tries - 1);
	ms += (long)(getpid() * 7919L % (ms / 4));
	if (r->wait * 1000 > ms)
		ms = r->wait * 1000;
	pf_debug("%s: %s; trying again", pf_url_shown(&t->arena, pf_s(r->url)), t->err.msg);
	r->due = now + ms;
	r->hops = 0;
	r->left = false;
	r->url = pf_url_bare(&t->arena, &r->first);
	return PF_ONCE_MORE;
}

static enum pf_verdict judge_success(struct pf_transfer *t)
{
	struct pf_request *r = t->own;
	struct pf_url u;
	struct pf_err err;

	if (pf_sums_ask(t))
		return PF_ONCE_MORE;
	if (t->status != 304 && !pf_transfer_is_head(t) && check_whole(t) < 0) {
		if (r->bad_digest || r->first_byte == '<')
			return PF_FAILED;
		r->bad_digest = r->no_ranges = true;
		r->bytes = 0;
		return PF_ONCE_MORE;
	}
	if (!pf_transfer_wants_part(t) && r->length != UINT64_MAX)
		t->total = r->length;
	t->final = pf_s(r->url);
	if (pf_url_split(&u, t->final, &err) == 0)
		t->final = pf_s(pf_url_bare(&t->arena, &u));
	return PF_DONE;
}

static bool is_success(const struct pf_transfer *t)
{
	return t->status == 200 || t->status == 206 ||
	       (t->method && (t->status == 201 || t->status == 204)) ||
	       (t->status == 304 && (t->etag || t->modified));
}

/* What curl calls out of memory is a header line it finds too long. Of a certificate its code
 * says only that there is something wrong with it. */
static const char *reason_of(const struct pf_request *r, CURLcode code)
{
	if (code == CURLE_OUT_OF_MEMORY)
		return "a header line that is too long";
	return code == CURLE_PEER_FAILED_VERIFICATION && *r->why ? r->why
								 : curl_easy_strerror(code);
}

enum pf_verdict pf_request_judge(struct pf_transfer *t, CURLcode code, int64_t now)
{
	struct pf_request *r = t->own;

	t->status = pf_request_status(r);
	if (pf_sums_answered(t))
		return judge_success(t);
	if (r->stopped)
		return r->again ? try_again(t, now) : PF_FAILED;
	if (t->of_files && code == CURLE_OK)
		return pf_answer_begin(t) < 0 ? PF_FAILED : judge_success(t);
	if (code != CURLE_OK && !(code == CURLE_WRITE_ERROR && !r->keeping)) {
		r->again = (may_pass(code) || is_left_over(r, code)) &&
			   (!t->once || code == CURLE_COULDNT_CONNECT);
		pf_fail(&t->err, PF_ETRANSFER, "%s", reason_of(r, code));
		if (t->of_files)
			r->again &= pf_request_files_fail(t, code);
		return r->again ? try_again(t, now) : PF_FAILED;
	}
	if (is_success(t))
		return judge_success(t);
	if (t->status >= 300 && t->status <= 399) {
		if (judge_redirect(t, r->location) < 0)
			return PF_FAILED;
		r->due = 0;
		return PF_ONCE_MORE;
	}
	if (pf_sums_refused(t))
		return PF_ONCE_MORE;
	fail_status(t);
	return r->again ? try_again(t, now) : PF_FAILED;
}
