/* activate.c - bin/activate and its kin: an environment put first in a shell that is running */
/* SPDX-License-Identifier: Apache-2.0 */
#include "env/activate.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/str.h"

/* In all of them @E stands for the environment's path, @P for its prompt, both quoted. The names
 * of variables and functions are those that the standard library's venv uses, so that one kind of
 * environment can be left for the other. */

/* An environment that is active, of whichever kind, goes first: by the function that knows it, not
 * by a program of that name, of which a path would be told. */
#define LEAVE_ACTIVE                                                                      \
	"if [ \"${_OLD_VIRTUAL_PATH+x}$(command -v deactivate)\" = xdeactivate ]; then\n" \
	"    deactivate nondestructive\n"                                                 \
	"fi\n"

static const char SH[] =
	"# Read by a shell: . ENVIRONMENT/bin/activate\n"
	"\n" LEAVE_ACTIVE
	"deactivate () {\n"
	"    if [ -n \"${_OLD_VIRTUAL_PATH+x}\" ]; then\n"
	"        PATH=$_OLD_VIRTUAL_PATH\n"
	"        export PATH\n"
	"        unset _OLD_VIRTUAL_PATH\n"
	"    fi\n"
	"    if [ -n \"${_OLD_VIRTUAL_PYTHONHOME+x}\" ]; then\n"
	"        PYTHONHOME=$_OLD_VIRTUAL_PYTHONHOME\n"
	"        export PYTHONHOME\n"
	"        unset _OLD_VIRTUAL_PYTHONHOME\n"
	"    fi\n"
	"    if [ -n \"${_OLD_VIRTUAL_PS1+x}\" ]; then\n"
	"        PS1=$_OLD_VIRTUAL_PS1\n"
	"        unset _OLD_VIRTUAL_PS1\n"
	"    fi\n"
	"    unset VIRTUAL_ENV VIRTUAL_ENV_PROMPT\n"
	"    hash -r 2>/dev/null || :\n"
	"    [ \"${1-}\" = nondestructive ] || unset -f deactivate\n"
	"}\n"
	"\n"
	"deactivate nondestructive\n"
	"VIRTUAL_ENV=@E\n"
	"VIRTUAL_ENV_PROMPT=@P\n"
	"_OLD_VIRTUAL_PATH=$PATH\n"
	"PATH=$VIRTUAL_ENV/bin:$PATH\n"
	"export VIRTUAL_ENV VIRTUAL_ENV_PROMPT PATH\n"
	"if [ -n \"${PYTHONHOME+x}\" ]; then\n"
	"    _OLD_VIRTUAL_PYTHONHOME=$PYTHONHOME\n"
	"    unset PYTHONHOME\n"
	"fi\n"
	"if [ -z \"${VIRTUAL_ENV_DISABLE_PROMPT-}\" ]; then\n"
	"    _OLD_VIRTUAL_PS1=${PS1-}\n"
	"    PS1=\"($VIRTUAL_ENV_PROMPT) ${PS1-}\"\n"
	"fi\n"
	"hash -r 2>/dev/null || :\n";

/* What deactivate reads is set wherever it is defined: csh knows no condition around a variable. */
static const char CSH[] =
	"# Read by a shell: source ENVIRONMENT/bin/activate.csh\n"
	"\n"
	"if ($?_OLD_VIRTUAL_PATH) then\n"
	"    deactivate\n"
	"endif\n"
	"set _OLD_VIRTUAL_PATH = \"$PATH\"\n"
	"set _OLD_VIRTUAL_PROMPT = \"\"\n"
	"if ($?prompt) then\n"
	"    set _OLD_VIRTUAL_PROMPT = \"$prompt\"\n"
	"endif\n"
	"alias deactivate 'setenv PATH \"$_OLD_VIRTUAL_PATH\"; set prompt = \"$_OLD_VIRTUAL_PROMPT\"; "
	"unset _OLD_VIRTUAL_PATH _OLD_VIRTUAL_PROMPT; unsetenv VIRTUAL_ENV; "
	"unsetenv VIRTUAL_ENV_PROMPT; rehash; unalias deactivate'\n"
	"setenv VIRTUAL_ENV @E\n"
	"setenv VIRTUAL_ENV_PROMPT @P\n"
	"setenv PATH \"$VIRTUAL_ENV/bin:$PATH\"\n"
	"if ($?prompt && ! $?VIRTUAL_ENV_DISABLE_PROMPT) then\n"
	"    set prompt = \"($VIRTUAL_ENV_PROMPT) $prompt\"\n"
	"endif\n"
	"rehash\n";

