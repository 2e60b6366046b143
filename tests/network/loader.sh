#!/bin/sh
# loader.sh - the light loader against MLflow's own: the same answers, or the same errors
# SPDX-License-Identifier: Apache-2.0
#
# Each row is an environment, in which loader.py saves models of three flavors, some of them damaged.
# Errors too are equal in class and text. The newest MLflow alone, but with LOADER_ROWS=all (make check-loader), or
# with those that it names: LOADER_ROWS="mlflow-skinny==1.20.2".
. "${SRCDIR:-.}/tests/cli/tap.sh"
program=$(realpath "$program")
helper=$(realpath "${SRCDIR:-.}/tests/network/loader.py")
acceptance=${PYFUNC_ENV_ACCEPTANCE:-}
cd "$work" || exit 99 # some mlflows make a folder mlruns where they are
export PYENV_ROOT="${pythons%/versions}"
[ ! -e "$pip_config" ] || export PIP_CONFIG_FILE="$pip_config"
command -v python3 >/dev/null || skip_all "there is no python3"

version_of() { # MINOR
	for exe in "$pythons/$1".*/bin/python "/usr/bin/python$1" "/usr/local/bin/python$1"; do
		[ -x "$exe" ] && "$exe" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' && return 0
	done 2>/dev/null | tail -n 1
}

# The answer, or the status and what is said, without what differs from run to run: addresses, times, the
# order of a set.
ask() { # LOADER MODEL REQUEST OUT [OPTIONS]
	loader=$1 model=$2 request=$3 out=$4 rc=0
	shift 4
	"$program" run -v --offline --loader "$loader" "$model" -i "$request" "$@" >"$out" 2>"$out.err" </dev/null || rc=$?
	{
		echo "status $rc"
		grep '^pyfunc-env: [a-z-]*: ' "$out.err" | grep -v '^pyfunc-env: \(debug\|warning\|note\): ' |
			sed 's/0x[0-9a-f]*/0x/g; s/\[[0-9][0-9]:[0-9:]*\]/[time]/g
				s/\(feature_names mismatch.*\) expected .*/\1/'
	} >>"$out"
}

# xgboost reads beyond the end of a file that is cut. What happens then depends on what was in memory, so that
# MLflow's own loader differs from process to process: as it does with what is put behind the end.
reads_beyond() { # MODEL REQUEST
	for byte in A L; do
		python3 "$helper" append "$1" "$work/longer" "$byte"
		ask mlflow "$work/longer" "$2" "$work/longer.$byte"
	done
	! cmp -s "$work/longer.A" "$work/longer.L"
}

# A failure, whatever is said, with nothing answered.
failed() { # FILE
	sed 1q "$1" | grep -q '^status [1-9]'
}

compare() { # NAME MODEL REQUEST [OPTIONS]
	name=$1 model=$2 request=$3
	shift 3
	for loader in mlflow auto; do ask $loader "$model" "$request" "$work/$loader" "$@"; done
	differ=0
	cmp -s "$work/mlflow" "$work/auto" || {
		failed "$work/mlflow" && failed "$work/auto" && reads_beyond "$model" "$request"
	} || differ=1
	[ $differ -eq 0 ] || for loader in mlflow auto; do sed "s/^/# $loader: /" "$work/$loader" | cut -c1-400; done
	: >"$work/check"
	tap $differ "$name"
}

# The light loader by name may fail with a sentence of its own, but only where MLflow's fails.
by_name() { # NAME MODEL REQUEST
	ask light "$2" "$3" "$work/light"
	cmp -s "$work/mlflow" "$work/light" || grep -q 'cannot load this model' "$work/light" ||
		{ ! grep -qx 'status 0' "$work/mlflow" && ! grep -qx 'status 0' "$work/light"; }
	tap $? "$1: by name"
	asked=$((asked + 1))
	! grep -q ', loader: light$' "$work/light.err" || light=$((light + 1))
}

