#!/bin/sh
# fetch.sh - models from a tracking server and from archives: fetched whole, once, and from nowhere else
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
. "${SRCDIR:-.}/tests/cli/tap.sh"
# shellcheck source-path=SCRIPTDIR source=fetched.sh
. "${SRCDIR:-.}/tests/cli/fetched.sh"
mkdir -p "$work/model/deep/er" && echo x >"$work/model/deep/er/a b%20.txt" && : >"$work/model/empty"
serve tracking_server.py
read -r _ _ auth _ <"$work/ready"
MLFLOW_TRACKING_URI=http://127.0.0.1:$port/prefix/
export MLFLOW_TRACKING_URI

# ---- registered models, runs ----
check "a version" fetched models:/good/1
check "asks for each file once" test "$(asked 'GET /prefix/api/2.0/mlflow-artifacts/artifacts/model/')" -eq \
	"$(find "$work/model" -type f ! -name empty | wc -l)"
check "and for each folder once" test "$(asked 'artifacts?path=')" -eq 3
: >"$work/log"
check "it is here now" fetched models:/good/1
check "which takes one question" test "$(wc -l <"$work/log")" -eq 1
tree=$(cat "$work/out")
boot() { rm "${tree%/tree}"/verified-* && : >"$work/log"; }
empty() { rm -f "$1" && : >"$1"; }
boot
check "after another boot" fetched models:/good/1
check "it is here as well" test "$(wc -l <"$work/log")" -eq 1
empty "$tree/requirements.txt"
check "it was looked at once" ends 0 fetch models:/good/1
check "and is not again" test "$(wc -l <"$work/log")" -eq 2
boot
expect "a file that a power cut left empty, without the net" 4 "is damaged (requirements.txt)" fetch --offline models:/good/1
check "and with it" fetched models:/good/1
check "is told" said "is damaged (requirements.txt): it is fetched again"
check "is asked for, with what names the model, alone" test "$(asked 'GET /prefix/api/2.0/mlflow-artifacts/artifacts/model/')" -eq 2
boot
empty "${tree%/tree}/sizes"
check "or the list of them" fetched models:/good/1
check "is told" said "is damaged (sizes)"
check "and made again" fetched models:/good/1
check "really" test -s "${tree%/tree}/sizes" -a ! -e "${tree%/tree}.part"
for uri in models:/good/latest models:/good/Production models:/good@champion models:/m-0123 runs:/0123/named \
	runs:/0123/model runs:/0123/old/../model mlflow-artifacts:/model "mlflow-artifacts://127.0.0.1:$port/model"; do
	case $uri in
	*..*) expect "$uri" 2 '".."' fetch "$uri" ;;
	*) check "$uri" fetched "$uri" ;;
	esac
done
for uri in models:/good/1 runs:/0123/model mlflow-artifacts:/model; do
	rm -rf "$work/a file" "$work/a folder"
	check "$uri: a file of it as an artifact" ends 0 fetch --artifact "$uri/requirements.txt" -o "$work/a file"
	check "is the file" cmp "$work/model/requirements.txt" "$work/a file"
	check "a folder of it" ends 0 fetch --artifact "$uri" -o "$work/a folder"
	check "all of it" diff -r "$work/model" "$work/a folder"
done
expect "nothing of that name" 3 "nothing is there" fetch --artifact mlflow-artifacts:/model/none -o "$work/none"
check "nor here then" test ! -e "$work/none"
check "the highest of the latest versions" grep -q "get-download-uri?name=good&version=10 " "$work/log"
check "it was fetched once" test "$(find "$PYFUNC_ENV_STORE/models" -maxdepth 1 -type d | wc -l)" -eq 3
kill -STOP $server
check "without the net, what was fetched is there" ends 0 fetch --offline models:/good@champion
expect "and what was not is told" 4 "was not fetched before" fetch --offline models:/good/77
kill -CONT $server
check "a path below" ends 3 fetch models:/good/1/deep
for uri in "models:/my modél/1" "models:/100% sure/1" "runs:/0123/my modél" "mlflow-artifacts:/my modél"; do
	check "$uri" fetched "$uri"