static const char FISH[] =
	"# Read by a shell: source ENVIRONMENT/bin/activate.fish\n"
	"\n"
	"function deactivate -d 'Leave the Python environment'\n"
	"    if set -q _OLD_VIRTUAL_PATH\n"
	"        set -gx PATH $_OLD_VIRTUAL_PATH\n"
	"        set -e _OLD_VIRTUAL_PATH\n"
	"    end\n"
	"    if set -q _OLD_VIRTUAL_PYTHONHOME\n"
	"        set -gx PYTHONHOME $_OLD_VIRTUAL_PYTHONHOME\n"
	"        set -e _OLD_VIRTUAL_PYTHONHOME\n"
	"    end\n"
	"    if functions -q _old_fish_prompt\n"
	"        functions -e fish_prompt\n"
	"        functions -c _old_fish_prompt fish_prompt\n"
	"        functions -e _old_fish_prompt\n"
	"    end\n"
	"    set -e VIRTUAL_ENV\n"
	"    set -e VIRTUAL_ENV_PROMPT\n"
	"    if test \"$argv[1]\" != nondestructive\n"
	"        functions -e deactivate\n"
	"    end\n"
	"end\n"
	"\n"
	"deactivate nondestructive\n"
	"set -gx VIRTUAL_ENV @E\n"
	"set -gx VIRTUAL_ENV_PROMPT @P\n"
	"set -g _OLD_VIRTUAL_PATH $PATH\n"
	"set -gx PATH \"$VIRTUAL_ENV/bin\" $PATH\n"
	"if set -q PYTHONHOME\n"
	"    set -g _OLD_VIRTUAL_PYTHONHOME $PYTHONHOME\n"
	"    set -e PYTHONHOME\n"
	"end\n"
	"if status is-interactive; and test -z \"$VIRTUAL_ENV_DISABLE_PROMPT\"; and functions -q fish_prompt\n"
	"    functions -c fish_prompt _old_fish_prompt\n"
	"    function fish_prompt\n"
	"        set -l before $status\n"
	"        printf '(%s) ' $VIRTUAL_ENV_PROMPT\n"
	"        command sh -c \"exit $before\"\n"
	"        _old_fish_prompt\n"
	"    end\n"
	"end\n";

static const char PYTHON[] =
	"\"\"\"Read by a Python that is running: exec(open(path).read(), {'__file__': path})\"\"\"\n"
	"import os\n"
	"import site\n"
	"import sys\n"
	"\n"
	"folder = os.path.dirname(os.path.abspath(__file__))\n"
	"prefix = os.path.dirname(folder)\n"
	"packages = os.path.join(prefix, 'lib', 'python%d.%d' % sys.version_info[:2], 'site-packages')\n"
	"if not os.path.isdir(packages):\n"
	"    raise RuntimeError('%s is an environment of another Python' % prefix)\n"
	"os.environ['PATH'] = os.pathsep.join([folder] + os.environ.get('PATH', '').split(os.pathsep))\n"
	"os.environ['VIRTUAL_ENV'] = prefix\n"
	"os.environ['VIRTUAL_ENV_PROMPT'] = os.path.basename(prefix)\n"
	"before = list(sys.path)\n"
	"site.addsitedir(packages)\n"
	"added = [path for path in sys.path if path not in before]\n"
	"sys.path[:] = added + before\n"
	"sys.prefix = prefix\n";

