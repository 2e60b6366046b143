#!/bin/sh
# ftp.sh - models of a server of FTP: listed in both ways, fetched whole, and what is not to be believed
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154,SC2317 # what tap.sh sets, functions that are called by check
. "${SRCDIR:-.}/tests/cli/tap.sh"
# shellcheck source-path=SCRIPTDIR source=fetched.sh
. "${SRCDIR:-.}/tests/cli/fetched.sh"
# shellcheck source-path=SCRIPTDIR source=tracking.sh
. "${SRCDIR:-.}/tests/cli/tracking.sh"
unset NETRC
mkdir -p "$work/model/deep/er" "$work/nothing" && echo x >"$work/model/deep/er/a b%20.txt" && : >"$work/model/empty"
serve ftp_server.py
read -r _ old <"$work/ready"
host=me:pw@127.0.0.1:$port
check "a folder" fetched "ftp://$host/model"
first=$(cat "$work/out")
check "each file is asked for once" test "$(asked RETR)" -eq "$(find "$work/model" -type f ! -name empty | wc -l)"
: >"$work/log"
check "asked about again" fetched "ftp://$host/model/"
check "it is the same" test "$(cat "$work/out")" = "$first"
check "by its lists and MLmodel alone" test "$(asked RETR)" -eq 1
sleep 1 && touch "$work/model/requirements.txt"
check "a file that changed makes another one" fetched "ftp://$host/model"
check "as is seen" test "$(cat "$work/out")" != "$first"
expect "deps needs the texts alone" 0 "scikit-learn==" "$program" deps "ftp://$host/model"
check "a file of it as an artifact" ends 0 fetch --artifact "ftp://$host/model/requirements.txt" -o "$work/a file"
check "is the file" cmp "$work/model/requirements.txt" "$work/a file"
check "a folder of it" ends 0 fetch --artifact "ftp://$host/model" -o "$work/a folder"
check "all of it" diff -r "$work/model" "$work/a folder"
expect "nothing of that name" 4 "" fetch --artifact "ftp://$host/model/none" -o "$work/none"
check "is there then" test ! -e "$work/none"
check "where MLSD is not known" fetched "ftp://me:pw@127.0.0.1:$old/model"
check "where files break off at first" fetched "ftp://$host/cut"
tracking "ftp://$host/model"
check "a model of a tracking server" fetched models:/there/1
check "whose password is not told" sh -c '! "$1" fetch -v models:/there/1 2>&1 | grep pw' - "$program"
printf 'machine 127.0.0.1 login me password pw\n' >"$work/netrc"
check "a user of netrc" env NETRC="$work/netrc" "$program" fetch "ftp://127.0.0.1:$port/model"
expect "another password" 4 "Login denied" fetch "ftp://me:5ecret@127.0.0.1:$port/model"
check "is not told" silent 5ecret
expect "nobody" 4 "Login denied" fetch "ftp://127.0.0.1:$port/model"
expect "no such folder" 4 "" fetch "ftp://$host/none"
expect "nothing there" 3 "nothing is there" fetch "ftp://$host/nothing"
for place in "$port" "$old"; do
	for how in climb slash; do
		expect "a list that leads out: $how" 5 "leads out of its folder" fetch "ftp://me:pw@127.0.0.1:$place/$how"
	done
	expect "a link" 5 "neither file nor folder" fetch "ftp://me:pw@127.0.0.1:$place/link"
	expect "no list" 4 "not understood" fetch "ftp://me:pw@127.0.0.1:$place/odd"
done
check "no command can be slipped in" ends 2 fetch "ftp://$host/a%0d%0aDELE%20x"
expect "nobody there" 4 "" env MLFLOW_HTTP_REQUEST_MAX_RETRIES=0 "$program" fetch ftp://127.0.0.1:1/x
expect "offline, what was fetched" 0 "$work/store/models/" fetch --offline "ftp://$host/model"
check "no password is kept" sh -c '! grep -r "me:pw" "$1"' - "$PYFUNC_ENV_STORE"
expect "of sftp: no host that is not known" 4 "" env MLFLOW_HTTP_REQUEST_MAX_RETRIES=0 MLFLOW_HTTP_REQUEST_TIMEOUT=5 "$program" fetch "sftp://$host/model"
finish
