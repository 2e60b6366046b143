#!/bin/sh
# spark.sh - spark_udf and transform in real Sparks of two releases: local, a local cluster, a master with two workers
# SPDX-License-Identifier: Apache-2.0
#
# The Sparks come from the package index, with MLflow, and are kept in SPARK_TOOLS, by default
# ~/.cache/pyfunc-env-spark. SPARK_ONLY="4 local" runs a part: a release, and local, cluster or standalone.
# shellcheck disable=SC2154
. "${SRCDIR:-.}/tests/network/example.sh"
java -version >/dev/null 2>&1 || { echo "1..0 # SKIPPED: there is no java"; echo "SKIPPED: spark.sh: there is no java" >&2; exit 77; }
tools=${SPARK_TOOLS:-$HOME/.cache/pyfunc-env-spark}
python=$(PATH=/usr/bin:/usr/local/bin:/bin command -v python3) || exit 77
only=${SPARK_ONLY:-}
export PYFUNC_ENV_PROGRAM="$program" PYTHONPATH="$source/share/python" PYTHONDONTWRITEBYTECODE=1 SPARK_TEST_PYTHON="$python"
export SPARK_LOCAL_IP=127.0.0.1
number=0
bad=0
pids=
stop_all() { for pid in $pids; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; done; pids=; }
trap 'stop_all; chmod -R u+w "$work"; rm -rf "$work"' EXIT

told() { # FILE PREFIX: lines of TAP of another, numbered anew
	while read -r first second rest; do
		case $first in
		ok) number=$((number + 1)) && echo "ok $number - $2: ${rest#- }" ;;
		not) number=$((number + 1)) && bad=1 && echo "not ok $number - $2: ${rest#*- }" ;;
		1..*) ;;
		*) echo "$first $second $rest" ;;
		esac
	done <"$1"
	number=$((number + 1))
	if grep -q '^1\.\.' "$1"; then
		echo "ok $number - $2: it came to its end"
	else
		bad=1
		echo "not ok $number - $2: it came to its end"
		grep -v '^[[:space:]]*at ' "$work/log" | tail -n 8 | cut -c 1-300 | sed 's/^/# /'
	fi
}

wanted() { # RELEASE [WHAT]: does SPARK_ONLY leave it in?
	for word in $only; do
		case $word in
		[0-9]) [ "$word" = "$1" ] || return 1 ;;
		*) [ $# -eq 1 ] || [ "$word" = "$2" ] || return 1 ;;
		esac
	done
}

# A folder with a pyspark of its own; what was installed before is taken.
spark_of() { # RELEASE REQUIREMENT...
	home=$tools/$1
	shift
	[ -e "$home/ready" ] && return
	rm -rf "$home" && mkdir -p "$tools" && "$python" -m venv "$home" || return 1
	if [ -x network-tools/bin/uv ]; then
		network-tools/bin/uv pip install -q -p "$home/bin/python" "$@"
	else
		"$home/bin/pip" install -q "$@"
	fi && : >"$home/ready"
}

in_spark() { # WHAT MASTER PART...
	what="Spark $release, $1" name=$1
	export SPARK_TEST_MASTER="$2"
	shift 2
	"$home/bin/python" "$source/tests/network/spark.py" "$work/$release-$name" "$@" >"$work/cases" 2>"$work/log"
	told "$work/cases" "$what"
}

# ports are the system's to choose: the master tells its own in its log
standalone() {
	daemon "$work/master.log" org.apache.spark.deploy.master.Master --host 127.0.0.1 --port 0 --webui-port 0
	tries=0 url=
	until [ -n "$url" ]; do
		url=$(sed -n 's/.*Starting Spark master at \(spark:[^ ]*\).*/\1/p' "$work/master.log")
		tries=$((tries + 1))
		[ "$tries" -lt 600 ] || { echo "Bail out! no master on loopback"; exit 1; }
		[ -n "$url" ] || sleep 0.2
	done
	for worker in 1 2; do
		daemon "$work/worker$worker.log" org.apache.spark.deploy.worker.Worker --host 127.0.0.1 --webui-port 0 \
			--cores 1 --memory 700m --work-dir "$work/worker$worker" "$url"
	done
}

daemon() { # LOG CLASS ARGUMENT...
	log=$1 && shift
	spark=$(echo "$home"/lib/python*/site-packages/pyspark)
	SPARK_HOME="$spark" SPARK_SCALA_VERSION=2.13 java -Xmx400m -Dspark.master.rest.enabled=false -cp "$spark/jars/*" --add-opens=java.base/java.nio=ALL-UNNAMED \
		--add-opens=java.base/sun.nio.ch=ALL-UNNAMED --add-opens=java.base/java.lang=ALL-UNNAMED "$@" >"$log" 2>&1 &
	pids="$pids $!"
}

for release in 4 3; do
	wanted "$release" || continue
	case $release in
	4) spark_of 4 'pyspark[connect]==4.3.0' 'pandas<3' pyarrow mlflow==3.17.2 ;;
	3) spark_of 3 pyspark==3.5.9 'pandas<3' pyarrow mlflow==3.17.2 'numpy<2.4' ;;
	esac || { echo "Bail out! pyspark $release cannot be had"; exit 1; }
	export PYFUNC_ENV_STORE="$work/store"
	if wanted $release local; then
		if [ $release = 4 ]; then
			in_spark local 'local[2,3]' types inputs face life unkept
			in_spark connect 'local[2]' connect
		else
			in_spark local 'local[2,3]' types inputs face life
		fi
	fi
	if wanted $release cluster; then
		in_spark cluster 'local-cluster[2,1,1024]' cluster
	fi
	if [ $release = 4 ] && wanted $release standalone; then
		export PYFUNC_ENV_STORE="$work/standalone_store"
		standalone
		in_spark standalone "$url" cluster
		stop_all
	fi
done
echo "1..$number"
exit $bad
