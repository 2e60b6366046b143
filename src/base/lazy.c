/* lazy.c - functions of a shared library that is loaded when the first of them is called */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/lazy.h"

#include <dlfcn.h>
#include <pthread.h>

#include "base/log.h"

static void *find(struct pf_lazy *lib, const char *function)
{
	void *found;

	if (!lib->handle && !lib->failed) {
		lib->handle = dlopen(lib->soname, RTLD_NOW | RTLD_LOCAL);
		lib->failed = !lib->handle;
		if (lib->failed)
			pf_warn("%s cannot be loaded: %s", lib->soname, dlerror());
	}
	found = lib->handle ? dlsym(lib->handle, function) : NULL;
	if (lib->handle && !found)
		pf_warn("%s has no function %s", lib->soname, function);
	return found;
}

void *pf_lazy_find(struct pf_lazy *lib, const char *function)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	void *found;

	pthread_mutex_lock(&lock);
	found = find(lib, function);
	pthread_mutex_unlock(&lock);
	return found;
}
