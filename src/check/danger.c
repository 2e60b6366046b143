/* danger.c - names that run code of somebody's choice when a pickle calls them */
/* SPDX-License-Identifier: Apache-2.0 */
#include "check/artifact.h"

#include "base/str.h"

/* A star for a name: everything in the module. A dot and a star behind a module: those below it,
 * too. No such list is complete: any function of any installed package can be called. */
static const struct danger {
	const char *module, *name;
} DANGERS[] = {
	{ "os", "system" }, { "os", "popen" }, { "os", "popen2" }, { "os", "popen3" },
	{ "os", "popen4" }, { "os", "fork" }, { "os", "forkpty" }, { "os", "kill" },
	{ "os", "killpg" }, { "os", "remove" }, { "os", "unlink" }, { "os", "rmdir" },
	{ "os", "removedirs" }, { "os", "rename" }, { "os", "replace" }, { "os", "chmod" },
	{ "os", "chown" }, { "os", "putenv" }, { "os", "startfile" }, { "os", "open" },
	{ "os", "write" }, { "os", "execl" }, { "os", "execle" }, { "os", "execlp" },
	{ "os", "execlpe" }, { "os", "execv" }, { "os", "execve" }, { "os", "execvp" },
	{ "os", "execvpe" }, { "os", "spawnl" }, { "os", "spawnle" }, { "os", "spawnlp" },
	{ "os", "spawnlpe" }, { "os", "spawnv" }, { "os", "spawnve" }, { "os", "spawnvp" },
	{ "os", "spawnvpe" }, { "os", "posix_spawn" }, { "os", "posix_spawnp" },
	{ "os", "environ" },
	{ "os", "symlink" }, { "os", "link" }, { "os", "mkfifo" },
	{ "posix", "*" }, { "nt", "*" }, { "commands", "*" }, { "popen2", "*" },
	{ "subprocess.*", "*" }, { "_posixsubprocess", "*" }, { "pty", "*" },
	{ "asyncio.subprocess", "*" }, { "asyncio", "create_subprocess_shell" },
	{ "asyncio", "create_subprocess_exec" }, { "asyncio.unix_events", "*" },
	{ "multiprocessing.*", "*" }, { "concurrent.futures.*", "*" }, { "_winapi", "*" },
	{ "builtins", "eval" }, { "builtins", "exec" }, { "builtins", "execfile" },
	{ "builtins", "compile" }, { "builtins", "__import__" }, { "builtins", "getattr" },
	{ "builtins", "setattr" }, { "builtins", "delattr" }, { "builtins", "open" },
	{ "builtins", "file" }, { "builtins", "input" }, { "builtins", "apply" },
	{ "builtins", "map" }, { "builtins", "filter" }, { "builtins", "breakpoint" },
	{ "builtins", "globals" }, { "builtins", "locals" }, { "builtins", "vars" },
	{ "builtins", "reload" },
	{ "runpy", "*" }, { "importlib.*", "*" }, { "imp", "*" }, { "pkgutil", "*" },
	{ "zipimport", "*" }, { "code", "*" }, { "codeop", "*" }, { "bdb", "*" }, { "pdb", "*" },
	{ "cProfile", "*" }, { "profile", "*" }, { "trace", "*" }, { "timeit", "*" },
	{ "doctest", "*" }, { "unittest.*", "*" }, { "idlelib.*", "*" }, { "lib2to3.*", "*" },
	{ "ensurepip.*", "*" }, { "venv.*", "*" }, { "pip.*", "*" }, { "setuptools.*", "*" },
	{ "distutils.*", "*" }, { "site", "*" }, { "pydoc", "*" }, { "this", "*" },
	{ "sys", "*" }, { "gc", "*" }, { "inspect", "*" }, { "marshal", "*" },
	{ "types", "CodeType" }, { "types", "FunctionType" }, { "types", "LambdaType" },
	{ "ctypes.*", "*" }, { "_ctypes", "*" }, { "cffi.*", "*" }, { "mmap", "*" },
	{ "socket", "*" }, { "_socket", "*" }, { "socketserver", "*" }, { "ssl", "*" },
	{ "http.*", "*" }, { "urllib.*", "*" }, { "urllib2", "*" }, { "httplib", "*" },
	{ "requests.*", "*" }, { "urllib3.*", "*" }, { "aiohttp.*", "*" }, { "ftplib", "*" },
	{ "smtplib", "*" }, { "telnetlib", "*" }, { "poplib", "*" }, { "imaplib", "*" },
	{ "nntplib", "*" }, { "xmlrpc.*", "*" }, { "webbrowser", "*" }, { "antigravity", "*" },
	{ "shutil", "*" }, { "tempfile", "*" }, { "io", "open" },
	{ "_io", "open" }, { "io", "FileIO" }, { "_io", "FileIO" }, { "io", "open_code" },
	{ "codecs", "open" }, { "linecache", "*" }, { "fileinput", "*" }, { "sqlite3.*", "*" },
	{ "dbm.*", "*" }, { "shelve", "*" }, { "signal", "*" }, { "_signal", "*" },
	{ "threading", "*" }, { "_thread", "*" }, { "sched", "*" }, { "atexit", "*" },
	{ "faulthandler", "*" }, { "resource", "*" }, { "platform", "popen" },
	{ "uuid", "_get_command_stdout" },
	{ "operator", "attrgetter" }, { "operator", "methodcaller" },
	{ "operator", "itemgetter" }, { "operator", "call" }, { "_operator", "attrgetter" },
	{ "_operator", "methodcaller" }, { "_operator", "itemgetter" }, { "_operator", "call" },
	{ "functools", "partial" }, { "functools", "reduce" }, { "_functools", "partial" },
	{ "_functools", "reduce" }, { "itertools", "starmap" },
	{ "pickle", "*" }, { "_pickle", "*" }, { "cPickle", "*" }, { "joblib", "load" },
	{ "joblib.numpy_pickle", "load" }, { "dill.*", "loads" }, { "dill.*", "load" },
	{ "cloudpickle.*", "loads" }, { "cloudpickle.*", "load" },
	{ "cloudpickle.*", "_make_function" },
	{ "cloudpickle.*", "_make_skel_func" }, { "cloudpickle.*", "_fill_function" },
	{ "cloudpickle.*", "subimport" }, { "dill.*", "_create_function" },
	{ "dill.*", "_create_code" },
	{ "dill.*", "_eval_repr" }, { "dill.*", "_import_module" }, { "jsonpickle.*", "*" },
	{ "numpy", "load" }, { "numpy", "loadtxt" }, { "numpy", "fromfile" },
	{ "numpy.testing.*", "*" }, { "numpy.f2py.*", "*" }, { "numpy.distutils.*", "*" },
	{ "numpy.ctypeslib", "*" }, { "pandas", "eval" },
	{ "pandas", "read_pickle" }, { "pandas.io.pickle", "*" },
	{ "pandas.core.computation.eval", "*" },
	{ "torch", "load" }, { "torch.serialization", "load" }, { "torch.hub", "*" },
	{ "torch.jit", "load" }, { "torch.package.*", "*" }, { "torch.utils.cpp_extension", "*" },
	{ "torch.distributed.*", "*" }, { "torch._inductor.*", "*" }, { "torch._dynamo.*", "*" },
	{ "tensorflow.*", "load_library" }, { "tensorflow.*", "load_op_library" },
	{ "keras.*", "load_model" }, { "keras.*", "Lambda" }, { "keras.*", "func_load" },
	{ "transformers.utils.import_utils", "*" }, { "sympy", "sympify" },
	{ "sympy.*", "parse_expr" },
	{ "mlflow.projects.*", "*" }, { "mlflow.utils.process", "*" },
	{ "mlflow.pyfunc", "load_model" },
	{ "mlflow.pyfunc.*", "_load_pyfunc" }, { "mlflow.utils.virtualenv", "*" },
	{ "mlflow.utils.cli_utils", "*" }, { "IPython.*", "*" }, { "ipykernel.*", "*" },
	{ "fabric.*", "*" }, { "paramiko.*", "*" }, { "plumbum.*", "*" }, { "sh", "*" },
	{ "pexpect.*", "*" }, { "nose.*", "*" }, { "pytest", "*" }, { "_pytest.*", "*" },
};

