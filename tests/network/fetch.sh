#!/bin/sh
# fetch.sh - models of a real MLflow tracking server, run from every form of URI; and who may ask
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
# shellcheck source-path=SCRIPTDIR source=mlflow_server.sh
. "${SRCDIR:-.}/tests/network/mlflow_server.sh"
mlflow_env mlflow 2026-11-20 'mlflow[auth]==3.17.2' 'scikit-learn==1.9.1' 'skops==0.16.0' 'setuptools<81'

cat >"$work/log.py" <<'END'
import json, sys
import mlflow, numpy, pandas
from sklearn.linear_model import LogisticRegression

x = pandas.DataFrame(numpy.random.default_rng(0).random((50, 3)), columns=list("abc"))
y = (x.a > 0.5).astype(int)
with mlflow.start_run() as run:
    model = LogisticRegression().fit(x, y)
    info = mlflow.sklearn.log_model(model, name="m", registered_model_name="iris", input_example=x[:5],
                                    pip_requirements=["mlflow==3.17.2", "scikit-learn==1.9.1", "skops==0.16.0"])
    mlflow.log_artifacts(mlflow.artifacts.download_artifacts(info.model_uri), "deep/model")
client = mlflow.MlflowClient()
client.set_registered_model_alias("iris", "champion", "1")
client.transition_model_version_stage("iris", "1", "Production")
with open(sys.argv[1] + "/in.json", "w") as out:
    json.dump({"dataframe_split": json.loads(x[:20].to_json(orient="split", index=False))}, out)
with open(sys.argv[1] + "/want", "w") as out:
    json.dump(mlflow.pyfunc.load_model("models:/iris/1").predict(x[:20]).tolist(), out)
print(run.info.run_id, info.model_id)
END

serve plain $artifacts
export MLFLOW_TRACKING_URI="http://127.0.0.1:$port"
"$env/bin/python" "$work/log.py" "$work" >"$work/ids" 2>"$work/log" || { tail -5 "$work/log"; tap 1 "a model is logged"; finish; }
read -r run model <<END
$(tail -n 1 "$work/ids")
END
predicts() { # URI: as MLflow does
	ends 0 "$program" run "$1" -i "$work/in.json" && "$env/bin/python" -c 'import json, sys
got, want = (json.load(open(p)) for p in sys.argv[1:])
assert got["predictions"] == want, (got, want)' "$work/out" "$work/want"
}
for uri in models:/iris/1 models:/iris/latest models:/iris/Production models:/iris@champion "models:/$model" "runs:/$run/m" \
	"runs:/$run/deep/model" "mlflow-artifacts:/0/$run/artifacts/deep/model" \
	"$MLFLOW_TRACKING_URI/api/2.0/mlflow-artifacts/artifacts/0/$run/artifacts/deep/model" \
	"$MLFLOW_TRACKING_URI/get-artifact?path=deep/model&run_uuid=$run"; do
	check "$uri" predicts "$uri"
done
check "the requirements" ends 0 "$program" deps models:/iris/1
"$env/bin/python" -c 'import sys, mlflow; print(open(mlflow.pyfunc.get_model_dependencies("models:/iris/1")).read())' >"$work/theirs" 2>/dev/null
check "are MLflow's" "$env/bin/python" -c 'import sys
ours, theirs = (sorted(line.strip() for line in open(p) if line.strip()) for p in sys.argv[1:])
assert ours == theirs, (ours, theirs)' "$work/out" "$work/theirs"
expect "no such version" 4 "Model Version (name=iris, version=7) not found" "$program" fetch models:/iris/7
expect "no such run" 4 "Run with id=deadbeef not found" "$program" fetch runs:/deadbeef/m
expect "no such path" 3 "nothing is there" "$program" fetch "runs:/$run/none"
check "without the server, by what was fetched" env MLFLOW_TRACKING_URI="$MLFLOW_TRACKING_URI" "$program" fetch --offline models:/iris/1
mkdir "$work/fetched" && check "what we fetch" "$program" fetch models:/iris/1 -o "$work/fetched/model"
check "MLflow loads" "$env/bin/python" -c 'import sys, mlflow; mlflow.pyfunc.load_model(sys.argv[1])' "$work/fetched/model"

# A store without a server, which both read from its files.
mkdir "$work/files" && export MLFLOW_TRACKING_URI="$work/files/mlruns" MLFLOW_ALLOW_FILE_STORE=true
if "$env/bin/python" "$work/log.py" "$work" >"$work/ids" 2>"$work/log"; then
	read -r run model <<-END
	$(tail -n 1 "$work/ids")
	END
	for uri in models:/iris/1 models:/iris/latest models:/iris/Production models:/iris@champion "models:/$model" "runs:/$run/m" \
		"runs:/$run/deep/model"; do
		check "of files: $uri" predicts "$uri"
		"$env/bin/python" -c 'import sys, mlflow; print(mlflow.artifacts.download_artifacts(sys.argv[1]))' "$uri" >"$work/theirs" 2>/dev/null
		check "it is MLflow's" sh -c 'diff -r "$("$1" fetch "$2")" "$(tail -n 1 "$3")"' - "$program" "$uri" "$work/theirs"
	done
else
	skip "MLflow does not write a store of files: $(tail -n 1 "$work/log")"
fi

serve auth $artifacts --app-name basic-auth
export MLFLOW_TRACKING_URI="http://127.0.0.1:$port" MLFLOW_TRACKING_USERNAME=admin MLFLOW_TRACKING_PASSWORD=a-better-one-1
if "$env/bin/python" "$work/log.py" "$work" >"$work/ids" 2>"$work/log"; then
	check "with a user and a password" predicts models:/iris/1
	expect "with another password" 4 "401" env MLFLOW_TRACKING_PASSWORD=wrong "$program" fetch models:/iris/latest
	expect "without" 4 "401" env -u MLFLOW_TRACKING_USERNAME "$program" fetch models:/iris/latest
else
	skip "MLflow's own client gets no answer of a server with accounts: $(tail -n 1 "$work/log")"
fi
finish
