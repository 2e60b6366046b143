/* tracking.c - an MLflow tracking server: who we are there, and one question to it */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/tracking.h"

#include <stdarg.h>
#include <sys/stat.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "fetch/aws.h"
#include "fetch/local.h"
#include "fetch/setting.h"
#include "fetch/sigv4.h"
#include "fetch/where.h"
#include "formats/ini.h"

/* ---- who we are ---- */

struct user {
	struct pf_str name, password;
};

static void take_credential(void *ctx, struct pf_str section, struct pf_str key,
			    struct pf_str value)
{
	struct user *u = ctx;

	if (!pf_str_is(section, "mlflow"))
		return;
	if (pf_str_is(key, "mlflow_tracking_username"))
		u->name = value;
	else if (pf_str_is(key, "mlflow_tracking_password"))
		u->password = value;
}

/* ~/.mlflow/credentials, where the environment does not say. */
static void read_user(struct user *u, struct pf_arena *a)
{
	const char *name = pf_setting("MLFLOW_TRACKING_USERNAME"),
		   *password = pf_setting("MLFLOW_TRACKING_PASSWORD");
	char *path = name && password ? NULL : pf_setting_file(a, NULL, ".mlflow/credentials");
	struct pf_err ignored;
	struct pf_str text;

	if (path && pf_setting_read(&text, a, path, &ignored) == 0)
		pf_ini_read(a, text, take_credential, u);
	if (name)
		u->name = pf_s(name);
	if (password)
		u->password = pf_s(password);
}

/* As MLflow's requests-auth-aws-sigv4 does: of API Gateway, whose header takes the place of any
 * other. */
static int sign_by_aws(struct pf_tracking *s, struct pf_arena *a, struct pf_pool *p,
		       struct pf_err *err)
{
	struct pf_aws aws;

	if (pf_aws_find(&aws, a, p, false, err) < 0)
		return pf_wrap(err, "MLFLOW_TRACKING_AWS_SIGV4");
	if (!aws.key.id.n) {
		pf_fail(err, PF_EUSAGE,
			"MLFLOW_TRACKING_AWS_SIGV4 is set, and no AWS credentials were found");
		return pf_hint(err, "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
				    "AWS_PROFILE");
	}
	s->aws = pf_alloc(a, sizeof(*s->aws));
	*s->aws = (struct pf_sigv4){ .id = aws.key.id,
				     .secret = aws.key.secret,
				     .token = aws.key.token,
				     .region = aws.region,
				     .service = "execute-api",
				     .content = true,
				     .twice = true };
	s->who = "MLFLOW_TRACKING_AWS_SIGV4";
	return 0;
}

static int refuse_plugin(const char *name, struct pf_err *err)
{
	pf_fail(err, PF_EUSAGE, "MLFLOW_TRACKING_AUTH names \"" PF_FMT "\", a plugin in Python",
		PF_ARG(pf_shown(pf_s(name))));
	return pf_hint(err, "unset it, and set MLFLOW_TRACKING_TOKEN, or "
			    "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD");
}

/* Both a user and a password, or a token: MLflow's order. */
static int log_in(struct pf_tracking *s, struct pf_arena *a, struct pf_pool *p, struct pf_err *err)
{
	const char *token = pf_setting("MLFLOW_TRACKING_TOKEN");
	struct user u = { 0 };
	struct pf_url url = s->url;

	if (pf_setting_is_true("MLFLOW_TRACKING_AWS_SIGV4"))
		return sign_by_aws(s, a, p, err);
	if (pf_setting("MLFLOW_TRACKING_AUTH"))
		return refuse_plugin(pf_setting("MLFLOW_TRACKING_AUTH"), err);
	if (url.user.p) {
		s->who = "the tracking URI";
		return pf_pool_login(p, &url, err);
	}
	read_user(&u, a);
	if (!u.name.n || !u.password.n) {
		s->who = token ? "MLFLOW_TRACKING_TOKEN" : NULL;
		s->token = token ? pf_format(a, "Authorization: Bearer %s", token) : PF_S("");
		return 0;
	}
	s->who = pf_setting("MLFLOW_TRACKING_PASSWORD") ? "MLFLOW_TRACKING_PASSWORD"
							: "~/.mlflow/credentials";
	url.user = pf_format(a, PF_FMT ":" PF_FMT, PF_ARG(pf_url_encode(a, u.name, "")),
			     PF_ARG(pf_url_encode(a, u.password, "")));
	return pf_pool_login(p, &url, err);
}

/* ---- how it is reached ---- */

static unsigned number(const char *name, unsigned most)
{
	uint64_t value = 0;

	if (!pf_str_u64(pf_s(pf_setting(name)), &value))
		return 0;
	return value > most ? most : (unsigned)value;
}

