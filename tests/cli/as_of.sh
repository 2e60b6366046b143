#!/bin/sh
# as_of.sh - packages as of a day, what a model recorded, and what create --repair adds
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
. "${SRCDIR:-.}/tests/cli/tap.sh"
umask 022
command -v python3 >/dev/null || skip_all "there is no python3"
python=$(python3 -c 'import os, sys; print(os.path.realpath(sys.executable))')
unset PIP_FIND_LINKS PIP_EXTRA_INDEX_URL PYFUNC_ENV_AS_OF
export PIP_CONFIG_FILE=/dev/null PIP_INDEX_URL="file://$work/index"

cat >"$work/listing" <<'END'
alpha 1.0 2021-01-01
alpha 1.1 2022-03-17
alpha 2.0 2022-03-18
beta 1.0 2021-06-01
beta 2.0 2023-06-01
gamma 1.0 2021-01-01 tag=cp20-cp20-win32
gamma 1.1 2023-02-01
gamma 1.2 2023-03-01
delta 1.0 2021-01-01
delta 1.1 2021-06-01 yanked
epsilon 1.0 - alpha
zeta 1.0 2021-01-01 beta>=2
eta 1.0 2023-01-01
mlflow 1.0 2021-01-01
mlflow 1.1 2021-06-01
mlflow 1.2 2022-01-01
mlflow 0.9 2020-02-01 beta>=2
cloudpickle 1.0 2021-01-01
cloudpickle 2.0 2021-02-01
setuptools 60.0 2021-01-01 module=pkg_resources
setuptools 65.0 2023-01-01 module=pkg_resources
theta 1.0 2021-01-01 yanked
theta 1.1 2023-01-01
lack 1.0 2021-01-01
lack 2.0 2023-01-01
hollow 1.0 2021-01-01
iota 1.0 2021-01-01
iota 2.0 2022-01-01
iota 2.0 2023-01-01 tag=1-py3-none-any
END
python3 "${SRCDIR:-.}/tests/cli/as_of_index.py" "$work/index" "$work/listing" || exit 99

# A model of that day that asks for these; what MLmodel says besides comes on standard input.
model() { # NAME DAY REQUIREMENT...
	mkdir -p "$work/$1/code"
	day=$2
	{
		printf 'flavors:\n  python_function:\n    loader_module: own_loader\n    code: code\n    data: model.pkl\n'
		[ -t 0 ] || cat
		[ "$day" = - ] || printf "utc_time_created: '%s 12:34:56.789012'\n" "$day"
	} >"$work/$1/MLmodel"
	name=$1
	shift 2
	printf '%s\n' "$@" >"$work/$name/requirements.txt"
	: >"$work/$name/model.pkl"
	cat >"$work/$name/code/own_loader.py" <<-'END'
	import pickle

	class Model:
	    def predict(self, data):
	        return [type(self.what).__module__] * len(data)

	def _load_pyfunc(path):
	    model = Model()
	    with open(path, "rb") as f:
	        model.what = pickle.load(f)
	    return model
	END
}
create() { "$program" create --no-bytecode --env-manager venv --python "$python" "$@"; }
has() { # NAME-VERSION...
	for each; do
		[ -e "$(cat "$work/out")/lib/python$minor/site-packages/$each.dist-info" ] ||
			{ echo "# no $each"; return 1; }
	done
}
minor=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')

# ---- the day ----
model plain 2022-03-17 alpha </dev/null
check "a dated model" ends 0 create "$work/plain"
check "has what there was at the end of its day" has alpha-1.1
check "and says so" said "resolving as of 2022-03-17, 1 requirements"
env=$(cat "$work/out")
check "again" ends 0 create "$work/plain"
check "is found" test "$(cat "$work/out")" = "$env"
check "without resolving" silent resolving
check "--as-of model" ends 0 create --as-of model "$work/plain"
check "is the same" silent resolving
model earlier 2021-06-30 alpha </dev/null
check "the same requirements, saved on another day" ends 0 create "$work/earlier"
check "are another environment" has alpha-1.0
check "--as-of now" ends 0 create --as-of now "$work/plain"
check "has the newest" has alpha-2.0
for day in 2021-06-30 2021-06-30T23:59:59Z 2021-07-01T01:00:00+02:00 "2021-06-30 12:00:00.5"; do
	check "--as-of $day" ends 0 create --refresh --as-of "$day" "$work/plain"
	check "has what there was" has alpha-1.0
	check "by that day in UTC" said "as of 2021-06-30"
done
check "a variable says it too" ends 0 env PYFUNC_ENV_AS_OF=2021-02-01 "$program" create --no-bytecode \
	--env-manager venv --python "$python" "$work/plain"
check "as the option does" has alpha-1.0
for day in 2999-01-01 2021-02-30 20210101 yesterday 2021-01-01x ""; do
	check "--as-of '$day' is refused" ends 2 create --as-of "$day" "$work/plain"
