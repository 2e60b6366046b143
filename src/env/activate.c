/* activate.c - bin/activate and its kin: an environment put first in a shell that is running */
/* SPDX-License-Identifier: Apache-2.0 */
#include "env/activate.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/str.h"
#include "env/env.h"

/* A script is five texts, of which the second and the fourth are written once for every variable:
 *   @N its name, @O where what it was is kept, @V its new value
 * and in the others:
 *   @F what comes in front of PATH, @P what is shown in front of the prompt
 * Values are quoted. The names of _OLD_VIRTUAL_PATH, _OLD_VIRTUAL_PYTHONHOME and deactivate are
 * those that the standard library's venv uses, so that one kind of environment can be left for the
 * other. */
struct script {
	const char *name;
	const char *head, *restore, *middle, *set, *unset, *tail;
	void (*put_value)(struct pf_buf *out, struct pf_str value);
	void (*put_front)(struct pf_buf *out, const struct script *s, struct pf_str front);
};

/* An environment that is active, of whichever kind, goes first: by the function that knows it, not
 * by a program of that name, of which a path would be told. */
#define SH_HEAD                                                                           \
	"# Read by a shell: . ENVIRONMENT/bin/activate\n"                                 \
	"\n"                                                                              \
	"if [ \"${_OLD_VIRTUAL_PATH+x}$(command -v deactivate)\" = xdeactivate ]; then\n" \
	"    deactivate nondestructive\n"                                                 \
	"fi\n"                                                                            \
	"deactivate () {\n"                                                               \
	"    PATH=$_OLD_VIRTUAL_PATH\n"                                                   \
	"    export PATH\n"                                                               \
	"    unset _OLD_VIRTUAL_PATH\n"                                                   \
	"    if [ -n \"${_OLD_VIRTUAL_PS1+x}\" ]; then\n"                                 \
	"        PS1=$_OLD_VIRTUAL_PS1\n"                                                 \
	"        unset _OLD_VIRTUAL_PS1\n"                                                \
	"    fi\n"
#define SH_RESTORE                          \
	"    unset @N\n"                    \
	"    if [ -n \"${@O+x}\" ]; then\n" \
	"        @N=$@O\n"                  \
	"        export @N\n"               \
	"        unset @O\n"                \
	"    fi\n"
#define SH_MIDDLE                                                     \
	"    hash -r 2>/dev/null || :\n"                              \
	"    [ \"${1-}\" = nondestructive ] || unset -f deactivate\n" \
	"}\n"                                                         \
	"_OLD_VIRTUAL_PATH=$PATH\n"
#define SH_KEEP                         \
	"if [ -n \"${@N+x}\" ]; then\n" \
	"    @O=$@N\n"                  \
	"fi\n"
#define SH_SET SH_KEEP "@N=@V\nexport @N\n"
#define SH_UNSET SH_KEEP "unset @N\n"
#define SH_TAIL                                                \
	"PATH=@F:$PATH\n"                                      \
	"export PATH\n"                                        \
	"if [ -z \"${VIRTUAL_ENV_DISABLE_PROMPT-}\" ]; then\n" \
	"    _OLD_VIRTUAL_PS1=${PS1-}\n"                       \
	"    PS1=@P\" ${PS1-}\"\n"                             \
	"fi\n"                                                 \
	"hash -r 2>/dev/null || :\n"

/* csh expands variables before it looks at a condition, so that what deactivate does with each is
 * settled when it is set: by an alias of its own. */
#define CSH_HEAD                                                   \
	"# Read by a shell: source ENVIRONMENT/bin/activate.csh\n" \
	"\n"                                                       \
	"if ($?_OLD_VIRTUAL_PATH) then\n"                          \
	"    deactivate\n"                                         \
	"endif\n"                                                  \
	"set _OLD_VIRTUAL_PATH = \"$PATH\"\n"                      \
	"set _OLD_VIRTUAL_PROMPT = \"\"\n"                         \
	"if ($?prompt) then\n"                                     \
	"    set _OLD_VIRTUAL_PROMPT = \"$prompt\"\n"              \
	"endif\n"                                                  \
	"alias deactivate 'setenv PATH \"$_OLD_VIRTUAL_PATH\"; "   \
	"set prompt = \"$_OLD_VIRTUAL_PROMPT\"; unset _OLD_VIRTUAL_PATH _OLD_VIRTUAL_PROMPT; "
