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
PF_LAZY(library, "libcurl cannot be loaded", const char *, curl_easy_strerror, (CURLcode e), (e))
PTR(struct curl_slist *, curl_slist_append, (struct curl_slist * l, const char *s), (l, s))
NOTHING(curl_slist_free_all, (struct curl_slist * l), (l))
PF_LAZY(library, CURLE_FAILED_INIT, CURLcode, curl_global_init, (long flags), (flags))
PTR(CURLM *, curl_multi_init, (void), ())
PF_LAZY(library, CURLM_INTERNAL_ERROR, CURLMcode, curl_multi_cleanup, (CURLM * m), (m))
PF_LAZY(library, CURLM_INTERNAL_ERROR, CURLMcode, curl_multi_add_handle, (CURLM * m, CURL *c),
	(m, c))
PF_LAZY(library, CURLM_INTERNAL_ERROR, CURLMcode, curl_multi_remove_handle, (CURLM * m, CURL *c),
	(m, c))
PF_LAZY(library, CURLM_INTERNAL_ERROR, CURLMcode, curl_multi_perform, (CURLM * m, int *n), (m, n))
PF_LAZY(library, CURLM_INTERNAL_ERROR, CURLMcode, curl_multi_poll,
	(CURLM * m, struct curl_waitfd *more, unsigned n, int ms, int *ready),
	(m, more, n, ms, ready))
PTR(CURLMsg *, curl_multi_info_read, (CURLM * m, int *left), (m, left))
PF_LAZY(library, "libcurl cannot be loaded", const char *, curl_multi_strerror, (CURLMcode e), (e))

/* Their third argument is a long, a pointer or a curl_off_t: one machine word, which is passed
 * on. */
_Static_assert(sizeof(curl_off_t) == sizeof(void *), "an option's value is one word");

#undef curl_easy_setopt
CURLcode curl_easy_setopt(CURL *c, CURLoption option, ...)
{
	static CURLcode (*real)(CURL *, CURLoption, ...);
	void *value;
	va_list ap;

	if (!real)
		real = (__typeof__(real))pf_lazy_find(&library, "curl_easy_setopt");
	va_start(ap, option);
	value = va_arg(ap, void *);
	va_end(ap);
	return real ? real(c, option, value) : CURLE_FAILED_INIT;
}

#undef curl_easy_getinfo
CURLcode curl_easy_getinfo(CURL *c, CURLINFO info, ...)
{
	static CURLcode (*real)(CURL *, CURLINFO, ...);
	void *value;
	va_list ap;

	if (!real)
		real = (__typeof__(real))pf_lazy_find(&library, "curl_easy_getinfo");
	va_start(ap, info);
	value = va_arg(ap, void *);
	va_end(ap);
	return real ? real(c, info, value) : CURLE_FAILED_INIT;
}

#undef curl_multi_setopt
CURLMcode curl_multi_setopt(CURLM *m, CURLMoption option, ...)
{
	static CURLMcode (*real)(CURLM *, CURLMoption, ...);
	void *value;
	va_list ap;

	if (!real)
		real = (__typeof__(real))pf_lazy_find(&library, "curl_multi_setopt");
	va_start(ap, option);
	value = va_arg(ap, void *);
	va_end(ap);
	return real ? real(m, option, value) : CURLM_INTERNAL_ERROR;
}
