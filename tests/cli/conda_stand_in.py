#!/usr/bin/env python3
# conda_stand_in.py - what micromamba, mamba and conda have in common of `create`, for tests: WORK NAME ARGUMENT...
# SPDX-License-Identifier: Apache-2.0
"""Takes the newest package of each name, from channels in folders. WORK/calls gets a line of JSON for each call: the
arguments, and the variables of conda's kin. Packages are unpacked into WORK/pkgs and linked from there, whatever is
asked of it. WORK/die holds the name of a package at which it gives up in the middle of its work, WORK/lie that of
one of which it tells another build, WORK/stray that of one that comes from elsewhere. WORK/words holds what it says
where nothing provides a spec, "%s"."""
import bz2
import hashlib
import io
import json
import os
import py_compile
import struct
import sys
import tarfile
import urllib.parse
import zipfile

WORK, NAME, ARGS = sys.argv[1], sys.argv[2], sys.argv[3:]
VERSIONS = {"micromamba": "2.0.5", "mamba": "mamba 1.5.8\nconda 24.5.0", "conda": "conda 24.5.0"}


def fail(text):
    sys.exit("error    libmamba %s\ncritical libmamba %s" % (text, text))


def give_up(spec):
    words = os.path.join(WORK, "words")
    if not os.path.isfile(words):
        fail("Could not solve for environment specs\n    nothing provides %s" % spec)
    with open(words) as f:
        sys.exit(f.read().replace("%s", spec))


def folder(url):
    return urllib.parse.unquote(urllib.parse.urlsplit(url).path)


def unzstd(data):
    """Blocks that are stored, as make_conda.py writes them."""
    at, out = 6, b""
    while True:
        head = struct.unpack("<I", data[at:at + 3] + b"\0")[0]
        out += data[at + 3:at + 3 + (head >> 3)]
        at += 3 + (head >> 3)
        if head & 1:
            return out


def tars(path):
    if path.endswith(".conda"):
        with zipfile.ZipFile(path) as z:
            for name in z.namelist():
                if name.endswith(".tar.zst"):
                    yield unzstd(z.read(name))
    else:
        with open(path, "rb") as f:
            yield bz2.decompress(f.read())


def unpack(path):
    to = os.path.join(WORK, "pkgs", os.path.basename(path))
    if not os.path.isdir(to):
        for data in tars(path):
            with tarfile.open(fileobj=io.BytesIO(data)) as t:
                t.extractall(to)
    return to


def sha256(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def records(channels):
    for channel in channels:
        for subdir in "linux-64", "noarch":
            path = os.path.join(folder(channel), subdir, "repodata.json")
            if not os.path.isfile(path):
                fail("Download error: %s/%s is not there" % (channel, subdir))
            with open(path) as f:
                doc = json.load(f)
            for kind in "packages", "packages.conda":
                for fn, record in doc[kind].items():
                    yield dict(record, fn=fn, channel="%s/%s" % (channel, subdir), url="%s/%s/%s" % (channel, subdir, fn))


def solve(specs, channels):
    known, chosen = list(records(channels)), {}
    waiting = [spec.strip() for spec in specs]
    while waiting:
        spec = waiting.pop(0).split("::")[-1]
        name = spec
        for sign in " =<>!~[":
            name = name.split(sign)[0]
        wanted = spec[len(name):].lstrip("=") if spec[len(name):].startswith("=") else ""
        those = [r for r in known if r["name"] == name and
                 (not wanted or r["version"] == wanted or r["version"].startswith(wanted + "."))]
        if not those:
            give_up(spec)
        if name not in chosen:
            chosen[name] = max(those, key=lambda r: [int(n) for n in r["version"].split(".")])
            waiting += chosen[name]["depends"]
    return list(chosen.values())


def explicit(lines):
    for line in lines:
        url, _, digest = line.strip().partition("#")
        path = folder(url)
        kind = "sha256" if digest.startswith("sha256:") else "md5"
        digest = digest.split(":")[-1]
        with open(path, "rb") as f:
            if hashlib.new(kind, f.read()).hexdigest() != digest:
                sys.exit("ChecksumMismatchError: %s" % url)
        with open(os.path.join(unpack(path), "info/index.json")) as f:
            record = json.load(f)
        yield dict(record, fn=os.path.basename(path), channel=url.rsplit("/", 1)[0], url=url, **{kind: digest})


def place_of(path, site):
    for begin, to in ("site-packages/", site + "/"), ("python-scripts/", "bin/"):
        if path.startswith(begin):
            return to + path[len(begin):]
    return path


def write(path, data, mode):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)
    os.chmod(path, mode)