done
check "a path below an alias" ends 0 fetch --artifact models:/good@champion/requirements.txt -o "$work/below"
expect "a prompt" 3 "prompt is a prompt, and no model" fetch models:/prompt/1
expect "no such version" 4 "RESOURCE_DOES_NOT_EXIST: Model Version (name=good, version=9) not found" fetch models:/good/9
expect "no version of a stage" 3 "with stage None" fetch models:/good/None
expect "nothing there" 3 "nothing is there" fetch mlflow-artifacts:/empty
check "a model that moves: before" fetched models:/moved@champion
touch "$work/moved"
check "and after" fetched models:/moved@champion

check "a model in the only folder there" ends 0 fetch mlflow-artifacts:/above
check "is it" grep -qx '#1' "$(cat "$work/out")/MLmodel"
touch "$work/remade"
check "and when it was made anew" ends 0 fetch mlflow-artifacts:/above
check "the other" grep -qx '#2' "$(cat "$work/out")/MLmodel"

# ---- commands ----
forget
expect "deps needs the texts alone" 0 "scikit-learn==" "$program" deps models:/good/1
check "asks for no other file" test "$(asked 'artifacts/model/model.skops')" -eq 0
check "and keeps nothing" none "$PYFUNC_ENV_STORE/models" -name tree
expect "scan looks into it" 0 "skops" "$program" scan models:/good/1
check "a copy" ends 0 fetch models:/good/1 -o "$work/copy"
check "is the same" diff -r "$work/model" "$work/copy"
check "and may be changed" test -w "$work/copy/MLmodel"
expect "not over another" 2 "is there already" fetch models:/good/1 -o "$work/copy"
expect "as JSON" 0 '"source":"http://127.0.0.1:' fetch --json models:/good/1
expect "a folder here is used in place" 0 "$work/model" fetch "$work/model"

# ---- who we are ----
forget
MLFLOW_TRACKING_URI=http://127.0.0.1:$auth/prefix
expect "nobody" 4 "UNAUTHENTICATED: who are you?" fetch models:/good/1
check "is told how to be somebody" said "set MLFLOW_TRACKING_USERNAME"
refused() { # WHO SETTING...: is named, and what it says is not
	who=$1
	shift
	expect "who is refused" 4 "who asks is what $who says" env "$@" "$program" fetch models:/good/1
	check "is not told" silent 5ecret
}
refused "the tracking URI" "MLFLOW_TRACKING_URI=http://no:5ecret@127.0.0.1:$auth/prefix"
refused MLFLOW_TRACKING_PASSWORD MLFLOW_TRACKING_USERNAME=no MLFLOW_TRACKING_PASSWORD=5ecret
refused MLFLOW_TRACKING_TOKEN MLFLOW_TRACKING_TOKEN=no5ecret
MLFLOW_TRACKING_TOKEN=t0ken
export MLFLOW_TRACKING_TOKEN
check "a token" fetched models:/good/1
check "is sent" grep -q "Bearer t0ken" "$work/log"
forget
mkdir -p "$HOME/.mlflow" && printf '[mlflow]\nmlflow_tracking_username = me\nmlflow_tracking_password = pw:1\n' >"$HOME/.mlflow/credentials"
check "a user of the file comes before it" fetched models:/good/1
check "as Basic" grep -q "Basic bWU6cHc6MQ==" "$work/log"
forget
check "elsewhere" fetched models:/foreign/1
check "nobody learns who we are" test "$(grep '^B ' "$work/log" | grep -vc ' -$')" -eq 0
check "it was asked, though" grep -q '^B ' "$work/log"
rm "$HOME/.mlflow/credentials"
unset MLFLOW_TRACKING_TOKEN
MLFLOW_TRACKING_URI=http://127.0.0.1:$port/prefix

# ---- answers that are not to be believed ----
expect "a path of this machine" 5 "a path on some machine" fetch models:/local/1
expect "the same as a file: URI" 5 "a path on some machine" fetch models:/file/1
echo "repository git+file://$work/repo@v1#models/iris" >"$work/places"
expect "a repository of it" 5 "a path on some machine" fetch models:/repository/1
expect "a circle" 5 "circle" fetch models:/circle/1
expect "credentials" 5 "credentials" fetch models:/secret/1
expect "a path that climbs" 5 '".."' fetch models:/climbing/1
expect "a scheme that is not fetched" 5 "hdfs" fetch models:/bucket/1
for how in climb absolute; do
	expect "a list that leads out: $how" 5 "leads out of its folder" fetch mlflow-artifacts:/$how
