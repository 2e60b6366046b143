#!/bin/sh
# env_uv.sh - environments of ours and of uv's from the same lock: the same files, but for a list of reasons
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
# shellcheck source-path=SCRIPTDIR source=wheels.sh
. "${SRCDIR:-.}/tests/network/wheels.sh"
"$python" -c 'import sys; assert (3, 10) <= sys.version_info < (3, 14)' 2>/dev/null ||
	skip_all "no python3 that the packages of these sets are made for"
newest
here=${SRCDIR:-.}/tests/network
export PYFUNC_ENV_PYTHON="$python" PYTHONDONTWRITEBYTECODE=1
pip() { "$work/tools/bin/python" -m pip --python "$1/bin/python" "$2" --no-color >"$work/$3.$2" 2>&1; }
list() { "$work/tools/bin/python" -m pip --python "$1/bin/python" list --format=freeze >"$2"; }
shown() { "$python" "$here/env_uv.py" "$env" "$work/uv" >"$work/out"; }

one() { # NAME REQUIREMENTS...: the lock is of that day
	set=$1
	shift
	mkdir "$work/$set"
	printf 'flavors:\n  python_function:\n    loader_module: x\n' >"$work/$set/MLmodel"
	printf '%s\n' "$@" >"$work/$set/requirements.txt"
	lock=$work/pylock.$set.toml
	check "$set: a lock" ends 0 "$program" lock "$work/$set" --as-of 2026-11-22 -o "$lock"
	check "$set: our environment" ends 0 "$program" create "$work/$set" --lock "$lock" --env-manager venv
	env=$(cat "$work/out")
	rm -rf "$work/uv"
	check "$set: uv's, from the same lock" sh -c '"$1" venv -q --no-config --python "$2" "$3" &&
		"$1" pip sync -q --preview --python "$3" "$4"' - "$uv" "$python" "$work/uv" "$lock"
	check "$set: the same paths, contents and modes, but for what is listed" shown
	sed 's/^/# /' "$work/out"
	for command in check list; do
		pip "$env" $command ours
		ours=$?
		pip "$work/uv" $command theirs
		check "$set: pip $command ends alike" test $? -eq $ours
		check "$set: and says the same" diff "$work/theirs.$command" "$work/ours.$command"
	done
	check "$set: of as many packages as are locked" test "$(sed 1,2d "$work/ours.list" | wc -l)" -eq "$(grep -c '^name = ' "$lock")"
}

one S scikit-learn==1.6.1 pandas==2.2.3 numpy==2.2.6 cloudpickle==3.1.1

# What has to be told apart is. The copy that is kept is of links: a file is replaced, never written to.
alter() { # NAME, what is said, COMMAND...
	name=$1 text=$2
	shift 2
	cp -al "$work/uv" "$work/kept"
	(cd "$work/uv/lib/python3"*/site-packages && "$@")
	expect "$name is found" 1 "$text" "$python" "$here/env_uv.py" "$env" "$work/uv"
	check "and nothing else" test "$(grep -c '^[^ ].*: ' "$work/out")" -eq 1
	rm -rf "$work/uv" && mv "$work/kept" "$work/uv"
}
alter "a changed byte" "site-packages/joblib/logger.py: differs" sed -i '$a#' joblib/logger.py
alter "a missing file" "site-packages/joblib/logger.py: is in ours alone" rm joblib/logger.py
alter "an added one" "site-packages/joblib/added.py: is in uv alone" touch joblib/added.py
alter "another mode" "site-packages/joblib/logger.py: mode 444, not 555" sh -c 'cp "$1" new && chmod a+x new && mv new "$1"' - joblib/logger.py
alter "another line of RECORD" ".dist-info/RECORD: differs" sh -c 'sed -i "s,^\(joblib/logger.py\).*,\1\,\,," joblib-*/RECORD'
alter "a script that calls something else" "bin/f2py: differs" sed -i 's/^from numpy/from other/' ../../../bin/f2py

one M mlflow scikit-learn pandas
finish