/* A value in single quotes: what stands for a quote inside, and what a backslash guards. */
struct quoting {
	const char *quote, *guarded;
};

static const struct script {
	const char *name, *text;
	struct quoting quoting;
} SCRIPTS[] = {
	{ "bin/activate", SH, { "'\\''", "" } },
	{ "bin/activate.csh", CSH, { "'\\''", "!" } },
	{ "bin/activate.fish", FISH, { "\\'", "\\" } },
	{ "bin/activate_this.py", PYTHON, { "", "" } },
};

static void add_quoted(struct pf_buf *out, struct pf_str value, const struct quoting *q)
{
	pf_buf_char(out, '\'');
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] == '\'') {
			pf_buf_cstr(out, q->quote);
			continue;
		}
		if (strchr(q->guarded, value.p[i]))
			pf_buf_char(out, '\\');
		pf_buf_char(out, value.p[i]);
	}
	pf_buf_char(out, '\'');
}

static void fill(struct pf_buf *out, const struct script *s, const char *path, const char *prompt)
{
	for (const char *p = s->text; *p; p++) {
		if (p[0] != '@' || (p[1] != 'E' && p[1] != 'P')) {
			pf_buf_char(out, *p);
			continue;
		}
		add_quoted(out, pf_s(p[1] == 'E' ? path : prompt), &s->quoting);
		p++;
	}
}

/* ---- of conda packages ---- */

/* A variable that activation sets, or unsets where the value is a view of NULL. */
struct setting {
	struct pf_str name, value;
};

struct settings {
	struct pf_arena *arena;
	PF_VEC(struct setting) v;
};

/* The last setting of a name counts, as `exec` has it. */
static void add_setting(struct settings *s, struct pf_str name, struct pf_str value)
{
	for (size_t i = 0; i < s->v.n; i++) {
		if (pf_str_eq(s->v.v[i].name, name)) {
			s->v.v[i].value = value;
			return;
		}
	}
	*PF_PUSH(s->arena, &s->v) = (struct setting){ name, value };
}

static bool is_name(struct pf_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!(i ? pf_is_alnum(s.p[i]) : pf_is_alpha(s.p[i])) && s.p[i] != '_')
			return false;
	return s.n > 0;
}

static void list_settings(struct settings *s, const char *path, const struct pf_node *activation)
{
	static const char *const unwanted[] = { "PYTHONHOME", "VIRTUAL_ENV", "VIRTUAL_ENV_PROMPT" };
	const struct pf_node *set = pf_node_get(activation, "set");

	for (size_t i = 0; i < PF_COUNT(unwanted); i++)
		add_setting(s, pf_s(unwanted[i]), (struct pf_str){ 0 });
	add_setting(s, PF_S("CONDA_PREFIX"), pf_s(path));
	add_setting(s, PF_S("CONDA_DEFAULT_ENV"), pf_s(path));
	for (size_t i = 0; set && i < set->n; i++)
		if (set->v[i].kind == PF_NODE_STRING && is_name(set->v[i].key))
			add_setting(s, set->v[i].key, set->v[i].text);
}

static void put_back(struct pf_buf *out, struct pf_str name)
{
	pf_buf_printf(out,
		      "    unset " PF_FMT "\n"
		      "    if [ -n \"${_OLD_VIRTUAL_VAR_" PF_FMT "+x}\" ]; then\n"
		      "        " PF_FMT "=$_OLD_VIRTUAL_VAR_" PF_FMT "\n"
		      "        export " PF_FMT "\n"
		      "        unset _OLD_VIRTUAL_VAR_" PF_FMT "\n"
		      "    fi\n",
		      PF_ARG(name), PF_ARG(name), PF_ARG(name), PF_ARG(name), PF_ARG(name),
		      PF_ARG(name));
}

