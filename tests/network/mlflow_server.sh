# mlflow_server.sh - for tests against MLflow's own tracking server: environments that have it, and servers on loopback
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034,SC2154
# shellcheck source-path=SCRIPTDIR source=wheels.sh
. "${SRCDIR:-.}/tests/network/wheels.sh"
export PYFUNC_ENV_PYTHON="$python" PYFUNC_ENV_STORE="$work/store"
for name in $(env | sed -n 's/^\(AWS_[A-Z0-9_]*\|MLFLOW_[A-Z0-9_]*\)=.*/\1/p'); do unset "$name"; done
source=$(cd "${SRCDIR:-.}" && pwd -P)
servers=
# shellcheck disable=SC2317
stop() {
	for pid in $servers; do kill -- "-$pid" 2>/dev/null; done
	chmod -R u+w "$work" 2>/dev/null
	rm -rf "$work"
}
trap stop EXIT
# Who may ask a server that has accounts.
cat >"$work/accounts.ini" <<-'ACCOUNTS'
	[mlflow]
	default_permission = READ
	database_uri = sqlite:///accounts.db
	admin_username = admin
	admin_password = a-better-one-1
	authorization_function = mlflow.server.auth:authenticate_request_basic_auth
ACCOUNTS
# Where a server keeps artifacts that it takes itself.
artifacts="--artifacts-destination ./artifacts --serve-artifacts"

# An environment of these requirements, made by the program itself: its folder is $env.
mlflow_env() { # NAME DAY REQUIREMENT...
	mkdir "$work/$1"
	printf 'flavors:\n  python_function:\n    loader_module: x\n    env: {virtualenv: python_env.yaml}\n' >"$work/$1/MLmodel"
	printf 'python: %s\ndependencies: [-r requirements.txt]\n' \
		"$("$python" -c 'import platform; print(platform.python_version())')" >"$work/$1/python_env.yaml"
	mlflow_at=$work/$1 mlflow_day=$2
	shift 2
	printf '%s\n' "$@" >"$mlflow_at/requirements.txt"
	ends 0 "$program" create "$mlflow_at" --as-of "$mlflow_day" || skip_all "MLflow cannot be had for this Python"
	env=$(cat "$work/out")
}

# A server of the environment $env; its port is $port.
serve() { # NAME OPTION...
	mkdir "$work/$1" && cd "$work/$1" || exit 99
	port=$("$env/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	shift
	MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false MLFLOW_FLASK_SERVER_SECRET_KEY=x \
		MLFLOW_AUTH_CONFIG_PATH="$work/accounts.ini" setsid "$env/bin/python" -m mlflow server \
		--host 127.0.0.1 --port "$port" --backend-store-uri sqlite:///s.db --workers 1 "$@" >server.log 2>&1 &
	servers="$servers $!"
	cd "$source" || exit 99
	for _ in $(seq 180); do
		"$env/bin/python" -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1])' \
			"http://127.0.0.1:$port/health" 2>/dev/null && return
		sleep 1
	done
	tail -n 5 "$work"/*/server.log | sed 's/^/# /'
	tap 1 "MLflow's server starts"
	finish
}
