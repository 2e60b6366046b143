#!/bin/sh
# buckets.sh - models in other projects' stand-ins for Azure's storage (Azurite, from npm) and Google's (gcp-storage-emulator)
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
. "${SRCDIR:-.}/tests/cli/tap.sh"
[ "${PYFUNC_ENV_NETWORK:-}" = 1 ] || skip_all "no network (make check-network)"
[ ! -e "$pip_config" ] || export PIP_CONFIG_FILE="$pip_config"
for name in $(env | sed -n 's/^\(AZURE_[A-Z0-9_]*\|GOOGLE_[A-Z0-9_]*\|STORAGE_[A-Z0-9_]*\|MLFLOW_[A-Z0-9_]*\)=.*/\1/p'); do unset "$name"; done
servers=
trap 'kill $servers 2>/dev/null; chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
answers() { # PORT: somebody listens
	for _ in $(seq 300); do
		python3 -c 'import socket, sys; socket.create_connection(("127.0.0.1", int(sys.argv[1])))' "$1" 2>/dev/null && return
		sleep 0.1
	done
	return 1
}
cp -R "$SRCDIR/share/examples/iris/model" "$work/model" && mkdir "$work/model/data" && python3 - "$work" <<'END'
import os, sys
for i in range(100):
    with open(f"{sys.argv[1]}/model/data/part {i} é+%41.bin", "wb") as f:
        f.write(os.urandom(20000))
END
fetched() { ends 0 "$program" fetch "$1" && diff -r "$work/model" "$(cat "$work/out")"; }
python3 -m venv "$work/venv" || skip_all "there is no venv"

# ---- Azure ----
# The account and the key that its makers have published for it.
account=devstoreaccount1
key=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==
if command -v npm >/dev/null && mkdir "$work/az" && (cd "$work/az" && npm install --silent --no-fund --no-audit azurite >"$work/err" 2>&1) &&
	"$work/venv/bin/pip" install -q azure-storage-blob 2>"$work/err"; then
	port=$(free_port)
	"$work/az/node_modules/.bin/azurite-blob" --silent --skipApiVersionCheck --blobPort "$port" --location "$work/az" >"$work/azurite" 2>&1 &
	servers="$servers $!"
	answers "$port"
	export AZURE_STORAGE_CONNECTION_STRING="DefaultEndpointsProtocol=http;AccountName=$account;AccountKey=$key;BlobEndpoint=http://127.0.0.1:$port/$account"
	cat >"$work/fill.py" <<'END'
import datetime, os, sys
from azure.storage.blob import BlobServiceClient, ContainerSasPermissions, generate_container_sas
model, connection = sys.argv[1:]
service = BlobServiceClient.from_connection_string(connection)
container = service.create_container("models")
for top, _, names in os.walk(model):
    for name in names:
        path = os.path.join(top, name)
        with open(path, "rb") as f:
            container.upload_blob("a b/model/" + os.path.relpath(path, model), f)
print(generate_container_sas(service.account_name, "models", account_key=service.credential.account_key,
                             permission=ContainerSasPermissions(read=True, list=True),
                             expiry=datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)))
END
	"$work/venv/bin/python" "$work/fill.py" "$work/model" "$AZURE_STORAGE_CONNECTION_STRING" >"$work/sas" 2>"$work/err"
	check "Azurite is filled" test -s "$work/sas"
	check "by the key" fetched "wasbs://models@$account.blob.core.windows.net/a b/model"
	check "the same by the other name" fetched "abfss://models@$account.dfs.core.windows.net/a b/model"
	expect "deps" 0 "scikit-learn==" "$program" deps "wasbs://models@$account.blob.core.windows.net/a b/model"
	expect "no such container" 4 "ContainerNotFound" "$program" fetch "wasbs://nothing@$account.blob.core.windows.net/model"
	endpoint="AccountName=$account;BlobEndpoint=http://127.0.0.1:$port/$account"
	rm -rf "$work/store2"
	AZURE_STORAGE_CONNECTION_STRING="$endpoint;SharedAccessSignature=$(cat "$work/sas")"
	export PYFUNC_ENV_STORE="$work/store2"
	check "by a shared access signature" fetched "wasbs://models@$account.blob.core.windows.net/a b/model"
	AZURE_STORAGE_CONNECTION_STRING="$endpoint;AccountKey=$(echo no | base64)"
	expect "by another key" 4 "Auth" "$program" fetch "wasbs://models@$account.blob.core.windows.net/a b/model/data"
	unset AZURE_STORAGE_CONNECTION_STRING
else
	skip "Azurite cannot be installed: $(tail -n 1 "$work/err")"
fi

# ---- Google ----
if "$work/venv/bin/pip" install -q gcp-storage-emulator 2>"$work/err"; then
	port=$(free_port)
	"$work/venv/bin/gcp-storage-emulator" start --host 127.0.0.1 --port "$port" --in-memory --default-bucket models >"$work/gcp" 2>&1 &
	servers="$servers $!"
	answers "$port"
	cat >"$work/fill.py" <<'END'
import os, sys, urllib.parse, urllib.request
model, url = sys.argv[1:]
for top, _, names in os.walk(model):
    for name in names:
        path = os.path.join(top, name)
        query = urllib.parse.urlencode({"uploadType": "media", "name": "a b/model/" + os.path.relpath(path, model)})
        with open(path, "rb") as f:
            urllib.request.urlopen(urllib.request.Request(f"{url}/upload/storage/v1/b/models/o?{query}", f.read(),
                                                          {"Content-Type": "application/octet-stream"})).read()
END
	export STORAGE_EMULATOR_HOST="http://127.0.0.1:$port"
	check "Google's stand-in is filled" "$work/venv/bin/python" "$work/fill.py" "$work/model" "$STORAGE_EMULATOR_HOST"
	check "a folder of it" fetched "gs://models/a b/model"
	expect "deps of it" 0 "scikit-learn==" "$program" deps "gs://models/a b/model"
	expect "no such bucket" 4 "" "$program" fetch gs://nothing-here/model
else
	skip "gcp-storage-emulator cannot be installed: $(tail -n 1 "$work/err")"
fi
finish