static void set_one(struct pf_buf *out, const struct setting *one)
{
	pf_buf_printf(out,
		      "if [ -n \"${" PF_FMT "+x}\" ]; then\n"
		      "    _OLD_VIRTUAL_VAR_" PF_FMT "=$" PF_FMT "\n"
		      "fi\n",
		      PF_ARG(one->name), PF_ARG(one->name), PF_ARG(one->name));
	if (!one->value.p) {
		pf_buf_printf(out, "unset " PF_FMT "\n", PF_ARG(one->name));
		return;
	}
	pf_buf_printf(out, PF_FMT "=", PF_ARG(one->name));
	add_quoted(out, one->value, &SCRIPTS[0].quoting);
	pf_buf_printf(out, "\nexport " PF_FMT "\n", PF_ARG(one->name));
}

static const char LEAVE[] =
	"# Read by a shell: . ENVIRONMENT/bin/activate\n"
	"\n" LEAVE_ACTIVE
	"deactivate () {\n"
	"    PATH=$_OLD_VIRTUAL_PATH\n"
	"    export PATH\n"
	"    unset _OLD_VIRTUAL_PATH\n"
	"    if [ -n \"${_OLD_VIRTUAL_PS1+x}\" ]; then\n"
	"        PS1=$_OLD_VIRTUAL_PS1\n"
	"        unset _OLD_VIRTUAL_PS1\n"
	"    fi\n";
static const char LEFT[] = "    hash -r 2>/dev/null || :\n"
			   "    [ \"${1-}\" = nondestructive ] || unset -f deactivate\n"
			   "}\n"
			   "_OLD_VIRTUAL_PATH=$PATH\n";
static const char ENTERED[] = ":$PATH\n"
			      "export PATH\n"
			      "if [ -z \"${VIRTUAL_ENV_DISABLE_PROMPT-}\" ]; then\n"
			      "    _OLD_VIRTUAL_PS1=${PS1-}\n"
			      "    PS1=\"(pyfunc-env) ${PS1-}\"\n"
			      "fi\n"
			      "hash -r 2>/dev/null || :\n";

static void fill_conda(struct pf_buf *out, struct settings *s, const char *path,
		       struct pf_str first)
{
	struct pf_str front = pf_format(s->arena, PF_FMT "%s%s/bin", PF_ARG(first),
					first.n ? ":" : "", path);

	pf_buf_cstr(out, LEAVE);
	for (size_t i = 0; i < s->v.n; i++)
		put_back(out, s->v.v[i].name);
	pf_buf_cstr(out, LEFT);
	for (size_t i = 0; i < s->v.n; i++)
		set_one(out, &s->v.v[i]);
	pf_buf_cstr(out, "PATH=");
	add_quoted(out, front, &SCRIPTS[0].quoting);
	pf_buf_cstr(out, ENTERED);
}

int pf_activate_write_conda(int dir, const char *path, const struct pf_node *activation,
			    struct pf_err *err)
{
	const char *name = SCRIPTS[0].name;
	PF_AUTO(buf) text = PF_BUF(PF_MAX_TEXT_FILE);
	PF_AUTO(arena) a = { 0 };
	struct settings s = { .arena = &a };

	if (faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	list_settings(&s, path, activation);
	fill_conda(&text, &s, path, pf_node_text(activation, "path"));
	return pf_buf_check(&text, name, err) < 0 ?
		       -1 :
		       pf_write_atomic(dir, name, pf_buf_view(&text), 0444, err);
}

/* ---- of wheels ---- */

int pf_activate_write(int dir, const char *path, const char *prompt, struct pf_err *err)
{
	for (size_t i = 0; i < PF_COUNT(SCRIPTS); i++) {
		PF_AUTO(buf) text = PF_BUF(PF_KIB(64));

		fill(&text, &SCRIPTS[i], path, prompt);
		if (pf_buf_check(&text, SCRIPTS[i].name, err) < 0 ||
		    pf_write_atomic(dir, SCRIPTS[i].name, pf_buf_view(&text), 0444, err) < 0)
			return -1;
	}
	return 0;
}