#define CSH_RESTORE "@O; "
#define CSH_MIDDLE "rehash; unalias deactivate'\n"
#define CSH_KEEP                                                 \
	"if ($?@N) then\n"                                       \
	"    set @O = $@N:q\n"                                   \
	"    alias @O 'setenv @N $@O:q; unset @O; unalias @O'\n" \
	"else\n"                                                 \
	"    alias @O 'unsetenv @N; unalias @O'\n"               \
	"endif\n"
#define CSH_SET CSH_KEEP "setenv @N @V\n"
#define CSH_UNSET CSH_KEEP "unsetenv @N\n"
#define CSH_TAIL                                                 \
	"setenv PATH @F\":$PATH\"\n"                             \
	"if ($?prompt && ! $?VIRTUAL_ENV_DISABLE_PROMPT) then\n" \
	"    set prompt = @P\" $prompt\"\n"                      \
	"endif\n"                                                \
	"rehash\n"

#define FISH_HEAD                                                    \
	"# Read by a shell: source ENVIRONMENT/bin/activate.fish\n"  \
	"\n"                                                         \
	"if set -q _OLD_VIRTUAL_PATH; and functions -q deactivate\n" \
	"    deactivate nondestructive\n"                            \
	"end\n"                                                      \
	"function deactivate -d 'Leave the Python environment'\n"    \
	"    set -gx PATH $_OLD_VIRTUAL_PATH\n"                      \
	"    set -e _OLD_VIRTUAL_PATH\n"                             \
	"    if functions -q _old_fish_prompt\n"                     \
	"        functions -e fish_prompt\n"                         \
	"        functions -c _old_fish_prompt fish_prompt\n"        \
	"        functions -e _old_fish_prompt\n"                    \
	"    end\n"
#define FISH_RESTORE               \
	"    set -e @N\n"          \
	"    if set -q @O\n"       \
	"        set -gx @N $@O\n" \
	"        set -e @O\n"      \
	"    end\n"
#define FISH_MIDDLE                                    \
	"    if test \"$argv[1]\" != nondestructive\n" \
	"        functions -e deactivate\n"            \
	"    end\n"                                    \
	"end\n"                                        \
	"set -g _OLD_VIRTUAL_PATH $PATH\n"
#define FISH_KEEP             \
	"if set -q @N\n"      \
	"    set -g @O $@N\n" \
	"end\n"
#define FISH_SET FISH_KEEP "set -gx @N @V\n"
#define FISH_UNSET FISH_KEEP "set -e @N\n"
#define FISH_TAIL                                                                 \
	"set -gx PATH @F $PATH\n"                                                 \
	"if status is-interactive; and test -z \"$VIRTUAL_ENV_DISABLE_PROMPT\"; " \
	"and functions -q fish_prompt\n"                                          \
	"    functions -c fish_prompt _old_fish_prompt\n"                         \
	"    function fish_prompt\n"                                              \
	"        set -l before $status\n"                                         \
	"        printf '%s ' @P\n"                                               \
	"        command sh -c \"exit $before\"\n"                                \
	"        _old_fish_prompt\n"                                              \
	"    end\n"                                                               \
	"end\n"

/* Nothing is given back: who reads it stays as long as the process. */
#define PYTHON_HEAD                                                                         \
	"# Read by a Python that is running: exec(open(path).read(), {'__file__': path})\n" \
	"import os\n"                                                                       \
	"import site\n"                                                                     \
	"import sys\n"                                                                      \
	"\n"                                                                                \
	"prefix = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))\n"            \
	"version = 'python%d.%d' % sys.version_info[:2]\n"                                  \
	"packages = os.path.join(prefix, 'lib', version, 'site-packages')\n"                \
	"if not os.path.isdir(packages):\n"                                                 \
	"    raise RuntimeError('%s is an environment of another Python' % prefix)\n"
