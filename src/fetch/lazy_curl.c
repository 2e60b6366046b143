/* lazy_curl.c - what we call of libcurl, which is loaded when it is first needed */
/* SPDX-License-Identifier: Apache-2.0 */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <stdarg.h>

#include "base/lazy.h"

static struct pf_lazy library = { .soname = "libcurl.so.4" };

#define PTR(type, name, params, args) PF_LAZY(library, NULL, type, name, params, args)
#define NOTHING(name, params, args) PF_LAZY(library, , void, name, params, args)

PTR(CURL *, curl_easy_init, (void), ())
NOTHING(curl_easy_cleanup, (CURL * c), (c))
NOTHING(curl_easy_reset, (CURL * c), (c))
PF_LAZY(library, CURLE_FAILED_INIT, CURLcode, curl_easy_perform, (CURL * c), (c))
PF_LAZY(library, "libcurl cannot be loaded", const char *, curl_easy_strerror, (CURLcode e), (e))
PTR(struct curl_slist *, curl_slist_append, (struct curl_slist * l, const char *s), (l, s))
NOTHING(curl_slist_free_all, (struct curl_slist * l), (l))
NOTHING(curl_free, (void *p), (p))
PTR(CURLU *, curl_url, (void), ())
NOTHING(curl_url_cleanup, (CURLU * u), (u))
PF_LAZY(library, CURLUE_BAD_HANDLE, CURLUcode, curl_url_get,
	(PF_CURLU_CONST CURLU * u, CURLUPart part, char **out, unsigned flags), (u, part, out, flags))
PF_LAZY(library, CURLUE_BAD_HANDLE, CURLUcode, curl_url_set,
	(CURLU * u, CURLUPart part, const char *s, unsigned flags), (u, part, s, flags))

/* Their third argument is a long, a pointer or a curl_off_t: one machine word, which is passed on. */
_Static_assert(sizeof(curl_off_t) == sizeof(void *), "an option's value is one word");

#undef curl_easy_setopt
CURLcode curl_easy_setopt(CURL *c, CURLoption option, ...)
{
	CURLcode (*real)(CURL *, CURLoption, ...) =
		(__typeof__(real))pf_lazy_find(&library, "curl_easy_setopt");
	void *value;
	va_list ap;

	va_start(ap, option);
	value = va_arg(ap, void *);
	va_end(ap);
	return real ? real(c, option, value) : CURLE_FAILED_INIT;
}

#undef curl_easy_getinfo
CURLcode curl_easy_getinfo(CURL *c, CURLINFO info, ...)
{
	CURLcode (*real)(CURL *, CURLINFO, ...) =
		(__typeof__(real))pf_lazy_find(&library, "curl_easy_getinfo");
	void *value;
	va_list ap;

	va_start(ap, info);
	value = va_arg(ap, void *);
	va_end(ap);
	return real ? real(c, info, value) : CURLE_FAILED_INIT;
}
