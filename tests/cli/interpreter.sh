# interpreter.sh - an interpreter whose distributions are folders of names and versions: $python, $version, `have`
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034,SC2154
base=$(PATH=/usr/bin:/usr/local/bin:/bin command -v python3) || skip_all "there is no python3"
"$base" -m venv --without-pip "$work/venv" || skip_all "there is no venv"
python=$work/venv/bin/python
version=$("$python" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])')
site=$("$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
have() { # NAME VERSION
	mkdir -p "$site/$1-$2.dist-info"
	printf 'Metadata-Version: 2.1\nName: %s\nVersion: %s\n' "$1" "$2" >"$site/$1-$2.dist-info/METADATA"
}
