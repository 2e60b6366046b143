# words.py - the words of MLmodel's python_function flavor, by the names that MLflow has for them
# SPDX-License-Identifier: Apache-2.0

import platform

FLAVOR_NAME = "python_function"
MAIN = "loader_module"
CODE = "code"
DATA = "data"
ENV = "env"
PY_VERSION = "python_version"
MODEL_CONFIG = "config"
MODEL_CODE_PATH = "model_code_path"
PYTHON_VERSION = platform.python_version()
TASK = "task"


class EnvType:
    """The keys of the flavor's `env`."""

    CONDA = "conda"
    VIRTUALENV = "virtualenv"
