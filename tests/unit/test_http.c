/* test_http.c - downloads from a server that misbehaves, on loopback */
/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fetch/http.h"

#define OK "HTTP/1.1 200 OK\r\n"
#define HELLO_SHA "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

/* A path, how often it answers `first`, what it answers then. */
static const struct answer {
	const char *path, *first, *then;
	int times;
} answers[] = {
	{ "/ok", NULL, OK "Content-Length: 5\r\n\r\nhello", 0 },
	{ "/chunked", NULL, OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 0 },
	{ "/cut-once", OK "Content-Length: 5\r\n\r\nhel", OK "Content-Length: 5\r\n\r\nhello", 1 },
	{ "/busy-once", "HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 4\r\n\r\nbusy",
	  OK "Content-Length: 5\r\n\r\nhello", 1 },
	{ "/busy-long", NULL, "HTTP/1.1 429 Busy\r\nRetry-After: 9999\r\nContent-Length: 0\r\n\r\n", 0 },
	{ "/404", NULL, "HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nno", 0 },
	{ "/403", NULL, "HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno", 0 },
	{ "/html", NULL, OK "Content-Length: 6\r\n\r\n<html>", 0 },
	{ "/big", NULL, OK "Content-Length: 11\r\n\r\nhello world", 0 },
	{ "/to-ok", NULL, "HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n", 0 },
	{ "/to-loop", NULL, "HTTP/1.1 302 Found\r\nLocation: /to-loop\r\nContent-Length: 0\r\n\r\n", 0 },
	{ "/to-file", NULL, "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n", 0 },
	{ "/to-none", NULL, "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", 0 },
	{ "/to-user", NULL, "HTTP/1.1 302 Found\r\nLocation: http://u:p@127.0.0.1/\r\nContent-Length: 0\r\n\r\n", 0 },
	{ "/gzip", NULL, OK "Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello", 0 },
	{ "/http09", NULL, "hello", 0 },
};

static pid_t server;
static int port;

static void write_all(int fd, const char *text)
{
	struct pf_err err;

	if (pf_write_fd(fd, text, strlen(text), &err) < 0)
		_exit(1);
}

static void serve(int listener)
{
	int counts[PF_COUNT(answers)] = { 0 };

	for (;;) {
		char text[4096] = "";
		size_t n = 0;
		ssize_t got;
		int fd = accept(listener, NULL, NULL);

		while (n < sizeof(text) - 1 && (got = read(fd, text + n, sizeof(text) - 1 - n)) > 0) {
			n += (size_t)got;
			text[n] = '\0';
			if (strstr(text, "\r\n\r\n"))
				break;
		}
		for (size_t i = 0; i < PF_COUNT(answers); i++) {
			size_t len = strlen(answers[i].path);

			if (strncmp(text + 4, answers[i].path, len) != 0 || text[4 + len] != ' ')
				continue;
			write_all(fd, counts[i]++ < answers[i].times ? answers[i].first : answers[i].then);
		}
		close(fd);
	}
}

static int set_up(void **state)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	if (bind(listener, (struct sockaddr *)&address, size) < 0 || listen(listener, 8) < 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &size) < 0)
		return -1;
	port = ntohs(address.sin_port);
	server = fork();
	if (server == 0)
		serve(listener);
	close(listener);
	setenv("no_proxy", "127.0.0.1", 1);
	return server < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	kill(server, SIGKILL);
	return waitpid(server, NULL, 0) == server ? 0 : -1;
}

static void downloads(void **state)
{
	static const struct {
		const char *path;
		int code;
		const char *message;	/* after the URL; NULL: done */
		const char *hint;
	} rows[] = {
		{ "/ok", 0, NULL, "" },
		{ "/chunked", 0, NULL, "" },
		{ "/cut-once", 0, NULL, "" },
		{ "/busy-once", 0, NULL, "" },
		{ "/to-ok", 0, NULL, "" },
		{ "/busy-long", PF_ETRANSFER, "HTTP status 429, the server asks to wait 9999 s", "" },
		{ "/404", PF_ETRANSFER, "HTTP status 404", "" },
		{ "/403", PF_ETRANSFER, "HTTP status 403", "the server wants credentials: in the URL, or in ~/.netrc" },
		{ "/html", PF_EINTEGRITY, NULL, "it looks like HTML: a proxy's or a login page?" },
		{ "/big", PF_ELIMIT, "larger than 10 bytes", "" },
		{ "/to-loop", PF_ETRANSFER, "more than 10 redirects", "" },
		{ "/to-file", PF_ETRANSFER,
		  "redirected to file:///etc/passwd, which is neither http nor https", "" },
		{ "/to-none", PF_ETRANSFER, "a redirect that leads nowhere", "" },
		{ "/to-user", PF_ETRANSFER, "redirected to a URL with credentials", "" },
		{ "/gzip", PF_ETRANSFER, "the server encodes the file, which was not asked for", "" },
		{ "/http09", PF_ETRANSFER, "Received HTTP/0.9 when not allowed", NULL },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		char path[] = "/tmp/pf-http-XXXXXX", url[128], expected[256], text[32] = "";
		struct pf_err err = { 0 };
		int fd = mkstemp(path), rc;

		unlink(path);
		snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", port, rows[i].path);
		rc = pf_http_download(fd, url, HELLO_SHA, 10, &err);
		if (err.code != rows[i].code)
			fail_msg("%s: %d %s", url, err.code, err.msg);
		assert_int_equal(rc, rows[i].code ? -1 : 0);
		if (rows[i].message) {
			snprintf(expected, sizeof(expected), "%s: %s", url, rows[i].message);
			if (rows[i].hint)
				assert_string_equal(err.msg, expected);
		}
		if (rows[i].hint)
			assert_string_equal(err.hint, rows[i].hint);
		if (!rows[i].code) {
			assert_int_equal(pread(fd, text, sizeof(text) - 1, 0), 5);
			assert_string_equal(text, "hello");
		}
		close(fd);
	}
}

static void reads_text(void **state)
{
	struct pf_buf text = PF_BUF(10);
	struct pf_err err = { 0 };
	char url[128];

	(void)state;
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/ok", port);
	assert_int_equal(pf_http_text(&text, url, &err), 0);
	assert_string_equal(text.p, "hello");
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/big", port);
	assert_int_equal(pf_http_text(&text, url, &err), -1);
	assert_int_equal(err.code, PF_ELIMIT);
	assert_int_equal(pf_http_text(&text, "ftp://h/x", &err), -1);
	assert_string_equal(err.msg, "ftp://h/x: neither an http:, https: nor file: URL");
	pf_buf_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(downloads),
		cmocka_unit_test(reads_text),
	};

	return cmocka_run_group_tests_name("http", tests, set_up, tear_down);
}