void pf_tracking_wait(struct pf_net *net)
{
	if (number("MLFLOW_HTTP_REQUEST_TIMEOUT", PF_MAX_NET_WAIT))
		net->wait = number("MLFLOW_HTTP_REQUEST_TIMEOUT", PF_MAX_NET_WAIT);
	if (pf_setting("MLFLOW_HTTP_REQUEST_MAX_RETRIES"))
		net->tries = 1 + number("MLFLOW_HTTP_REQUEST_MAX_RETRIES", PF_MAX_NET_TRIES - 1);
}

static int set_net(struct pf_pool *p, const struct pf_tracking *s, struct pf_err *err)
{
	bool insecure = pf_setting_is_true("MLFLOW_TRACKING_INSECURE_TLS");
	const char *cert = pf_setting("MLFLOW_TRACKING_SERVER_CERT_PATH");

	if (insecure && cert)
		return pf_fail(err, PF_EUSAGE,
			       "MLFLOW_TRACKING_INSECURE_TLS and "
			       "MLFLOW_TRACKING_SERVER_CERT_PATH contradict each other");
	if (insecure)
		*PF_PUSH(&p->arena, &p->net.trusted) = s->base;
	if (cert)
		p->net.cert = cert;
	if (pf_setting("MLFLOW_TRACKING_CLIENT_CERT_PATH")) {
		p->net.client_cert = pf_setting("MLFLOW_TRACKING_CLIENT_CERT_PATH");
		*PF_PUSH(&p->arena, &p->net.client_for) = pf_dup(&p->arena, s->base);
	}
	pf_tracking_wait(&p->net);
	return 0;
}

static int fail_no_server(struct pf_err *err, const char *uri)
{
	PF_AUTO(arena) a = { 0 };

	if (!uri)
		pf_fail(err, PF_EUSAGE, "no tracking server is set");
	else
		pf_fail(err, PF_EUSAGE, "the tracking URI %s is none of a server",
			pf_url_shown(&a, pf_s(uri)));
	return pf_hint(err, "set MLFLOW_TRACKING_URI to an http: or https: URL, or to a folder "
			    "like mlruns; of a database, start mlflow server");
}

static const char *uri_of(enum pf_tracking_role role)
{
	return role == PF_REGISTRY && pf_setting("MLFLOW_REGISTRY_URI")
		       ? pf_setting("MLFLOW_REGISTRY_URI")
		       : pf_setting("MLFLOW_TRACKING_URI");
}

char *pf_tracking_folder(struct pf_arena *a, enum pf_tracking_role role)
{
	static const char *const words[] = { "databricks", "databricks-uc", "uc", NULL };
	const char *uri = uri_of(role);
	struct pf_err ignored;
	struct stat st;
	char *path;

	if (!uri)
		return stat("mlruns", &st) == 0 && S_ISDIR(st.st_mode) ? pf_dupz(a, PF_S("mlruns"))
								       : NULL;
	if (!pf_where_is_local(pf_s(uri)) || pf_str_in(pf_s(uri), words))
		return NULL;
	return pf_local_path(&path, a, uri, &ignored) < 0 ? NULL : path;
}

int pf_tracking_open(struct pf_tracking *out, struct pf_arena *a, struct pf_pool *p,
		     enum pf_tracking_role role, struct pf_err *err)
{
	const char *uri = uri_of(role);
	struct pf_tracking s = { 0 };
	struct pf_url bare;

	if (!uri || pf_url_split(&s.url, pf_s(uri), err) < 0 || !pf_url_is_http(&s.url))
		return fail_no_server(err, uri);
	bare = s.url;
	bare.query = bare.fragment = (struct pf_str){ 0 };
	s.base = pf_s(pf_url_bare(a, &bare));
	while (pf_str_ends(s.base, "/"))
		s.base.n--;
	if (set_net(p, &s, err) < 0 || log_in(&s, a, p, err) < 0)
		return -1;
	*out = s;
	return 0;
}

bool pf_tracking_is_at(const struct pf_url *u)
{
	const char *uri = pf_setting("MLFLOW_TRACKING_URI");
	struct pf_err ignored;
	struct pf_url server;

	return uri && pf_url_split(&server, pf_s(uri), &ignored) == 0 && pf_url_is_http(&server) &&
	       pf_url_same_origin(&server, u);
}

void pf_tracking_sign(const struct pf_tracking *s, struct pf_transfer *t)
{
	struct pf_err ignored;
	struct pf_url u;

	if (pf_url_split(&u, pf_s(t->url), &ignored) < 0 || !pf_url_same_origin(&u, &s->url))
		return;
	if (s->token.n)
		*PF_PUSH(&t->arena, &t->headers) = s->token;
	if (s->aws) {
		t->sign = pf_sigv4_hook;
		t->sign_ctx = s->aws;
	}
}

