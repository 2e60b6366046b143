/* kept.c - records of what was built, written whole or not at all */
/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kept.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "formats/digest.h"

void pf_kept_name(struct pf_kept *out, struct pf_arena *a, char *store, struct pf_str sha256,
		  const struct pf_build_for *whom)
{
	const struct pf_python *p = whom->python;
	PF_AUTO(buf) b = PF_BUF(PF_MAX_LOCK);
	char hex[PF_SHA256_HEX];

	pf_buf_printf(&b, PF_FMT "\n" PF_FMT "\n" PF_FMT "\n", PF_ARG(p->platform), PF_ARG(p->libc),
		      PF_ARG(p->soabi));
	for (size_t i = 0; whom->needs && whom->o->allow_model_index && i < whom->needs->asked.n;
	     i++)
		if (whom->needs->asked.v[i].kind == PF_ASKED_INDEX)
			pf_buf_printf(&b, PF_FMT "\n", PF_ARG(whom->needs->asked.v[i].text));
	pf_sha256_hex(hex, b.p, b.n);
	out->store = store;
	out->sha256 = pf_dupz(a, sha256);
	out->name = pf_formatz(a, PF_FMT "-" PF_FMT "-%d%d-%.16s", PF_ARG(sha256),
			       PF_ARG(p->implementation), p->major, p->minor, hex);
}

static bool read_text(struct pf_str *out, struct pf_arena *a, const struct pf_kept *k,
		      const char *suffix, size_t max)
{
	PF_AUTO(buf) text = PF_BUF(max);
	struct pf_err ignored;
	char *path = pf_formatz(a, "%s/built/%s.%s", k->store, k->name, suffix);

	if (access(path, R_OK) < 0 || pf_read_file(&text, AT_FDCWD, path, &ignored) < 0)
		return false;
	*out = pf_dup(a, pf_buf_view(&text));
	return true;
}

static int write_text(const struct pf_kept *k, const char *suffix, struct pf_str text,
		      struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };

	if (pf_mkdir_p(pf_formatz(&a, "%s/built", k->store), 0755, err) < 0)
		return -1;
	return pf_write_atomic(AT_FDCWD,
			       pf_formatz(&a, "%s/built/%s.%s", k->store, k->name, suffix), text,
			       0444, err);
}

int pf_kept_metadata(struct pf_str *out, struct pf_arena *a, const struct pf_kept *k)
{
	return read_text(out, a, k, "metadata", PF_MAX_DIST_INFO);
}

int pf_kept_put_metadata(const struct pf_kept *k, struct pf_str text, struct pf_err *err)
{
	return write_text(k, "metadata", text, err);
}

int pf_kept_wheel(struct pf_kept_wheel *out, struct pf_arena *a, const struct pf_kept *k)
{
	struct pf_node *root = NULL;
	const struct pf_node *wheel;
	struct pf_err ignored;
	struct pf_str text;

	if (!read_text(&text, a, k, "json", PF_MAX_LOCK) ||
	    pf_json_parse(&root, a, text, &ignored) < 0)
		return 0;
	wheel = pf_node_get(root, "wheel");
	out->file = pf_node_text(wheel, "file");
	out->sha256 = pf_node_text(wheel, "sha256");
	return out->file.n && out->sha256.n;
}

static void write_file(struct pf_json_out *w, const char *key, struct pf_str file,
		       struct pf_str sha256)
{
	pf_json_key(w, key);
	pf_json_open(w, '{');
	pf_json_field(w, "file", file);
	pf_json_field(w, "sha256", sha256);
	pf_json_close(w, '}');
}

static void write_tools(struct pf_json_out *w, const struct pf_plan *tools)
{
	PF_AUTO(arena) a = { 0 };

	pf_json_key(w, "requires");
	pf_json_open(w, '[');
	for (size_t i = 0; i < tools->packages.n; i++)
		pf_json_str(w, pf_redacted(&a, pf_format(&a, PF_FMT "==" PF_FMT,
							 PF_ARG(tools->packages.v[i].name),
							 PF_ARG(tools->packages.v[i].version))));
	pf_json_close(w, ']');
}

int pf_kept_put_wheel(const struct pf_kept *k, const struct pf_kept_wheel *kept, struct pf_err *err)
{
	PF_AUTO(buf) b = PF_BUF(PF_MAX_LOCK);
	struct pf_json_out w = { .buf = &b };
	time_t now = time(NULL);
	struct tm tm;
	char date[32];

	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	pf_json_begin(&w, "built");
	write_file(&w, "source", kept->source, pf_s(k->sha256));
	write_file(&w, "wheel", kept->file, kept->sha256);
	write_tools(&w, kept->tools);
	pf_json_field(&w, "confined", pf_s(kept->confined));
	pf_json_field(&w, "date", pf_s(date));
	pf_json_close(&w, '}');
	pf_buf_char(&b, '\n');
	return pf_buf_check(&b, "a record", err) < 0 ? -1
						     : write_text(k, "json", pf_buf_view(&b), err);
}