done
expect "a name twice" 5 "is there twice" fetch mlflow-artifacts:/twice
expect "a file in a file" 5 "lies in a file" fetch mlflow-artifacts:/fileinfile
expect "folders without end" 9 "without end" fetch mlflow-artifacts:/endless
check "none of it left anything" none "$PYFUNC_ENV_STORE/models" -name '*.part'
expect "no server, no mlruns here" 2 "MLFLOW_TRACKING_URI" env -C "$work" -u MLFLOW_TRACKING_URI "$program" fetch models:/good/1
expect "none that is asked over HTTP" 2 "none of a server" env MLFLOW_TRACKING_URI=sqlite:///x.db "$program" fetch models:/good/1

# ---- a store of this machine, as MLflow's FileStore writes it ----
store=$work/my%20runs run=0123456789abcdef0123456789abcdef
meta() { # FILE LINE...
	mkdir -p "$store/${1%/*}" && file=$store/$1
	shift
	printf '%s\n' "$@" >"$file"
}
meta 0/meta.yaml "experiment_id: '0'"
meta 77/meta.yaml "experiment_id: '77'"
meta 77/$run/meta.yaml "artifact_uri: $store/77/$run/artifacts" "experiment_id: '77'" "run_id: $run"
meta 77/models/m-1/meta.yaml "artifact_location: file://$work/model" "model_id: m-1" "name: named" "source_run_id: $run"
meta models/iris/version-1/meta.yaml "current_stage: Production" "name: iris" "source: models:/m-1" "version: 1"
meta models/iris/version-9/meta.yaml "current_stage: None" "name: iris" "source: x" "storage_location: $work/none" "version: 9"
meta models/iris/version-10/meta.yaml "current_stage: None" "name: iris" "source: x" "storage_location: $work/model" "version: 10"
meta models/iris/version-11/meta.yaml "current_stage: Deleted_Internal" "name: iris" "source: x" "version: 11"
meta models/iris/version-12/meta.yaml "current_stage: Staging" "name: iris" "source: mlflow-artifacts:/model" "version: 12"
meta models/iris/version-13/meta.yaml "current_stage: Archived" "name: iris" "source: models:/iris/13" "version: 13"
meta models/iris/aliases/champion 1
meta models/iris/aliases/lost x
mkdir -p "$store/77/$run/artifacts" && cp -R "$work/model" "$store/77/$run/artifacts/old"
used() { ends 0 in_store "$1" && test "$(cat "$work/out")" = "$2"; }
in_store() { MLFLOW_TRACKING_URI="$store" "$program" fetch "$@"; }
for uri in models:/iris/10 models:/iris/1 models:/iris/production models:/iris@champion models:/m-1 runs:/$run/named; do
	check "in a folder: $uri" used "$uri" "$work/model"
done
check "a run's artifact" used runs:/$run/old "$store/77/$run/artifacts/old"
check "offline as well" env MLFLOW_TRACKING_URI="$store" "$program" fetch --offline models:/iris/10
check "by a file: URI" env MLFLOW_TRACKING_URI="file://$work/my%2520runs" "$program" fetch models:/iris/10
check "mlruns where one is" sh -c 'mkdir "$1/here" && cd "$1/here" && ln -s "$2" mlruns && MLFLOW_TRACKING_URI="" "$3" fetch models:/iris/10' - "$work" "$store" "$program"
expect "where nothing is" 3 "$work/none" in_store models:/iris/9
expect "no such version" 3 "has no model version iris/2" in_store models:/iris/2
expect "a deleted one" 3 "has no model version iris/11" in_store models:/iris/11
expect "no such alias" 3 "has no model with the alias nobody" in_store models:/iris@nobody
expect "an alias of nothing" 3 "has no version x" in_store models:/iris@lost
expect "no such model" 3 "has no logged model m-2" in_store models:/m-2
expect "no such run" 3 "has no run ffff" in_store runs:/ffff/m
expect "no version of a stage in it" 3 "with stage Nothing" in_store models:/other/Nothing
expect "a circle in it" 5 "circle" in_store models:/iris/13
meta models/iris/version-14/meta.yaml "current_stage: [" "name: iris"
expect "a file that is damaged" 3 "version-14/meta.yaml" in_store models:/iris/14
expect "one that leads to a server" 2 "none of a server" in_store models:/iris/12
expect "which the latest would be" 3 "version-14/meta.yaml" in_store models:/iris/latest
rm "$store/models/iris/version-14/meta.yaml"
expect "the latest" 5 "circle" in_store models:/iris/latest
expect "no such folder" 2 "MLFLOW_TRACKING_URI names it" env MLFLOW_TRACKING_URI="$work/nothing" "$program" fetch models:/iris/1
expect "its own folder alone" 2 '".."' env MLFLOW_TRACKING_URI="$store" "$program" fetch models:/../1