def link_file(prefix, package, said, to):
    source, target = os.path.join(package, said["_path"]), os.path.join(prefix, to)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    place = said.get("prefix_placeholder", "").encode()
    if os.path.islink(source):
        os.symlink(os.readlink(source), target)
    elif not place:
        os.link(source, target)
    else:
        with open(source, "rb") as f:
            data = f.read()
        if said["file_mode"] == "text":
            data = data.replace(place, prefix.encode())
        else:
            strings = data.split(b"\0")
            for i, s in enumerate(strings):
                new = s.replace(place, prefix.encode())
                strings[i] = new + b"\0" * (len(s) - len(new))
            data = b"\0".join(strings)
        write(target, data, os.stat(source).st_mode & 0o777)
    return dict(said, _path=to) if os.path.islink(source) else dict(said, _path=to, sha256_in_prefix=sha256(target))


def is_named(by, name):
    if not os.path.isfile(os.path.join(WORK, by)):
        return False
    with open(os.path.join(WORK, by)) as f:
        return f.read().strip() == name


def install(prefix, record, site):
    package = unpack(folder(record["url"]))
    said, noarch = [], record.get("noarch") == "python"
    if is_named("die", record["name"]):
        sys.exit("gave up")
    if is_named("lie", record["name"]):
        record["build"] = "other_0"
    if is_named("stray", record["name"]):
        record["url"] = "https://elsewhere.example/linux-64/" + record["fn"]
    with open(os.path.join(package, "info/paths.json")) as f:
        for one in json.load(f)["paths"]:
            said.append(link_file(prefix, package, one, place_of(one["_path"], site) if noarch else one["_path"]))
    for one in list(said):
        if noarch and one["_path"].endswith(".py"):
            code = py_compile.compile(os.path.join(prefix, one["_path"]), doraise=True)
            said.append(dict(_path=os.path.relpath(code, prefix), path_type="pyc_file"))
    if noarch:
        with open(os.path.join(package, "info/link.json")) as f:
            for point in json.load(f)["noarch"]["entry_points"]:
                name, module = [part.strip() for part in point.split("=")]
                write(os.path.join(prefix, "bin", name),
                      ("#!%s/bin/python\nfrom %s import %s\n%s()\n" % ((prefix,) + tuple(module.split(":")) +
                                                                   (module.split(":")[1],))).encode(), 0o755)
                said.append(dict(_path="bin/" + name, path_type="unix_python_entry_point",
                                 sha256_in_prefix=sha256(os.path.join(prefix, "bin", name))))
    meta = dict(record, files=[one["_path"] for one in said], paths_data=dict(paths_version=1, paths=said))
    write(os.path.join(prefix, "conda-meta", record["fn"].rsplit("-", 2)[0] + "-%s-%s.json" % (
        record["version"], record["build"])), json.dumps(meta, indent=2).encode(), 0o644)


def create(args):
    options, channels = {}, []
    while args:
        option = args.pop(0)
        if option in ("--prefix", "--file"):
            options[option] = args.pop(0)
        elif option == "--channel":
            channels.append(args.pop(0))
        elif option not in ("--yes", "--quiet", "--override-channels", "--offline"):
            sys.exit("unknown option " + option)
    with open(options["--file"]) as f:
        lines = f.read().splitlines()
    made = list(explicit(lines[1:])) if lines[0] == "@EXPLICIT" else solve(lines, channels)
    prefix = options["--prefix"]
    if os.path.lexists(prefix):
        sys.exit("%s is there" % prefix)
    version = [r["version"] for r in made if r["name"] == "python"] or ["0.0"]
    site = "lib/python%s/site-packages" % ".".join(version[0].split(".")[:2])
    for record in made:
        install(prefix, record, site)
    write(os.path.join(prefix, "conda-meta/history"), ("# cmd: create -p %s\n" % prefix).encode(), 0o644)


with open(os.path.join(WORK, "calls"), "a") as log:
    print(json.dumps(dict(program=NAME, args=ARGS, env={
        k: v for k, v in os.environ.items() if k.startswith(("CONDA", "MAMBA", "_CE", "_CONDA", "PYTHON"))})), file=log)
if ARGS == ["--version"]:
    print(VERSIONS[NAME])
elif ARGS[0] == "create":
    create(ARGS[1:])
else:
    sys.exit("unknown command")