#define PYTHON_SET "os.environb[b'@N'] = @V\n"
#define PYTHON_UNSET "os.environb.pop(b'@N', None)\n"
#define PYTHON_TAIL                                                    \
	"path = os.environb.get(b'PATH')\n"                            \
	"os.environb[b'PATH'] = @F + (b':' + path if path else b'')\n" \
	"before = list(sys.path)\n"                                    \
	"site.addsitedir(packages)\n"                                  \
	"added = [path for path in sys.path if path not in before]\n"  \
	"sys.path[:] = added + before\n"                               \
	"sys.prefix = prefix\n"

/* ---- values ---- */

/* In single quotes: what stands for one inside, and what a backslash guards. */
static void put_quoted(struct pf_buf *out, struct pf_str value, const char *quote,
		       const char *guarded)
{
	pf_buf_char(out, '\'');
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] == '\'') {
			pf_buf_cstr(out, quote);
			continue;
		}
		if (strchr(guarded, value.p[i]))
			pf_buf_char(out, '\\');
		pf_buf_char(out, value.p[i]);
	}
	pf_buf_char(out, '\'');
}

static void put_sh(struct pf_buf *out, struct pf_str value)
{
	put_quoted(out, value, "'\\''", "");
}

static void put_csh(struct pf_buf *out, struct pf_str value)
{
	put_quoted(out, value, "'\\''", "!\n");
}

static void put_fish(struct pf_buf *out, struct pf_str value)
{
	put_quoted(out, value, "\\'", "\\");
}

/* As bytes, whatever their encoding. */
static void put_python(struct pf_buf *out, struct pf_str value)
{
	pf_buf_cstr(out, "b'");
	for (size_t i = 0; i < value.n; i++) {
		unsigned char c = (unsigned char)value.p[i];

		if (c < ' ' || c > '~' || c == '\'' || c == '\\')
			pf_buf_printf(out, "\\x%02x", c);
		else
			pf_buf_char(out, (char)c);
	}
	pf_buf_char(out, '\'');
}

static void put_front(struct pf_buf *out, const struct script *s, struct pf_str front)
{
	s->put_value(out, front);
}

/* A list, there. */
static void put_front_list(struct pf_buf *out, const struct script *s, struct pf_str front)
{
	struct pf_str one;
	const char *between = "";

	while (front.n && pf_str_next(&front, ':', &one)) {
		pf_buf_cstr(out, between);
		s->put_value(out, one);
		between = " ";
	}
}

static const struct script SCRIPTS[] = {
	{ "bin/activate", SH_HEAD, SH_RESTORE, SH_MIDDLE, SH_SET, SH_UNSET, SH_TAIL, put_sh,
	  put_front },
	{ "bin/activate.csh", CSH_HEAD, CSH_RESTORE, CSH_MIDDLE, CSH_SET, CSH_UNSET, CSH_TAIL,
	  put_csh, put_front },
	{ "bin/activate.fish", FISH_HEAD, FISH_RESTORE, FISH_MIDDLE, FISH_SET, FISH_UNSET,
	  FISH_TAIL, put_fish, put_front_list },
	{ "bin/activate_this.py", PYTHON_HEAD, "", "", PYTHON_SET, PYTHON_UNSET, PYTHON_TAIL,
	  put_python, put_front },
};

/* ---- what is set ---- */

/* A variable that activation sets, or unsets where the value is a view of NULL. */
struct setting {
	struct pf_str name, value;
};

struct activated {
	struct pf_arena *arena;
	PF_VEC(struct setting) v;
	struct pf_str front;  /* of PATH */
	struct pf_str prompt; /* "(name)" */
};

/* The last setting of a name counts, as `exec` has it. */
static void add_setting(struct activated *x, struct pf_str name, struct pf_str value)
{
	for (size_t i = 0; i < x->v.n; i++) {
		if (pf_str_eq(x->v.v[i].name, name)) {
			x->v.v[i].value = value;
			return;
		}
	}
	*PF_PUSH(x->arena, &x->v) = (struct setting){ name, value };
}

static bool is_name(struct pf_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!(i ? pf_is_alnum(s.p[i]) : pf_is_alpha(s.p[i])) && s.p[i] != '_')
			return false;
	return s.n > 0;
}

