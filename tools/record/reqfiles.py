# reqfiles.py - records how pip 26.3 reads requirements files
# SPDX-License-Identifier: Apache-2.0
#
# usage: python reqfiles.py [FOLDER]
# The files that ours refer to are those of tests/unit/place.h.
import logging
import os
import random
import sys
import tempfile
import urllib.parse

import table
from pip._internal.index.collector import LinkCollector
from pip._internal.index.package_finder import PackageFinder
from pip._internal.models.search_scope import SearchScope
from pip._internal.models.selection_prefs import SelectionPreferences
from pip._internal.network.session import PipSession
from pip._internal.req.constructors import install_req_from_parsed_requirement
from pip._internal.req.req_file import parse_requirements

rng = random.Random(26)
logging.disable(logging.CRITICAL)
FILES = {
    "sub.txt": "flask>=2\n-c deepcons.txt\n", "deepcons.txt": "werkzeug<3\n", "sub/deep.txt": "-r deeper.txt\nclick\n",
    "sub/deeper.txt": "jinja2\n-f ./rel\n", "cons.txt": "numpy<2\nscipy==1.11.4 ; python_version>=\"3.9\"\n",
    "cyc.txt": "itsdangerous\n-r cyc2.txt\n", "cyc2.txt": "-r cyc.txt\n", "pkg/setup.py": "", "links/x": "", "links2/x": "",
    "dir with space/x": "", "sub/rel/x": "", "wheels/name-1.0-py3-none-any.whl": "",
}
VARIABLES = {"TOKEN": "s3cr3t", "HOME_URL": "http://127.0.0.1:9/simple", "EMPTY_VAR": "", "lower": "no", "NAME_X": "requests",
             "V1": "2.31.0"}
A, B = "a" * 64, "0123456789abcdef" * 4
LINES = [
    "pandas", "pandas>=2, <3", "Pandas[Excel,s3]>=2", "pandas[Excel,s3]", "pandas [excel] ==2.*", "pandas ; os_name=='posix'",
    "pandas;os_name=='posix' # why", "pandas#1", "pandas\t# c", "  pandas  ", "# c", "   # c", "\t", "pandas==2\\", "pan\\",
    "\\", "das", "==3", "pandas \\", "# c \\", f"--hash=sha256:{A}", f"pandas==2 --hash=sha256:{A} --hash sha512:{A}{A}",
    f"pandas==2 --hash='sha256:{B}'", f"pandas==2 --has sha384:{A}{A[:32]}", "pandas --hash=sha1:aa", "pandas --hash=",
    "-e ./pkg", "-e./pkg", "-e pkg", "-e pkg[x,y]", "-e ./gone", "-e git+https://h.invalid/a.git#egg=a",
    "-e git:h.invalid/a#egg=a", "-e git+https://h.invalid/a.git", "-e https://h.invalid/a.zip#egg=a", "-e 'a @ git+https://h.invalid/a'",
    "-e file:pkg#egg=pkg", "-e a b", "git+https://h.invalid/a.git#egg=a&subdirectory=b", "git+https://h.invalid/a.git#egg=a b",
    "git+ext://h.invalid/a", "hg+https://h.invalid/a#subdirectory=x&egg=b-c", "a @ git+https://h.invalid/a.git@main#egg=b",
    "https://h.invalid/name-1.0-py3-none-any.whl", "https://h.invalid/na%6de-1.0%2Bcu1-py3-none-any.whl?x=1#sha256=00",
    "https://h.invalid/bad.whl", "https://h.invalid/name-1.0.tar.gz", "https://h.invalid/name-1.0.tar.gz#egg=na[x]",
    "https://h.invalid/x.zip ; os_name == 'nt'", "https://h.invalid/x.zip;os_name=='nt'", "HTTPS://h.invalid/x.zip#egg=q", "ftp://h.invalid/x.zip",
    "a @ https://h.invalid/x.zip ; os_name == 'nt'", "a @ https://h.invalid/x.zip; os_name == 'nt'", "a@https://h.invalid/x.zip",
    "a[b] @ ./pkg", "./pkg", "./pkg[ex]", "pkg/", "pkg", "./pkg ; os_name == 'nt'", "./gone", "./links", "wheels/name-1.0-py3-none-any.whl",
    "./wheels/../wheels/name-1.0-py3-none-any.whl[Ex]", "wheels/gone-1.0-py3-none-any.whl", "gone.tar.gz", "gone.zip ; os_name=='nt'",
    "-i http://i.invalid/s", "-ihttp://i.invalid/s", "--index-url=http://i.invalid/s --index-url http://j.invalid/s", "--index http://k.invalid",
    "--extra-index-url http://e.invalid/s", "--extra http://f.invalid", "--no-index", "--no-index -i http://i.invalid/s", "--no-ind",
    "-f links", "-f ./links -f links2", "--find-links=gone", "--find-links 'dir with space'", "--find-links dir\\ with\\ space", "-f links/../links2",
    "--no-binary :all:", "--no-binary numpy,Foo_Bar", "--only-binary numpy", "--no-binary :none:", "--only-binary :all:,x",
    "--only-binary a,:all:,:none:,b", "--no-binary=-x", "pandas --no-binary pandas", "--prefer-binary", "--pre", "--pre=1", "--require-hashes",
    "--no-require-hashes", "--req sub.txt", "--trusted-host h.invalid:1", "--trusted-host h.invalid", "--use-feature fast-deps", "--use-feature x",
    "-C a=b", "pandas -C a=b", "pandas -C a", "--config-settings=a=b", "-r sub.txt", "-rsub.txt", "--requirement sub/deep.txt", "-c cons.txt",
    "-c sub.txt", "-r sub/../sub.txt", "-r sub.txt -c cons.txt", "-c cons.txt -r sub.txt", "pandas -r sub.txt", "-r cyc.txt", "-r gone.txt", "-r",
    "-r ''", "-c 'cons.txt'", "--", "-- pandas", "-", "- pandas", "--x", "-x", "pandas -- x", "'pandas'", "pandas 'x", "-i 'x", "-i x\\",
    "pandas==${V1}", "${NAME_X}>${V1}", "${UNKNOWN_X}", "${lower}", "pandas${EMPTY_VAR}", "-i ${HOME_URL}", "a @ https://u:${TOKEN}@h.invalid/x.zip",
    "$V1", "pandas=1", "pandas>", "pan das", "\u00e9", "pandas\u00a0>=2", "pandas\u2028numpy", "pandas\x0cnumpy", "pandas\rnumpy", "pandas\x85",
    "pandas>=2 \u00a0# c", "pandas[a b]", "pandas[]", "pandas[a", "pandas @", "@ https://h.invalid/x.zip", "a;b", "a;", ";os_name=='nt'",
]


