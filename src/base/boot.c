/* boot.c - which start of the machine this is: what was written before may be torn */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/boot.h"

#include <fcntl.h>

#include "base/fs.h"
#include "base/str.h"

struct pf_str pf_boot_id(char out[40])
{
	PF_AUTO(buf) text = PF_BUF(64);
	struct pf_err ignored;

	if (pf_read_file(&text, AT_FDCWD, "/proc/sys/kernel/random/boot_id", &ignored) < 0 ||
	    !text.n)
		return PF_S("unknown");
	snprintf(out, 40, PF_FMT, PF_ARG(pf_str_trim(pf_buf_view(&text))));
	return pf_s(out);
}

const char *pf_boot_mark(char out[64])
{
	char id[40];
	struct pf_str boot = pf_boot_id(id);

	snprintf(out, 64, "verified-" PF_FMT, PF_ARG(boot));
	return out;
}
