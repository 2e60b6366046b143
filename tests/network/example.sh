# example.sh - for the tests against MLflow itself: the example's environment, which has one
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# shellcheck disable=SC2034 # for the scripts that read this one
#
# . "$SRCDIR/tests/network/example.sh"; then $program, $source, $work and, by example_env, $env. Versions are those
# of the example's file, and what these need as of the example's day: no release of today changes an answer.
program=$(realpath "${BUILDDIR:-build}")/pyfunc-env
source=$(realpath "${SRCDIR:-.}")
work=$(mktemp -d) || exit 99
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
export PYFUNC_ENV_STORE="${PYFUNC_ENV_STORE:-$work/store}"
unset VIRTUAL_ENV CONDA_PREFIX PYTHONPATH PYTHONHOME
# Settings of the caller's MLflow would be those of both sides, or of one.
for name in $(env | sed -n 's/^\(MLFLOW_[A-Z0-9_]*\)=.*/\1/p'); do
	unset "$name"
done

# 200 MB, from an index that may be busy: what has come is kept, and the rest is asked for once more.
example_env() {
	env=$("$program" create -q "$source/share/examples/iris/model") ||
		env=$("$program" create "$source/share/examples/iris/model") || {
		echo "Bail out! no environment for the example: the reason is above"
		exit 1
	}
}