def read(content):
    with open("requirements.txt", "w", encoding="utf-8", newline="") as out:
        out.write(content)
    session = PipSession()
    finder = PackageFinder.create(
        link_collector=LinkCollector(session=session, search_scope=SearchScope([], ["http://default.invalid/simple"], False)),
        selection_prefs=SelectionPreferences(allow_yanked=False))
    lines = []
    try:
        for parsed in parse_requirements("requirements.txt", session, finder=finder):
            lines += one(parsed)
    except Exception:
        return "error"

    def tell(name, words, is_sorted=True):
        words = sorted(words) if is_sorted else list(words)
        if words:
            lines.append(" ".join([name] + words))

    scope = finder.search_scope
    tell("index", scope.index_urls, False)
    tell("links", [link.replace(os.getcwd(), "@ROOT@") for link in scope.find_links], False)
    tell("trusted", [host + (f":{port}" if port else "") for host, port in session.pip_trusted_origins])
    tell("no-binary", finder.format_control.no_binary)
    tell("only-binary", finder.format_control.only_binary)
    lines.extend(["no-index"] * scope.no_index + ["prefer-binary"] * finder.prefer_binary)
    lines.extend(["pre"] * (finder.release_control is not None))
    return "".join(line + "\n" for line in lines)


def one(parsed):
    text = parsed.requirement.strip()
    try:
        r = install_req_from_parsed_requirement(parsed)
    except Exception:
        return ["! " + text]
    link = "" if r.link is None else r.link.url
    if link.startswith("file://" + os.getcwd()):
        link = urllib.parse.unquote(link).replace(os.getcwd(), "@ROOT@")
    name, spec = ("", "") if r.req is None else (r.req.name, str(r.req.specifier))
    lines = [f"{'c' if parsed.constraint else 'r'}{'e' if parsed.is_editable else ''} {text} | {name} | {spec} | {link} | {r.markers or ''}"]
    if r.extras:
        lines.append(" ".join([" extras"] + sorted(r.extras)))
    sums = [f"{algorithm}:{digest}" for algorithm, some in (r.hash_options or {}).items() for digest in some]
    if sums:
        lines.append(" ".join([" hashes"] + sorted(sums)))
    return lines


def rows():
    for line in LINES:
        yield line + "\n", read(line + "\n")
    for _ in range(500):
        ending = rng.choice(["\n", "\n", "\n", "\r\n", "\r"])
        content = ending.join(rng.choice(LINES) for _ in range(rng.randrange(2, 6))) + rng.choice([ending, ""])
        yield content, read(content)


def record():
    sys.argv[1:] = [os.path.abspath(folder) for folder in sys.argv[1:]]
    table.__file__ = os.path.abspath(table.__file__)
    with tempfile.TemporaryDirectory() as root:
        os.chdir(root)
        for name, text in FILES.items():
            os.makedirs(os.path.dirname(os.path.join(root, name)), exist_ok=True)
            with open(name, "w", encoding="utf-8") as out:
                out.write(text)
        os.environ.update(VARIABLES)
        table.write("reqfile.tsv", "content reading", rows())
        os.chdir("/")


record()
