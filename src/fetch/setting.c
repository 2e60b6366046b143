/* setting.c - what the environment says of servers, and who we are there */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/setting.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"

const char *pf_setting(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

bool pf_setting_is_true(const char *name)
{
	const char *value = pf_setting(name);

	return value && (pf_str_ieq(pf_s(value), "true") || strcmp(value, "1") == 0);
}

char *pf_setting_file(struct pf_arena *a, const char *name, const char *below_home)
{
	const char *value = name ? pf_setting(name) : NULL, *home = pf_home();
	char *path = value  ? pf_dupz(a, pf_s(value))
		     : home ? pf_formatz(a, "%s/%s", home, below_home)
			    : NULL;

	return path && access(path, R_OK) == 0 ? path : NULL;
}

int pf_setting_read(struct pf_str *out, struct pf_arena *a, const char *path, struct pf_err *err)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_TEXT_FILE);

	if (pf_read_file(&text, AT_FDCWD, path, err) < 0)
		return -1;
	*out = pf_dup(a, pf_buf_view(&text));
	return 0;
}
