/* stdlib.c - the top-level modules that come with Python itself, 3.6 to 3.14 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "check/modules.h"

/* In all of them, or in the later ones. Sorted. */
static const char *const STAY[] = {
	"__future__", "__main__", "_abc", "_aix_support", "_android_support", "_ast", "_asyncio",
	"_bisect", "_blake2", "_bz2", "_codecs", "_codecs_cn", "_codecs_hk", "_codecs_iso2022",
	"_codecs_jp", "_codecs_kr", "_codecs_tw", "_collections", "_collections_abc",
	"_colorize", "_compat_pickle", "_compression", "_contextvars", "_csv", "_ctypes",
	"_curses", "_curses_panel", "_datetime", "_dbm", "_decimal", "_elementtree",
	"_frozen_importlib", "_frozen_importlib_external", "_functools", "_gdbm", "_hashlib",
	"_heapq", "_imp", "_interpchannels", "_interpqueues", "_interpreters", "_io",
	"_ios_support", "_json", "_locale", "_lsprof", "_lzma", "_markupbase", "_md5",
	"_multibytecodec", "_multiprocessing", "_opcode", "_opcode_metadata", "_operator",
	"_osx_support", "_overlapped", "_pickle", "_posixshmem", "_posixsubprocess", "_py_abc",
	"_pydatetime", "_pydecimal", "_pyio", "_pylong", "_pyrepl", "_queue", "_random",
	"_scproxy", "_sha1", "_sha2", "_sha3", "_signal", "_sitebuiltins", "_socket", "_sqlite3",
	"_sre", "_ssl", "_stat", "_statistics", "_string", "_strptime", "_struct",
	"_suggestions", "_symtable", "_sysconfig", "_thread", "_threading_local", "_tkinter",
	"_tokenize", "_tracemalloc", "_typing", "_uuid", "_warnings", "_weakref", "_weakrefset",
	"_winapi", "_wmi", "_zoneinfo", "abc", "annotationlib", "antigravity", "argparse",
	"array", "ast", "asyncio", "atexit", "base64", "bdb", "binascii", "bisect", "builtins",
	"bz2", "cProfile", "calendar", "cmath", "cmd", "code", "codecs", "codeop", "collections",
	"colorsys", "compileall", "compression", "concurrent", "configparser", "contextlib",
	"contextvars", "copy", "copyreg", "csv", "ctypes", "curses", "dataclasses", "datetime",
	"dbm", "decimal", "difflib", "dis", "doctest", "email", "encodings", "ensurepip", "enum",
	"errno", "faulthandler", "fcntl", "filecmp", "fileinput", "fnmatch", "fractions",
	"ftplib", "functools", "gc", "genericpath", "getopt", "getpass", "gettext", "glob",
	"graphlib", "grp", "gzip", "hashlib", "heapq", "hmac", "html", "http", "idlelib",
	"imaplib", "importlib", "inspect", "io", "ipaddress", "itertools", "json", "keyword",
	"linecache", "locale", "logging", "lzma", "mailbox", "marshal", "math", "mimetypes",
	"mmap", "modulefinder", "msvcrt", "multiprocessing", "netrc", "nt", "ntpath",
	"nturl2path", "numbers", "opcode", "operator", "optparse", "os", "pathlib", "pdb",
	"pickle", "pickletools", "pkgutil", "platform", "plistlib", "poplib", "posix",
	"posixpath", "pprint", "profile", "pstats", "pty", "pwd", "py_compile", "pyclbr",
	"pydoc", "pydoc_data", "pyexpat", "queue", "quopri", "random", "re", "readline",
	"reprlib", "resource", "rlcompleter", "runpy", "sched", "secrets", "select", "selectors",
	"shelve", "shlex", "shutil", "signal", "site", "smtplib", "socket", "socketserver",
	"sqlite3", "sre_compile", "sre_constants", "sre_parse", "ssl", "stat", "statistics",
	"string", "stringprep", "struct", "subprocess", "symtable", "sys", "sysconfig", "syslog",
	"tabnanny", "tarfile", "tempfile", "termios", "textwrap", "this", "threading", "time",
	"timeit", "tkinter", "token", "tokenize", "tomllib", "trace", "traceback", "tracemalloc",
	"tty", "turtle", "turtledemo", "types", "typing", "unicodedata", "unittest", "urllib",
	"uuid", "venv", "warnings", "wave", "weakref", "webbrowser", "winreg", "winsound",
	"wsgiref", "xml", "xmlrpc", "zipapp", "zipfile", "zipimport", "zlib", "zoneinfo",
};

/* Taken out: the last minor of Python 3 that had it. */
static const struct {
	const char *name;
	int last_minor;
} LEFT[] = {
	{ "_bootlocale", 9 }, { "_bootsubprocess", 11 }, { "_crypt", 12 },
	{ "_dummy_threading", 8 }, { "_msi", 12 }, { "_sha256", 11 }, { "_sha512", 11 },
	{ "aifc", 12 }, { "asynchat", 11 }, { "asyncore", 11 }, { "audioop", 12 },
	{ "binhex", 10 }, { "cgi", 12 }, { "cgitb", 12 }, { "chunk", 12 }, { "crypt", 12 },
	{ "distutils", 11 }, { "dummy_threading", 8 }, { "formatter", 9 }, { "imghdr", 12 },
	{ "imp", 11 }, { "lib2to3", 12 }, { "macpath", 7 }, { "mailcap", 12 }, { "msilib", 12 },
	{ "nis", 12 }, { "nntplib", 12 }, { "ossaudiodev", 12 }, { "parser", 9 },
	{ "pipes", 12 }, { "smtpd", 11 }, { "sndhdr", 12 }, { "spwd", 12 }, { "sunau", 12 },
	{ "symbol", 9 }, { "telnetlib", 12 }, { "uu", 12 }, { "xdrlib", 12 },
};

/* Python 2's names, which Python 3 maps to its own when it reads a pickle. */
static const char *const PYTHON2[] = {
	"ConfigParser", "Queue", "StringIO", "UserDict", "UserList", "UserString", "__builtin__",
	"cPickle", "cStringIO", "copy_reg", "commands", "exceptions", "httplib", "itertools",
	"thread", "urllib2", "urlparse", "xmlrpclib",
	NULL,
};

static int compare(const void *key, const void *item)
{
	return pf_str_cmp(*(const struct pf_str *)key, pf_s(*(const char *const *)item));
}

bool pf_module_is_stdlib(struct pf_str top, int major, int minor)
{
	for (size_t i = 0; i < PF_COUNT(LEFT); i++)
		if (pf_str_is(top, LEFT[i].name))
			return major < 3 || minor <= LEFT[i].last_minor;
	return bsearch(&top, STAY, PF_COUNT(STAY), sizeof(*STAY), compare) ||
	       pf_str_in(top, PYTHON2);
}
