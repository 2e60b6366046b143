/* activate.c - bin/activate and its kin: an environment put first in a shell that is running */
/* SPDX-License-Identifier: Apache-2.0 */
#include "env/activate.h"

#include "base/fs.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/str.h"

/* In all of them @E stands for the environment's path, @P for its prompt, both quoted. The names
 * of variables and functions are those that the standard library's venv uses, so that one kind of
 * environment can be left for the other. */

static const char SH[] =
	"# Read by a shell: . ENVIRONMENT/bin/activate\n"
	"\n"
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

static void add_quoted(struct pf_buf *out, const char *value, const struct quoting *q)
{
	pf_buf_char(out, '\'');
	for (; *value; value++) {
		if (*value == '\'') {
			pf_buf_cstr(out, q->quote);
			continue;
		}
		if (strchr(q->guarded, *value))
			pf_buf_char(out, '\\');
		pf_buf_char(out, *value);
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
		add_quoted(out, p[1] == 'E' ? path : prompt, &s->quoting);
		p++;
	}
}

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