done
check "the future by name" ends 2 create --as-of 2999-01-01 "$work/plain"
check "as such" said "--as-of 2999-01-01 is in the future"
model future 2999-01-01 alpha </dev/null
check "a model of the future" ends 0 create "$work/future"
check "has the newest" has alpha-2.0
check "with a note" said "MLmodel is dated 2999-01-01, which is in the future: resolving as of now"
model undated - alpha </dev/null
check "a model without a date" ends 0 create "$work/undated"
check "has the newest" has alpha-2.0
check "but not --as-of model" ends 3 create --as-of model "$work/undated"
check "as it has none" said "MLmodel has no utc_time_created that is a date"
model odd - alpha <<-'END'
	utc_time_created: <date of the experiment>
END
check "a date that is none" ends 0 create "$work/odd"
check "does not count" has alpha-2.0

# ---- later than that ----
model pin 2022-03-17 beta==2.0 alpha </dev/null
check "a pin that is newer" ends 0 create "$work/pin"
check "counts" has beta-2.0 alpha-1.1
check "with its day and the reason" said \
	"beta 2.0 is of 2023-06-01, after 2022-03-17: requirements.txt, line 1, asks for beta==2.0"
check "env show" ends 0 "$program" env show "$(basename "$(cat "$work/out")")"
check "tells the day" printed "as of: 2022-03-17"
check "and what is later" printed "late: beta (of 2023-06-01: requirements.txt, line 1, asks for beta==2.0)"
model nofile 2022-03-17 gamma </dev/null
check "no file yet for this interpreter" ends 0 create "$work/nofile"
check "has the first that there was" has gamma-1.1
check "for that reason" said \
	"gamma 1.1 is of 2023-02-01, after 2022-03-17: no earlier one has a wheel for this interpreter"
model unborn 2022-03-17 eta </dev/null
check "nothing yet" ends 0 create "$work/unborn"
check "is said" said "nothing of it was there before"
model needing 2022-03-17 zeta </dev/null
check "somebody needs what is newer" ends 0 create "$work/needing"
check "and is named" said "beta 2.0 is of 2023-06-01, after 2022-03-17: zeta 1.0 needs beta>=2"
model yanked 2022-03-17 delta </dev/null
check "a yanked version" ends 0 create "$work/yanked"
check "is passed over" has delta-1.0
model yanked-pin 2022-03-17 delta==1.1 </dev/null
check "unless it is pinned" ends 0 create "$work/yanked-pin"
check "then it counts" has delta-1.1
model yanked-all 2022-03-17 theta </dev/null
check "where all that was there is yanked" ends 0 create "$work/yanked-all"
check "it is said" said "theta 1.1 is of 2023-01-01, after 2022-03-17: no earlier one but what was yanked"
model again 2022-03-17 iota </dev/null
check "a version of which a better file came later" ends 0 "$program" lock -f requirements --python "$python" "$work/again"
check "was there" printed "iota==2.0"
check "in the file of then" printed "$(sha256sum "$work/index/iota/iota-2.0-py3-none-any.whl" | cut -d' ' -f1)"
check "which is not late" silent "iota 2.0 is of"
check "as of now" ends 0 "$program" lock -f requirements --python "$python" --as-of now "$work/again"
check "it is the better one" printed "$(sha256sum "$work/index/iota/iota-2.0-1-py3-none-any.whl" | cut -d' ' -f1)"
model nodates 2022-03-17 epsilon </dev/null
check "a file without a date" ends 0 create "$work/nodates"
check "is taken, and the others by their days" has epsilon-1.0 alpha-1.1
check "which is told once" test "$(grep -c 'no date is known' "$work/err")" -eq 1
check "by name" said "of 1 package no date is known, it may be later than 2022-03-17: epsilon"

# ---- facts ----
facts() { printf '    cloudpickle_version: 1.0\nmlflow_version: %s\n' "$1"; }
facts 1.1 | model loose 2022-03-17 mlflow 'cloudpickle<2.1,>=1'
check "recorded versions" ends 0 create "$work/loose"
check "fill what the requirements leave open" has mlflow-1.1 cloudpickle-1.0
check "and are told" said "as MLmodel records: mlflow 1.1, cloudpickle 1.0"
check "env show" ends 0 "$program" env show "$(basename "$(cat "$work/out")")"
check "tells them too" printed "facts: mlflow (mlflow_version of MLmodel)"
check "as of now" ends 0 create --as-of now "$work/loose"
check "they count as well" has mlflow-1.1 cloudpickle-1.0
facts 1.0 | model loose-other 2022-03-17 mlflow 'cloudpickle<2.1,>=1'
check "the same requirements, another record" ends 0 create "$work/loose-other"
check "are another environment" has mlflow-1.0 cloudpickle-1.0
facts 1.1 | model against 2022-03-17 mlflow==1.2 cloudpickle
check "a record against a pin" ends 0 create "$work/against"
check "gives way" has mlflow-1.2 cloudpickle-1.0
check "with a note" said \
	"mlflow 1.2 is taken, though mlflow_version of MLmodel is 1.1: requirements.txt, line 1, asks for mlflow==1.2"
