#!/usr/bin/env python3
# deps.py - records what mlflow's get_model_dependencies makes of model directories
# SPDX-License-Identifier: Apache-2.0
"""Usage: deps.py > tests/data/deps.tsv  (needs mlflow)

A row is one call: the files of the model, the format asked for, then the text of the file it returned
or the error it raised, and the warning it logged. \\N: no such file, no warning."""
import io
import logging
import os
import tempfile

import mlflow.pyfunc
from mlflow.exceptions import MlflowException

FLAVOR = "flavors:\n  python_function:\n    loader_module: my_loader\n"
STRING = FLAVOR + "    env: conda.yaml\n"
MAP = FLAVOR + "    env:\n      conda: conda.yaml\n      virtualenv: python_env.yaml\n"
OTHER = FLAVOR + "    env: mlflow_env.yml\n"
PIP = "  - mlflow==2.16.0\n  - numpy==1.26.4\n"


def conda(before="", pip=PIP, after="", head="channels:\n- conda-forge\n"):
    section = "- pip:\n" + pip if pip is not None else ""
    return head + "dependencies:\n" + before + section + after + "name: mlflow-env\n"


# (MLmodel, requirements.txt, name of the conda file, the conda file)
MODELS = [
    (STRING, "mlflow==2.16.0\nnumpy==1.26.4", "conda.yaml", conda("- python=3.11.7\n- pip<=23.2.1\n")),
    (STRING, "mlflow==2.16.0\r\nnumpy==1.26.4\r\n", "conda.yaml", conda("- python=3.11.7\n")),
    (STRING, "# only a comment\n\n", "conda.yaml", conda()),
    (STRING, "", "conda.yaml", conda()),
    (MAP, "a==1\nb", "conda.yaml", conda()),
    (FLAVOR, "a==1\n", "conda.yaml", conda()),
    ("flavors:\n  sklearn:\n    x: 1\n" + FLAVOR[len("flavors:\n"):], "a\n", "conda.yaml", conda()),
    (STRING, None, "conda.yaml", conda()),
    (STRING, None, "conda.yaml", conda("- python=3.11.7\n")),
    (MAP, None, "conda.yaml", conda("- python=3.11.7\n- pip<=25\n- libopenblas=0.3.21\n- numpy=1.26\n")),
    (MAP, None, "conda.yaml", conda("- python=3.11.7\n", after="- boto3=1\n- botocore\n")),
    (OTHER, None, "mlflow_env.yml", conda("- python=3.6.10\n- scikit-learn=0.19.1\n")),
    (STRING, None, "conda.yaml", conda("- python=3.11.7\n", pip="  - numpy == 1.26.4  # why\n  - 'a [x] ; python_version<\"4\"'\n")),
    (STRING, None, "conda.yaml", conda("- python=3.11.7\n", pip="  - --pre\n  - --index-url https://i\n")),
    (STRING, None, "conda.yaml", conda("- python=3.8\n", pip=None)),
    (STRING, None, "conda.yaml", conda("- conda-forge::python=3.8\n- 'numpy[version=\">=1\"]'\n")),
    (STRING, None, "conda.yaml", conda(pip="  - a @ https://h/caf\u00e9\n")),
    (STRING, None, "conda.yaml", "dependencies: [python=3.11, {pip: [a, b]}]\n"),
    (STRING, None, "conda.yaml", "\ufeffdependencies:\r\n- python=3.11\r\n- pip:\r\n  - a\r\n"),
    (STRING, None, "conda.yaml", "name: x\nchannels: [defaults]\n"),
]


def escape(text):
    if text is None:
        return r"\N"
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def ask(directory, kind):
    """The text of what is returned, or the error, and the warning."""
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    handler.setLevel(logging.WARNING)
    logging.getLogger("mlflow").addHandler(handler)
    try:
        path = mlflow.pyfunc.get_model_dependencies(directory, kind)
        with open(path, newline="", encoding="utf-8") as f:
            return "ok", f.read(), log.getvalue().strip() or None
    except MlflowException as e:
        return "error", e.message, None
    except (KeyError, OSError) as e:
        return "error", type(e).__name__, None
    finally:
        logging.getLogger("mlflow").removeHandler(handler)


def main():
    print("mlmodel\trequirements\tconda_name\tconda\tformat\toutcome\ttext\twarning")
    for mlmodel, requirements, name, text in MODELS:
        with tempfile.TemporaryDirectory() as d:
            files = {"MLmodel": mlmodel, "requirements.txt": requirements, name: text}
            for path, content in files.items():
                if content is not None:
                    with open(os.path.join(d, path), "w", newline="", encoding="utf-8") as f:
                        f.write(content)
            for kind in ("pip", "conda"):
                row = (mlmodel, requirements, name, text, kind, *ask(d, kind))
                print("\t".join(map(escape, row)))


if __name__ == "__main__":
    main()