/* ---- a question ---- */

struct pf_str pf_url_query_of(struct pf_arena *a, const char *name, struct pf_str value, ...)
{
	struct pf_str out = { 0 };
	va_list more;

	va_start(more, value);
	for (; name; name = va_arg(more, const char *)) {
		if (out.n)
			value = va_arg(more, struct pf_str);
		out = pf_format(a, PF_FMT "%s%s=" PF_FMT, PF_ARG(out), out.n ? "&" : "", name,
				PF_ARG(pf_url_encode(a, value, "")));
	}
	va_end(more);
	return out;
}

/* {"error_code": "...", "message": "..."} is the server's own sentence. */
void pf_tracking_refusal(const struct pf_transfer *t, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_err ignored;
	struct pf_node *root;

	if (!t->problem.n || pf_json_parse(&root, &a, pf_buf_view(&t->problem), &ignored) < 0 ||
	    !pf_node_text(root, "error_code").n)
		return;
	pf_fail(err, PF_ETRANSFER, PF_FMT ": " PF_FMT,
		PF_ARG(pf_shown(pf_node_text(root, "error_code"))),
		PF_ARG(pf_shown(pf_node_text(root, "message"))));
	err->gone = t->status == 404;
}

/* Where to look, and never what is there. */
static void hint_who(const struct pf_tracking *s, const struct pf_transfer *t, struct pf_err *err)
{
	if (t->status != 401 && t->status != 403)
		return;
	if (s->who)
		pf_hint(err, "who asks is what %s says", s->who);
	else
		pf_hint(err, "nobody asks: set MLFLOW_TRACKING_USERNAME and "
			     "MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN");
}

const char *pf_tracking_url(struct pf_arena *a, const struct pf_tracking *s, struct pf_str path)
{
	return pf_formatz(a, PF_FMT "/api/2.0/mlflow/" PF_FMT, PF_ARG(s->base), PF_ARG(path));
}

struct pf_str pf_tracking_artifacts(struct pf_arena *a, const struct pf_tracking *s,
				    const struct pf_url *u, const char *service)
{
	size_t host = pf_str_find_str(s->base, "://") + 3;
	size_t slash = pf_str_find(pf_str_skip(s->base, host), '/');
	struct pf_str prefix = slash == PF_NPOS ? PF_S("") : pf_str_skip(s->base, host + slash);

	if (!u->host.n)
		return pf_format(a, PF_FMT "/api/2.0/mlflow-artifacts/%s", PF_ARG(s->base),
				 service);
	return pf_format(a, PF_FMT PF_FMT "%s" PF_FMT PF_FMT "/api/2.0/mlflow-artifacts/%s",
			 PF_ARG(pf_str_cut(s->base, 0, host)), PF_ARG(u->host),
			 u->port.n ? ":" : "", PF_ARG(u->port), PF_ARG(prefix), service);
}

int pf_tracking_ask(struct pf_node **out, struct pf_arena *a, struct pf_pool *p,
		    const struct pf_tracking *s, struct pf_str path, struct pf_str body,
		    struct pf_err *err)
{
	struct pf_tracking_call what = { .method = body.p ? "POST" : NULL,
					 .url = pf_tracking_url(a, s, path),
					 .body = body };

	return pf_tracking_call(out, a, p, s, &what, err);
}

int pf_tracking_call(struct pf_node **out, struct pf_arena *a, struct pf_pool *p,
		     const struct pf_tracking *s, const struct pf_tracking_call *what,
		     struct pf_err *err)
{
	struct pf_transfer t = { .url = what->url,
				 .accept = "application/json",
				 .method = what->method,
				 .send = what->body,
				 .once = what->once,
				 .body = PF_BUF(PF_MAX_REST),
				 .problem = PF_BUF(PF_MAX_REST),
				 .max = PF_MAX_REST };
	int rc;

	if (what->body.p)
		*PF_PUSH(&t.arena, &t.headers) = PF_S("Content-Type: application/json");
	pf_tracking_sign(s, &t);
	pf_pool_start(p, &t);
	rc = pf_pool_wait(p, &t, err);
	if (rc < 0 && err->code < PF_ESIGNAL) {
		pf_tracking_refusal(&t, err);
		hint_who(s, &t, err);
	} else if (rc == 0 && pf_json_parse(out, a, t.body.n ? pf_dup(a, pf_buf_view(&t.body)) : PF_S("{}"), err) < 0) {
		err->code = PF_ETRANSFER;
		rc = pf_wrap(err, "the answer of %s", t.url);
	}
	pf_transfer_free(p, &t);
	return rc;
}
