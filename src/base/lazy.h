/* lazy.h - functions of a shared library that is loaded when the first of them is called */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"

/* libcurl and libarchive bring forty libraries with them, and loading those takes longer than most
 * commands do. A function defined by PF_LAZY has the library's own name, so that its users include
 * the library's header and call it as ever; the header's declaration checks the definition. */
struct pf_lazy {
	const char *soname;	/* with the number of the interface that the headers describe */
	void *handle;
	bool failed;
};

/* Several threads may come at once. */
void *pf_lazy_find(struct pf_lazy *lib, const char *function);

/* `failed` is what the function returns when the library cannot be loaded. */
#define PF_LAZY(lib, failed, type, name, params, args)                                       \
	type(name) params                                                                    \
	{                                                                                    \
		static __typeof__(&(name)) found_;                                           \
		__typeof__(found_) real_ = __atomic_load_n(&found_, __ATOMIC_ACQUIRE);       \
		if (!real_ && !(real_ = (__typeof__(real_))pf_lazy_find(&(lib), #name)))     \
			return failed;                                                       \
		__atomic_store_n(&found_, real_, __ATOMIC_RELEASE);                          \
		return real_ args;                                                           \
	}