static void list_venv(struct activated *x, const char *path)
{
	add_setting(x, PF_S("PYTHONHOME"), (struct pf_str){ 0 });
	add_setting(x, PF_S("VIRTUAL_ENV"), pf_s(path));
	add_setting(x, PF_S("VIRTUAL_ENV_PROMPT"), PF_S(PF_ENV_PROMPT));
	x->front = pf_format(x->arena, "%s/bin", path);
}

static void list_conda(struct activated *x, const char *path, const struct pf_node *activation)
{
	static const char *const unwanted[] = { "PYTHONHOME", "VIRTUAL_ENV", "VIRTUAL_ENV_PROMPT" };
	const struct pf_node *set = pf_node_get(activation, "set");
	struct pf_str first = pf_node_text(activation, "path");

	for (size_t i = 0; i < PF_COUNT(unwanted); i++)
		add_setting(x, pf_s(unwanted[i]), (struct pf_str){ 0 });
	add_setting(x, PF_S("CONDA_PREFIX"), pf_s(path));
	add_setting(x, PF_S("CONDA_DEFAULT_ENV"), pf_s(path));
	add_setting(x, PF_S("CONDA_SHLVL"), PF_S(PF_CONDA_SHLVL));
	add_setting(x, PF_S("CONDA_PROMPT_MODIFIER"), PF_S(PF_CONDA_PROMPT_MODIFIER));
	for (size_t i = 0; set && i < set->n; i++)
		if (set->v[i].kind == PF_NODE_STRING && is_name(set->v[i].key))
			add_setting(x, set->v[i].key, set->v[i].text);
	x->front = pf_format(x->arena, PF_FMT "%s%s/bin", PF_ARG(first), first.n ? ":" : "", path);
}

/* ---- written ---- */

static void put_kept(struct pf_buf *out, struct pf_str name)
{
	pf_buf_printf(out, "_OLD_VIRTUAL_%s" PF_FMT, pf_str_is(name, "PYTHONHOME") ? "" : "VAR_",
		      PF_ARG(name));
}

static void put(struct pf_buf *out, const struct script *s, const char *text,
		const struct activated *x, const struct setting *one)
{
	for (const char *p = text; *p; p++) {
		if (p[0] != '@') {
			pf_buf_char(out, *p);
			continue;
		}
		switch (*++p) {
		case 'N':
			pf_buf_str(out, one->name);
			break;
		case 'O':
			put_kept(out, one->name);
			break;
		case 'V':
			s->put_value(out, one->value);
			break;
		case 'F':
			s->put_front(out, s, x->front);
			break;
		default:
			s->put_value(out, x->prompt);
			break;
		}
	}
}

static void fill(struct pf_buf *out, const struct script *s, const struct activated *x)
{
	put(out, s, s->head, x, NULL);
	for (size_t i = 0; i < x->v.n; i++)
		put(out, s, s->restore, x, &x->v.v[i]);
	put(out, s, s->middle, x, NULL);
	for (size_t i = 0; i < x->v.n; i++)
		put(out, s, x->v.v[i].value.p ? s->set : s->unset, x, &x->v.v[i]);
	put(out, s, s->tail, x, NULL);
}

static int write_all(int dir, struct activated *x, struct pf_err *err)
{
	x->prompt = PF_S("(" PF_ENV_PROMPT ")");
	for (size_t i = 0; i < PF_COUNT(SCRIPTS); i++) {
		PF_AUTO(buf) text = PF_BUF(PF_MAX_TEXT_FILE);
		const char *name = SCRIPTS[i].name;

		if (faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		fill(&text, &SCRIPTS[i], x);
		if (pf_buf_check(&text, name, err) < 0 ||
		    pf_write_atomic(dir, name, pf_buf_view(&text), 0444, err) < 0)
			return -1;
	}
	return 0;
}

int pf_activate_write(int dir, const char *path, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	struct activated x = { .arena = &a };

	list_venv(&x, path);
	return write_all(dir, &x, err);
}

int pf_activate_write_conda(int dir, const char *path, const struct pf_node *activation,
			    struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	struct activated x = { .arena = &a };

	list_conda(&x, path, activation);
	return write_all(dir, &x, err);
}