newest=mlflow-skinny==3.17.2
# What is not pinned is of this day too.
as_of=2026-11-28

row() { # MINOR REQUIREMENTS...
	case " ${LOADER_ROWS:-$newest} " in
	*" all "* | *" $2 "*) ;;
	*) return ;;
	esac
	minor=$1
	shift
	version=$(version_of "$minor")
	if [ -z "$version" ]; then
		skip "there is no CPython $minor here ($*)"
		return
	fi
	dir=$work/row asked=0 light=0
	rm -rf "$dir"
	python3 "$helper" stub "$dir/stub" "$version" "$@"
	expect "$version $*: made" 0 "" "$program" create -q --as-of "$as_of" "$dir/stub"
	env=$(cat "$work/out")
	[ -n "$env" ] || return
	check "$*: models saved" "$env/bin/python" -I -W ignore "$helper" save "$dir/models" "$dir/stub"
	grep '^# not saved' "$work/check"
	python3 "$helper" break "$dir/models"
	for model in "$dir"/models/*; do
		of="$*: ${model##*/}"
		case ${model##*/} in
		*.*) compare "$of" "$model" "$dir/requests/split.json" ;;
		*)
			# With workers that stay each model is loaded once by each loader, but where an answer depends
			# on what was asked before: xgboost takes names that it lacks from the first table.
			warm=--keep-warm=600
			[ "${model##*/}" != xgboost-unnamed ] || warm=
			for request in "$dir"/requests/*; do
				compare "$of: ${request##*/}" "$model" "$request" $warm
			done
			compare "$of: cold" "$model" "$dir/requests/split.json"
			find "$PYFUNC_ENV_STORE/workers" -type s -delete # their workers go
			by_name "$of" "$model" "$dir/requests/split.json"
			;;
		esac
	done
	compare "$*: forbidden" "$dir/models/logistic-pickle" "$dir/requests/split.json" \
		--env MLFLOW_ALLOW_PICKLE_DESERIALIZATION=false
	echo "# $light of $asked were loaded without MLflow"
	check "$*: half of them without MLflow" [ "$((2 * light))" -ge "$asked" ]
}

row 3.7 mlflow-skinny==1.20.2 'protobuf<4' pandas==1.3.5 numpy==1.21.6 scikit-learn==0.24.2 lightgbm==3.2.1 xgboost==1.4.2
row 3.7 mlflow-skinny==1.30.1 'protobuf<4' pandas==1.3.5 numpy==1.21.6 scikit-learn==1.0.2 lightgbm==3.3.5 xgboost==1.6.2
row 3.8 mlflow-skinny==2.3.2 pandas==1.5.3 numpy==1.24.4 scikit-learn==1.2.2 lightgbm==3.3.5 xgboost==1.7.6
row 3.9 mlflow-skinny==2.9.2 pandas==2.0.3 numpy==1.25.2 scikit-learn==1.3.2 lightgbm==4.1.0 xgboost==2.0.3
row 3.10 mlflow-skinny==2.15.1 pandas==2.2.2 numpy==1.26.4 scikit-learn==1.4.2 lightgbm==4.3.0 xgboost==2.0.3
row 3.12 mlflow-skinny==2.22.0 pandas==2.2.3 numpy==1.26.4 scikit-learn==1.5.2 lightgbm==4.5.0 xgboost==2.1.3
row 3.13 "$newest" pandas numpy scikit-learn lightgbm xgboost skops
for model in "$acceptance"/models/*/model; do
	[ -n "$acceptance" ] && [ -d "$model" ] || continue
	of=${model%/model}
	"$program" create -q "$model" >"$work/out" 2>"$work/err" || continue
	for request in "$of"/io/in.*; do
		compare "recorded: ${of##*/}: ${request##*/}" "$model" "$request" --keep-warm=600
	done
	find "$PYFUNC_ENV_STORE/workers" -type s -delete
done
finish
