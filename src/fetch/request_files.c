/* request_files.c - a request of ftp: or sftp: which way, as whom, and to which host alone */
/* SPDX-License-Identifier: Apache-2.0 */
#include <pwd.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/str.h"
#include "fetch/request.h"
#include "fetch/setting.h"

int pf_request_files_open(struct pf_transfer *t)
{
	struct pf_request *r = t->own;

	if (pf_url_split_any(&r->first, pf_s(t->url), &t->err) < 0)
		return -1;
	if (!pf_str_is(r->first.scheme, "ftp") && !pf_str_is(r->first.scheme, "sftp"))
		return pf_fail(&t->err, PF_EUSAGE, "neither an ftp: nor an sftp: URL");
	r->url = pf_dupz(&t->arena, pf_s(t->url));
	return 0;
}

/* A host's key is the one that is known for it, or nothing is asked of that host. */
static int judge_host(CURL *c, const struct curl_khkey *known, const struct curl_khkey *found,
		      enum curl_khmatch match, void *ctx)
{
	struct pf_request *r = ctx;

	(void)c;
	(void)known;
	(void)found;
	r->unknown_host = match != CURLKHMATCH_OK;
	return r->unknown_host ? CURLKHSTAT_REJECT : CURLKHSTAT_FINE;
}

static const char *own_name(void)
{
	const struct passwd *pw;

	if (pf_setting("LOGNAME"))
		return pf_setting("LOGNAME");
	pw = getpwuid(getuid());
	return pw ? pw->pw_name : "";
}

/* Keys are those of the agent, else the first one of the home directory. */
static void set_ssh(struct pf_transfer *t)
{
	static const char *const keys[] = { "id_ed25519", "id_ecdsa", "id_rsa" };
	struct pf_request *r = t->own;
	const char *home = pf_home();
	char *key = NULL;

	for (size_t i = 0; i < PF_COUNT(keys) && !key; i++)
		key = pf_setting_file(&t->arena, NULL,
				      pf_formatz(&t->arena, ".ssh/%s", keys[i]));
	curl_easy_setopt(r->curl, CURLOPT_SSH_KNOWNHOSTS,
			 pf_formatz(&t->arena, "%s/.ssh/known_hosts", home ? home : ""));
	curl_easy_setopt(r->curl, CURLOPT_SSH_KEYFUNCTION, judge_host);
	curl_easy_setopt(r->curl, CURLOPT_SSH_KEYDATA, r);
	curl_easy_setopt(r->curl, CURLOPT_SSH_AUTH_TYPES,
			 (long)(CURLSSH_AUTH_AGENT | CURLSSH_AUTH_PUBLICKEY |
				CURLSSH_AUTH_PASSWORD | CURLSSH_AUTH_KEYBOARD));
	if (key)
		curl_easy_setopt(r->curl, CURLOPT_SSH_PRIVATE_KEYFILE, key);
}

static void set_user(struct pf_transfer *t, bool ssh)
{
	CURL *c = t->own->curl;
	size_t colon = pf_str_find(t->user, ':');
	struct pf_str name = pf_url_decode(&t->arena, pf_str_cut(t->user, 0, colon)),
		      password = pf_url_decode(&t->arena, pf_str_skip(t->user, colon + 1));
	const char *netrc = pf_setting("NETRC");

	if (t->user.p && name.n) {
		curl_easy_setopt(c, CURLOPT_USERNAME, pf_dupz(&t->arena, name));
		if (colon != PF_NPOS && password.p)
			curl_easy_setopt(c, CURLOPT_PASSWORD, pf_dupz(&t->arena, password));
		return;
	}
	if (ssh)
		curl_easy_setopt(c, CURLOPT_USERNAME, own_name());
	curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_OPTIONAL);
	if (netrc)
		curl_easy_setopt(c, CURLOPT_NETRC_FILE, netrc);
}

void pf_request_files_prepare(struct pf_transfer *t)
{
	struct pf_request *r = t->own;
	bool ssh = pf_str_is(r->first.scheme, "sftp");

	r->unknown_host = false;
	curl_easy_setopt(r->curl, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(r->curl, CURLOPT_PROTOCOLS_STR, ssh ? "sftp" : "ftp");
	curl_easy_setopt(r->curl, CURLOPT_PROXY, ""); /* of HTTP, which would answer in it */
	if (ssh) {
		set_ssh(t);
	} else { /* paths from the root on; what PASV says of another host is not heeded */
		curl_easy_setopt(r->curl, CURLOPT_FTP_FILEMETHOD, (long)CURLFTPMETHOD_NOCWD);
		curl_easy_setopt(r->curl, CURLOPT_FTP_SKIP_PASV_IP, 1L);
	}
	set_user(t, ssh);
}

bool pf_request_files_fail(struct pf_transfer *t, CURLcode code)
{
	struct pf_request *r = t->own;

	if (r->unknown_host) {
		pf_fail(&t->err, PF_ETRANSFER, "the key of the host is not the one that is known");
		pf_hint(&t->err, "connect with ssh once, or put it into ~/.ssh/known_hosts");
		return false;
	}
	if (code == CURLE_UNSUPPORTED_PROTOCOL) {
		pf_fail(&t->err, PF_EUSAGE, "this libcurl does not speak " PF_FMT,
			PF_ARG(r->first.scheme));
		pf_hint(&t->err, "copy the model to a local directory first, then give that");
		return false;
	}
	t->err.gone = code == CURLE_REMOTE_FILE_NOT_FOUND;
	if (code == CURLE_LOGIN_DENIED)
		pf_hint(&t->err, "the server wants another user or password: in the URL%s",
			pf_str_is(r->first.scheme, "sftp") ? ", or a key in ~/.ssh"
							   : ", or in ~/.netrc");
	return true;
}
