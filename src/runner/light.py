# light.py - what MLflow's loaders of three flavors do, for models whose configuration is understood
# SPDX-License-Identifier: Apache-2.0
# Whatever goes wrong here is tried again with MLflow's own loader, which then has the last word.
# Follows mlflow/sklearn, mlflow/lightgbm and mlflow/xgboost of 1.0 to 3.17.
import os


class Wrapper:
    def get_raw_model(self):
        return self.model


class Sklearn(Wrapper):
    def __init__(self, model):
        self.model = model
        for name in ("predict_proba", "predict_log_proba", "predict_joint_log_proba", "score"):
            function = getattr(model, name, None)
            if function:
                setattr(self, name, function)

    def predict(self, data, params=None):
        return self.model.predict(data)


class Lightgbm(Wrapper):
    def __init__(self, model):
        self.model = model

    def predict(self, data, params=None):
        return self.model.predict(data)


class Xgboost(Wrapper):
    def __init__(self, model, booster, given):
        self.model = model
        self.booster = booster
        self.given = given

    def predict(self, data, params=None):
        params = accepted(self.model.predict, params) if params and self.given else {}
        if not self.booster:
            return self.model.predict(data, validate_features=True, **params)
        import xgboost

        return self.model.predict(xgboost.DMatrix(data), validate_features=True, **params)


def accepted(function, params):
    import inspect
    import sys

    known = inspect.signature(function).parameters
    if any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in known.values()):
        return params
    refused = {name for name in params if name not in known}
    if refused:
        text = "Params %s are not accepted by the xgboost model, ignoring them during predict.\n"
        sys.stderr.write(text % refused)
    return {name: value for name, value in params.items() if name in known}


def hands_on_params():
    """Does the environment's MLflow give xgboost the parameters? Before 2.15 it did not."""
    from importlib import metadata

    for name in ("mlflow", "mlflow-skinny"):
        try:
            version = tuple(int(part) for part in metadata.version(name).split(".")[:2])
        except metadata.PackageNotFoundError:
            continue
        if version == (2, 15):
            raise RuntimeError("mlflow 2.15 treats parameters in a way of its own")
        return version > (2, 15)
    return True


def unpickle(path, form, trusted):
    # Since 3.6 a switch that forbids it: what it forbids depends on the version.
    if os.environ.get("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "true").lower() not in ("true", "1"):
        raise RuntimeError("MLFLOW_ALLOW_PICKLE_DESERIALIZATION is set")
    if form == "skops":
        import skops.io

        return skops.io.load(path, trusted=trusted)
    with open(path, "rb") as file:
        if form == "cloudpickle":
            import cloudpickle as pickle
        else:
            import pickle
        return pickle.load(file)


def usable(model):
    """When a model that is none is told depends on the version."""
    if not hasattr(model, "predict"):
        raise TypeError("the file has no model")
    return model


def load(flavor, path, form, class_name, trusted, has_params):
    if flavor == "sklearn":
        return Sklearn(usable(unpickle(path, form, trusted)))
    if flavor == "lightgbm":
        if form:
            return Lightgbm(usable(unpickle(path, form, trusted)))
        import lightgbm

        return Lightgbm(lightgbm.Booster(model_file=path))
    from importlib import import_module

    module, _, name = class_name.rpartition(".")
    model = getattr(import_module(module), name)()
    model.load_model(path)
    return Xgboost(model, name == "Booster", has_params and hands_on_params())
