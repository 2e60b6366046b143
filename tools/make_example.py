#!/usr/bin/env python3
# make_example.py - makes share/examples/iris: a scikit-learn model saved by MLflow, and its input
# SPDX-License-Identifier: Apache-2.0
"""Run by an interpreter that has mlflow-skinny or mlflow, scikit-learn, pandas and skops:

    python tools/make_example.py share/examples/iris [FORMAT]

FORMAT is MLflow's serialization_format; by default it is MLflow's own default. What MLflow writes is left as it is; the versions of that interpreter become the model's.
"""
import json
import shutil
import sys
from pathlib import Path

import mlflow.sklearn
from mlflow.models import infer_signature
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression


def main(folder, *formats):
    folder.mkdir(parents=True, exist_ok=True)
    model_dir = folder / "model"
    if model_dir.exists():
        shutil.rmtree(model_dir)
    frame, target = load_iris(return_X_y=True, as_frame=True)
    model = LogisticRegression(max_iter=200).fit(frame, target)
    mlflow.sklearn.save_model(
        model,
        str(model_dir),
        signature=infer_signature(frame, model.predict(frame)),
        input_example=frame.iloc[:2],
        **({"serialization_format": formats[0]} if formats else {}),
    )
    rows = frame.iloc[[0, 50, 100]]
    request = {"dataframe_split": rows.to_dict(orient="split")}
    del request["dataframe_split"]["index"]
    (folder / "in.json").write_text(json.dumps(request) + "\n")
    rows.to_csv(folder / "in.csv", index=False)
    answer = {"predictions": model.predict(rows).tolist()}
    (folder / "out.json").write_text(json.dumps(answer) + "\n")


main(Path(sys.argv[1]), *sys.argv[2:])