/* Python 2 and 3 call the same thing by two names. */
static struct pf_str modern(struct pf_str module)
{
	if (pf_str_is(module, "__builtin__") || pf_str_is(module, "__builtins__"))
		return PF_S("builtins");
	return module;
}

static bool is_in(struct pf_str module, const char *pattern)
{
	size_t n = strlen(pattern);

	if (n < 2 || strcmp(pattern + n - 2, ".*") != 0)
		return pf_str_is(module, pattern);
	n -= 2;
	return module.n >= n && !memcmp(module.p, pattern, n) &&
	       (module.n == n || module.p[n] == '.');
}

static bool is_listed(struct pf_str module, struct pf_str name)
{
	for (size_t i = 0; i < PF_COUNT(DANGERS); i++) {
		const struct danger *d = &DANGERS[i];

		if (is_in(module, d->module) && (*d->name == '*' || pf_str_is(name, d->name)))
			return true;
	}
	return false;
}

/* A name with dots walks through attributes: "logging" and "os.system" reach os.system. */
bool pf_name_runs_code(struct pf_str module, struct pf_str name)
{
	struct pf_str before, after;
	size_t dot;

	module = modern(module);
	if (is_listed(module, name))
		return true;
	while ((dot = pf_str_find(name, '.')) != PF_NPOS) {
		before = pf_str_cut(name, 0, dot);
		after = pf_str_skip(name, dot + 1);
		if (is_listed(modern(before), pf_str_cut(after, 0, pf_str_find(after, '.'))) ||
		    is_listed(modern(before), after))
			return true;
		name = after;
	}
	return false;
}
