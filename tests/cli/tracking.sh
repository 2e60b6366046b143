# tracking.sh - for tests of places where models are: a tracking server that says that one of its models is there
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034,SC2154
#
# . "$SRCDIR/tests/cli/tracking.sh" behind tap.sh; then: tracking PLACE. models:/there/1 is at that place, the server is
# asked by a token, $tracking_log has what it was asked, and $tracking is its process.
tracking() { # PLACE
	unset MLFLOW_TRACKING_USERNAME MLFLOW_TRACKING_PASSWORD MLFLOW_REGISTRY_URI
	mkdir "$work/tracking" && cp -R "$SRCDIR/share/examples/iris/model" "$work/tracking/model" || exit 99
	echo "there $1" >"$work/tracking/places"
	tracking_log=$work/tracking/log
	python3 "$SRCDIR/tests/cli/tracking_server.py" "$work/tracking" &
	tracking=$!
	trap 'kill $server $tracking 2>/dev/null; chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT
	await "$work/tracking/ready"
	read -r tracking_port _ <"$work/tracking/ready"
	export MLFLOW_TRACKING_URI="http://127.0.0.1:$tracking_port/prefix" MLFLOW_TRACKING_TOKEN=t0ken
}