# ---- interruptions ----
forget
check "a server that is busy at first" fetched mlflow-artifacts:/cut
"$program" fetch mlflow-artifacts:/big >/dev/null 2>&1 &
pid=$!
until [ -n "$(find "$PYFUNC_ENV_STORE/models" -path '*.part/at/*' -size +1000k 2>/dev/null)" ]; do sleep 0.05; done
kill -9 $pid
wait $pid 2>/dev/null
check "one that was killed left nothing to be found" none "$PYFUNC_ENV_STORE/models" -path '*/tree/big.bin' ! -path '*.part/*'
check "and the next one finishes" ends 0 fetch mlflow-artifacts:/big
check "with all of it" test "$(stat -c %s "$(cat "$work/out")/big.bin")" -eq 5120000
check "its part is gone" none "$PYFUNC_ENV_STORE/models" -name '*.part'
: >"$work/log"
pids=
for i in 1 2 3; do
	fetch mlflow-artifacts:/slow >"$work/same$i" 2>/dev/null &
	pids="$pids $!"
done
# shellcheck disable=SC2086
wait $pids
check "three at once have one tree" test "$(sort -u "$work"/same? | wc -l)" -eq 1
check "which was fetched once" test "$(asked 'artifacts/slow/model.skops')" -eq 1

# ---- a tracking server's folders by URL ----
forget
api=prefix/api/2.0/mlflow-artifacts/artifacts
check "a folder by its URL" fetched "http://127.0.0.1:$port/$api/model/"
first=$(cat "$work/out")
check "is the one of mlflow-artifacts:" fetched mlflow-artifacts:/model
check "in the store, too" test "$(cat "$work/out")" = "$first"
check "a run's folder, as pages link to it" fetched "http://127.0.0.1:$port/prefix/get-artifact?path=model&run_uuid=0123"
check "no server has to be set" env -u MLFLOW_TRACKING_URI "$program" fetch "http://127.0.0.1:$port/$api/model"
for name in "$api/packed.zip" "prefix/get-artifact?path=packed.zip&run_uuid=0123"; do
	check "an archive: $name" fetched "http://127.0.0.1:$port/$name"
done
expect "a list that leads out" 5 "leads out of its folder" fetch "http://127.0.0.1:$port/$api/climb"
expect "another folder's files" 5 "which was not asked for" fetch "http://127.0.0.1:$port/prefix/get-artifact?path=elsewhere&run_uuid=0"
expect "a path that climbs" 4 "" fetch "http://127.0.0.1:$port/prefix/get-artifact?path=../etc&run_uuid=0"
: >"$work/log"
expect "nobody" 4 "401" fetch "http://127.0.0.1:$auth/$api/model"
check "the tracking server is" env MLFLOW_TRACKING_URI="http://127.0.0.1:$auth" MLFLOW_TRACKING_TOKEN=t0ken "$program" fetch "http://127.0.0.1:$auth/$api/model"
forget
expect "and no other" 4 "401" env MLFLOW_TRACKING_URI="http://127.0.0.1:$port" MLFLOW_TRACKING_TOKEN=t0ken "$program" fetch "http://127.0.0.1:$auth/$api/model"
check "a user of the URL is" fetched "http://me:pw@127.0.0.1:$auth/$api/model"
check "by Basic alone" test "$(grep -c 'Basic bWU6cHc=' "$work/log")" -gt 3