check "what agrees needs none" silent "cloudpickle 2.0"
facts 1.7.dev0 | model nowhere 2022-03-17 mlflow cloudpickle
check "a recorded version that no index has" ends 0 create "$work/nowhere"
check "gives way to the day" has mlflow-1.2 cloudpickle-1.0
check "which is said" said "mlflow_version of MLmodel is 1.7.dev0: no index has it"
facts 0.9 | model apart 2022-03-17 mlflow 'beta<2'
check "one that does not go with the rest" ends 0 create "$work/apart"
check "gives way too" has mlflow-1.2 beta-1.0
check "for that reason" said "mlflow_version of MLmodel is 0.9: it does not go with the other packages"

# ---- what the files name ----
model broken 2022-03-17 alpha </dev/null
printf '(clack\nThing\nchollow.inner\nThing\ncsrc.features\nThing\ncnowhere_to_be_had\nThing\nt.' >"$work/broken/model.pkl"
check "a model whose pickle names more than it asks for" ends 0 create "$work/broken"
check "has what it asks for" has alpha-1.1
check "and no more" sh -c '! ls "$1"/lib/python*/site-packages | grep -q lack' - "$(cat "$work/out")"
echo '{"inputs": [1]}' >"$work/in.json"
check "diff" ends 1 "$program" diff --in "$(cat "$work/out")" "$work/broken"
check "says what adds it" printed "note: create --repair adds what"
expect "run says so too" 8 "create --repair" "$program" run --no-bytecode --env-manager venv --python "$python" \
	"$work/broken" -i "$work/in.json"
check "create --repair" ends 0 create --repair "$work/broken"
check "adds it, as of the day" has alpha-1.1 lack-1.0
check "and says why" said "added lack: model.pkl names lack"
check "a name of many folders is not looked for" said \
	"model.pkl names src.features: which package provides it cannot be told from the name"
check "what no index has is left" said "nowhere-to-be-had cannot be added"
check "what has another content is taken out again" said \
	"model.pkl names hollow.inner, which hollow of the index does not have: it is not added"
check "and is not there" sh -c '! ls "$1"/lib/python*/site-packages | grep -q hollow' - "$(cat "$work/out")"
repaired=$(cat "$work/out")
check "its manifest" "$python" -c 'import json, sys
with open(sys.argv[1] + "/manifest.json") as f: plan = json.loads(f.readline())["plan"]
assert plan["added"] == [{"name": "lack", "why": "model.pkl names lack"}], plan["added"]' "$repaired"
check "create afterwards" ends 0 create "$work/broken"
check "finds it" test "$(cat "$work/out")" = "$repaired"
check "--repair again" ends 0 create --repair "$work/broken"
check "makes nothing new of it" test "$(cat "$work/out")" = "$repaired"
printf 'clack\nThing\n)\201.' >"$work/broken/model.pkl"
expect "run uses it: the model is loaded, only an input is beyond this environment" 8 "No module named 'numpy'" \
	"$program" run --no-bytecode --env-manager venv --python "$python" "$work/broken" -i "$work/in.json"
check "without resolving" silent resolving
lack=$repaired/lib/python$minor/site-packages/lack
chmod u+w "$lack" && rm -f "$lack/__init__.py" && echo damaged >"$lack/__init__.py" # not the store's file, to which it is a link
check "a damaged one" ends 0 create --repair "$work/broken"
check "is made again" said "is made again"
check "with what was added" has lack-1.0
check "whole" ends 0 "$program" env verify "$(basename "$(cat "$work/out")")"

# ---- drivers ----
mkdir "$work/bin"
cat >"$work/bin/uv" <<END
#!/bin/sh
echo "uv 9.9.9"
[ "\$1" = --version ] || echo "\$*" >>"$work/uv.log"
exit \$((\$# > 1))
END
chmod +x "$work/bin/uv"
by_uv() { env PATH="$work/bin:$PATH" "$program" create --refresh --env-manager uv --python "$python" "$@"; }
check "uv" ends 7 by_uv "$work/plain"
check "is told no day" sh -c '! grep -q -- --exclude-newer "$1"' - "$work/uv.log"
check "unless the user names one" ends 7 by_uv --as-of 2021-06-30 "$work/plain"
check "whose end it is" grep -qF -- "--exclude-newer 2021-07-01T00:00:00Z" "$work/uv.log"
check "or means the model's" ends 7 by_uv --as-of model "$work/plain"
check "in the same way" grep -qF -- "--exclude-newer 2022-03-18T00:00:00Z" "$work/uv.log"
if "$python" -m pip --version >/dev/null 2>&1; then
	check "pip" ends 2 "$program" create --env-manager virtualenv --python "$python" --as-of model "$work/plain"
	check "cannot do so" said "cannot resolve as of a day"
else
	skip "no pip: that it is refused a day is not tested"
fi
finish
