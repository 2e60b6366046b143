#!/bin/sh
# index.sh - versions and chosen files of real projects are those of pip's own finder
# SPDX-License-Identifier: Apache-2.0
set -eu
tool=${BUILDDIR:-.}/tests/cli/index_tool
index=$(sed -n 's/^#define PF_DEFAULT_INDEX "\(.*\)"/\1/p' "${BUILDDIR:-.}/src/default_index.h")
python=${PYFUNC_ENV_TEST_PYTHON:-python3}
[ "${PYFUNC_ENV_NETWORK:-}" = 1 ] || { echo "skipped: no network (make check-network)"; exit 77; }
[ -n "$index" ] || { echo "skipped: no index is built in"; exit 77; }
case $(uname -m) in x86_64) ;; *) echo "skipped: not x86_64"; exit 77 ;; esac
libc=$("$python" -c 'import platform; print(*platform.libc_ver())')
case $libc in glibc*) ;; *) echo "skipped: not glibc"; exit 77 ;; esac
"$python" "${SRCDIR:-.}/tests/network/index.py" "$tool" "$index" "$libc" 3.9.18 3.12.1