# ---- archives ----
forget
for name in marked/tar.tar.gz marked/zip.zip marked/flat.tgz nohead/tar.tar.gz bare/zip.zip; do
	check "an archive: $name" fetched "http://127.0.0.1:$port/archive/$name"
done
: >"$work/log"
check "asked about again" fetched "http://127.0.0.1:$port/archive/marked/zip.zip"
check "by its head alone" test "$(cut -d' ' -f2 "$work/log")" = HEAD
tree=$(cat "$work/out")
rm "${tree%/tree*}"/verified-* && empty "$tree/MLmodel"
check "after a power cut" fetched "http://127.0.0.1:$port/archive/marked/zip.zip"
check "which is told" said "/MLmodel): it is fetched again"
digest=$(python3 -c 'import hashlib, sys, urllib.request
print(hashlib.sha256(urllib.request.urlopen(sys.argv[1]).read()).hexdigest())' "http://127.0.0.1:$port/archive/bare/zip.zip")
check "with its digest" fetched "http://127.0.0.1:$port/archive/bare/zip.zip#sha256=$digest"
expect "with another" 5 "expected" fetch "http://127.0.0.1:$port/archive/bare/zip.zip#sha256=$(printf '%064d' 0)"
signed="http://127.0.0.1:$port/archive/marked/zip.zip?X-Amz-Date=1&X-Amz-Credential=me&versionId=3&X-Amz-Signature=5ecret1"
check "a URL that is signed" fetched "$signed"
first=$(cat "$work/out")
check "is asked for as it is" grep -q '&versionId=3&X-Amz-Signature=5ecret1 ' "$work/log"
: >"$work/log"
check "signed anew" fetched "$(echo "$signed" | sed 's/Date=1/Date=2/; s/5ecret1/5ecret2/')"
check "it is the same tree" test "$(cat "$work/out")" = "$first"
check "which is not fetched again" test "$(asked ' GET ')" -eq 0
expect "where it is from" 0 '"source":"http://127.0.0.1:'"$port"'/archive/marked/zip.zip?versionId=3&X-Amz-Signature=****"' fetch --json "$signed"
for token in 5ecret3 5ecret4; do
	check "a token in a query" fetched "http://127.0.0.1:$port/archive/marked/zip.zip?access_token=$token"
	cat "$work/out" >>"$work/tokens"
done
check "another one may be another place's" test "$(sort -u "$work/tokens" | wc -l)" -eq 2
ends 4 fetch -v "http://127.0.0.1:$port/nothing.zip?sig=5ecret5&sv=1"
check "none of them is said" silent 5ecret
expect "one that cannot be" 2 "has" fetch "http://127.0.0.1:$port/a/../b?token=5ecret6"
check "nor there" silent 5ecret
check "none of them is kept" sh -c '! grep -r 5ecret "$1"' - "$PYFUNC_ENV_STORE"
expect "nothing there" 4 "404" fetch "http://127.0.0.1:$port/nothing.zip"
expect "nobody there" 4 "" fetch "http://127.0.0.1:1/x.zip"

# ---- repositories ----
if command -v git >/dev/null; then
	git() { command git -c user.name=t -c user.email=t@localhost -c init.defaultBranch=main -c protocol.file.allow=always "$@"; }
	mkdir -p "$work/repo/models" && cp -R "$work/model" "$work/repo/models/iris" && rm "$work/repo/models/iris/empty"
	rm -f "$work/model/empty"
	git init -q "$work/repo" && git -C "$work/repo" add -A && git -C "$work/repo" commit -qm one && git -C "$work/repo" tag v1
	commit=$(git -C "$work/repo" rev-parse HEAD)
	for rev in "" @main @v1 "@$commit"; do
		check "a repository$rev" fetched "git+file://$work/repo$rev#models/iris"
		cat "$work/out" >>"$work/revisions"
	done
	check "a folder as pip has it" fetched "git+file://$work/repo@v1#subdirectory=models/iris"
	check "one tree for all of them" test "$(sort -u "$work/revisions" | wc -l)" -eq 1
	expect "no such folder" 3 "no folder" fetch "git+file://$work/repo@v1#models/none"
	expect "no model there" 3 "no MLmodel" fetch "git+file://$work/repo@v1"
	expect "no such revision" 6 "" fetch "git+file://$work/repo@v9#models/iris"
	expect "deps of it" 0 "scikit-learn" "$program" deps "git+file://$work/repo@v1#models/iris"
	check "nothing is left" none "$PYFUNC_ENV_STORE/models" -name '*.part' -path '*/clone/*'
else
	skip "git is not installed: no repositories"
fi

# ---- archives of this machine ----
forget
mkdir "$work/packed"
(cd "$work/model" && python3 -m zipfile -c "$work/packed/model.zip" .) && tar -C "$work" -czf "$work/packed/model.tgz" model
digest=$(sha256sum "$work/packed/model.zip") && digest=${digest%% *}
check "a ZIP that lies here" fetched "$work/packed/model.zip"
cp "$work/out" "$work/first"
check "a tar, by its URI" fetched "file://$work/packed/model.tgz"
check "the ZIP again, by its digest" fetched "file://$work/packed/model.zip#sha256=$digest"
check "is the tree that is there" cmp -s "$work/first" "$work/out"
other=$(printf '%064d' 0)
expect "another digest" 5 "not $other" fetch "file://$work/packed/model.zip#sha256=$other"
expect "no digest" 2 "fragment" fetch "file://$work/packed/model.zip#sha256=0"
expect "what is no archive" 3 "is not a directory" fetch "$work/model/MLmodel"
expect "deps of a ZIP" 0 "scikit-learn" "$program" deps "$work/packed/model.zip"
head -c 300 "$work/packed/model.tgz" >"$work/packed/cut.tgz"
expect "one that was cut short" 5 "" fetch "$work/packed/cut.tgz"
python3 - "$work/packed" <<'END'
import bz2, gzip, lzma, os, struct, sys
os.chdir(sys.argv[1])
with open("model.tgz", "rb") as f:
    tar = gzip.decompress(f.read())
half = len(tar) // 2
packed = {"gz": gzip.compress(tar), "bz2": bz2.compress(tar), "xz": lzma.compress(tar)}
files = {"many.gz": gzip.compress(tar[:half]) + gzip.compress(tar[half:]), "behind.gz": packed["gz"] + bytes(512),
         "stored.gz": gzip.compress(tar, 0), "twice.gz": gzip.compress(packed["gz"])}
def frame(data):
    """One of zstd's that is not compressed, behind one that is passed over and tells its size, as pzstd has it."""
    blocks = [data[at:at + (1 << 16)] for at in range(0, len(data), 1 << 16)]
    body = b"".join(struct.pack("<I", len(b) << 3 | (b is blocks[-1]))[:3] + b for b in blocks)
    whole = struct.pack("<IBI", 0xfd2fb528, 0xa0, len(data)) + body
    return struct.pack("<III", 0x184d2a50, 4, len(whole)) + whole
packed["zst"] = frame(tar[:half]) + frame(tar[half:])
for name, data in packed.items():
    files["whole." + name], files["end." + name] = data, data[:-1]
def changed(name, at):
    data = bytearray(files[name])
    data[at] ^= 1
    return data
files.update({"sum.gz": changed("whole.gz", -5), "second.gz": changed("many.gz", -1),
              "flipped.gz": changed("stored.gz", files["stored.gz"].index(b"loader_module"))})
for name, data in files.items():
    with open(name, "wb") as f:
        f.write(data)
END
for name in whole.gz many.gz behind.gz stored.gz whole.bz2 whole.xz whole.zst; do
	check "a tar: $name" fetched "$work/packed/$name"
done
for name in sum.gz flipped.gz second.gz end.gz end.bz2 end.xz end.zst; do
	expect "a tar whose checksum is not right: $name" 5 "damaged" fetch "$work/packed/$name"
done
expect "one in another" 9 "compressed more than once" fetch "$work/packed/twice.gz"
check "leaves nothing that is taken for a model" test "$(find "$PYFUNC_ENV_STORE/models" -maxdepth 1 -type d ! -name '*.part' | wc -l)" -eq 10
finish
