/* pipconf.c - pip's configuration files, read as pip reads them */
/* SPDX-License-Identifier: Apache-2.0 */
#include "solve/pipconf.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "formats/ini.h"

struct reading {
	struct pf_pipconf *out;
	struct pf_arena *a;
};

static struct pf_map *find_section(struct pf_pipconf *c, struct pf_str name)
{
	return pf_str_is(name, "install")  ? &c->install
	       : pf_str_is(name, "global") ? &c->global
					   : NULL;
}

/* "Index_URL" and "--index-url" are one key. */
static void take_value(void *ctx, struct pf_str section, struct pf_str key, struct pf_str value)
{
	struct reading *r = ctx;
	struct pf_map *map = find_section(r->out, section);
	char *name = pf_dupz(r->a, key);
	void **place;
	struct pf_str *copy;

	if (!map)
		return;
	for (char *p = name; *p; p++)
		*p = *p == '_' ? '-' : pf_lower(*p);
	place = pf_map_put(r->a, map, pf_s(strncmp(name, "--", 2) == 0 ? name + 2 : name));
	*place = copy = pf_alloc(r->a, sizeof(*copy));
	*copy = pf_dup(r->a, value);
}

static void read_file(struct pf_pipconf *out, struct pf_arena *a, const char *path)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_TEXT_FILE);
	struct pf_err err;

	if (access(path, R_OK) < 0)
		return;
	if (pf_read_file(&text, AT_FDCWD, path, &err) == 0)
		pf_ini_read(a, pf_buf_view(&text), take_value, &(struct reading){ out, a });
	else if (!out->quiet)
		pf_warn("%s", err.msg);
}

/* DIR/pip.conf, where there is such a folder. */
static void read_in(struct pf_pipconf *out, struct pf_arena *a, struct pf_str dir,
		    const char *below)
{
	if (dir.n)
		read_file(out, a, pf_formatz(a, PF_FMT "%s/pip.conf", PF_ARG(dir), below));
}

static void read_users(struct pf_pipconf *out, struct pf_arena *a)
{
	struct pf_str home = pf_s(pf_home()), config = pf_s(getenv("XDG_CONFIG_HOME"));

	read_in(out, a, home, "/.pip");
	if (config.n)
		read_in(out, a, config, "/pip");
	else
		read_in(out, a, home, "/.config/pip");
}

void pf_pipconf_read(struct pf_pipconf *out, struct pf_arena *a, struct pf_str prefix, bool quiet)
{
	const char *own = getenv("PIP_CONFIG_FILE"), *dirs = getenv("XDG_CONFIG_DIRS");
	struct pf_str rest = pf_s(dirs && *dirs ? dirs : "/etc/xdg"), dir;
	bool named = own && *own && access(own, F_OK) == 0;

	*out = (struct pf_pipconf){ .quiet = quiet };
	if (own && strcmp(own, "/dev/null") == 0)
		return;
	while (pf_str_next(&rest, ':', &dir))
		read_in(out, a, dir, "/pip");
	read_file(out, a, "/etc/pip.conf");
	if (!named)
		read_users(out, a);
	read_in(out, a, prefix, "");
	read_in(out, a, pf_s(getenv("CONDA_PREFIX")), "");
	read_in(out, a, pf_s(getenv("VIRTUAL_ENV")), "");
	if (named)
		read_file(out, a, own);
}

struct pf_str pf_pipconf_get(const struct pf_pipconf *c, const char *key)
{
	const struct pf_str *install = pf_map_get(&c->install, pf_s(key));
	const struct pf_str *global = pf_map_get(&c->global, pf_s(key));

	return install && install->n ? *install : global ? *global : (struct pf_str){ 0 };
}
