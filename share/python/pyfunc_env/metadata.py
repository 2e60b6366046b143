# metadata.py - what an MLmodel file says, by the names that MLflow's objects have
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

from . import errors, saved


class Schema:
    """The columns, tensors or parameters of a signature: a sequence of dicts."""

    def __init__(self, entries: list[dict[str, Any]]) -> None:
        self._entries = entries

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, at: int) -> dict[str, Any]:
        return self._entries[at]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Schema) and self._entries == other._entries

    def __hash__(self) -> int:
        return hash(self.to_json())

    def __repr__(self) -> str:
        return repr(self._entries)

    def has_input_names(self) -> bool:
        return bool(self._entries) and self._entries[0].get("name") is not None

    def input_names(self) -> list[Any]:
        """Names, or positions where there are no names."""
        return [e.get("name", at) for at, e in enumerate(self._entries)]

    def required_input_names(self) -> list[Any]:
        optional = ("array", "object", "map", "any")  # where nothing is said of it
        return [
            e.get("name", at)
            for at, e in enumerate(self._entries)
            if e.get("required", e.get("type") not in optional)
        ]

    def optional_input_names(self) -> list[Any]:
        required = self.required_input_names()
        return [name for name in self.input_names() if name not in required]

    def input_dict(self) -> dict[Any, dict[str, Any]]:
        """Each by its name."""
        return dict(zip(self.input_names(), self._entries))

    def input_types(self) -> list[Any]:
        return [e["tensor-spec"]["dtype"] if "tensor-spec" in e else e["type"] for e in self]

    def is_tensor_spec(self) -> bool:
        return bool(self._entries) and self._entries[0].get("type") == "tensor"

    def to_dict(self) -> list[dict[str, Any]]:
        return self._entries

    def to_json(self) -> str:
        return json.dumps(self._entries)

    @classmethod
    def from_json(cls, text: str) -> Schema:
        return cls(json.loads(text))


class ModelSignature:
    """Inputs, outputs and parameters, each a Schema or None."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.inputs = _schema(told.get("inputs"))
        self.outputs = _schema(told.get("outputs"))
        self.params = _schema(told.get("params"))

    def to_dict(self) -> dict[str, Any]:
        """As MLmodel has it: JSON texts."""
        parts = (("inputs", self.inputs), ("outputs", self.outputs), ("params", self.params))
        return {name: None if schema is None else schema.to_json() for name, schema in parts}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ModelSignature) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash(json.dumps(self.to_dict()))

    def __repr__(self) -> str:
        text = f"inputs: \n  {self.inputs!r}\noutputs: \n  {self.outputs!r}\n"
        return text + f"params: \n  {self.params!r}\n"


def _schema(text: str | None) -> Schema | None:
    return Schema(json.loads(text)) if text else None


class ModelMetadata:
    """An MLmodel file: `to_dict()` has all of it, the attributes what MLflow's Model has.

    `folder` is where the model's other files are.
    """

    def __init__(
        self,
        mlmodel: dict[str, Any],
        signature: dict[str, Any] | None = None,
        folder: str | None = None,
    ) -> None:
        self._told = mlmodel
        self._folder = folder
        self._texts = signature or {}
        declared = any(self._texts.get(part) for part in ("inputs", "outputs", "params"))
        self.signature = ModelSignature(self._texts) if declared else None

    @property
    def flavors(self) -> dict[str, Any]:
        """The flavors; of the first releases' files, which had none, what stands in their place."""
        flavors = self._told.get("flavors")
        return flavors if isinstance(flavors, dict) else {"python_function": self._told}

    def _text(self, key: str) -> str | None:
        value = self._told.get(key)
        return None if value is None else str(value)

    def _map(self, key: str) -> dict[str, Any] | None:
        value = self._told.get(key)
        return value if isinstance(value, dict) else None

    def _list(self, key: str) -> list[str] | None:
        value = self._told.get(key)
        return value if isinstance(value, list) else None

    @property
    def run_id(self) -> str | None:
        return self._text("run_id")

    @property
    def model_uuid(self) -> str | None:
        return self._text("model_uuid")

    @property
    def model_id(self) -> str | None:
        return self._text("model_id")

    @property
    def artifact_path(self) -> str | None:
        return self._text("artifact_path")

    @property
    def utc_time_created(self) -> str | None:
        return self._text("utc_time_created")

    @property
    def mlflow_version(self) -> str | None:
        return self._text("mlflow_version")

    @property
    def model_size_bytes(self) -> int | None:
        value = self._told.get("model_size_bytes")
        return None if value is None else int(value)

    @property
    def metadata(self) -> dict[str, Any] | None:
        return self._map("metadata")

    @property
    def saved_input_example_info(self) -> dict[str, Any] | None:
        return self._map("saved_input_example_info")

    @property
    def resources(self) -> dict[str, Any] | None:
        return self._map("resources")

    @property
    def auth_policy(self) -> dict[str, Any] | None:
        return self._map("auth_policy")

    @property
    def env_vars(self) -> list[str] | None:
        """The names of variables that the model was seen to read when it was logged."""
        return self._list("env_vars")

    @property
    def prompts(self) -> list[str] | None:
        return self._list("prompts")

    def get_input_schema(self) -> Schema | None:
        return self.signature.inputs if self.signature else None

    def get_output_schema(self) -> Schema | None:
        return self.signature.outputs if self.signature else None

    def get_params_schema(self) -> Schema | None:
        return self.signature.params if self.signature else None

    # ---- the input example ----

    def load_input_example(self, path: str | os.PathLike[str] | None = None) -> Any:
        """What the model was saved with as an example of its input, with the signature's types;
        None without one. `path` is the model's URI or folder: by default where it was loaded from.
        """
        info = self.saved_input_example_info
        return saved.example(self._at(path), info, self._texts) if info else None

    def load_input_example_params(
        self, path: str | os.PathLike[str] | None = None
    ) -> dict[str, Any] | None:
        """The parameters that were given with the example."""
        info = self.saved_input_example_info
        return saved.params(self._at(path), info) if info else None

    def get_serving_input(self, path: str | os.PathLike[str] | None = None) -> str | None:
        """The example as a request to a scoring server."""
        info = self.saved_input_example_info
        return saved.request(self._at(path), info) if info else None

    def _at(self, path: str | os.PathLike[str] | None) -> str:
        from .dependencies import fetch

        if path is not None:
            return fetch(os.fspath(path))
        if self._folder is None:
            raise errors.UsageError("it is not known where the model is", "pass its path or URI")
        return self._folder

    # ---- all of it ----

    def get_model_info(self) -> ModelInfo:
        """The same as `log_model` returned it, as far as MLmodel tells."""
        return ModelInfo(self._told)

    def to_dict(self) -> dict[str, Any]:
        return self._told

    def to_json(self) -> str:
        return json.dumps(self._told)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ModelMetadata) and self._told == other._told

    __hash__ = None  # type: ignore[assignment]


class ModelInfo:
    """Where a model is on a tracking server, and what was recorded of it."""

    def __init__(
        self,
        mlmodel: dict[str, Any],
        told: dict[str, Any] | None = None,
        name: str | None = None,
        params: dict[str, Any] | None = None,
        tags: dict[str, Any] | None = None,
    ) -> None:
        """`told` is what `pyfunc-env log --json` printed; the rest is what log_model was given."""
        told = told or {}
        self._metadata = ModelMetadata(mlmodel, mlmodel.get("signature"))
        self.model_id: str | None = told.get("model_id") or self._metadata.model_id
        self.run_id: str | None = told.get("run_id") or self._metadata.run_id
        self.model_uri: str = told.get("uri") or self._uri()
        self.experiment_id: str | None = told.get("experiment_id")
        self.artifact_uri: str | None = told.get("artifact_uri")
        self.registered_model_name: str | None = told.get("registered_model")
        version = told.get("version")
        self.registered_model_version: int | None = int(version) if version else None
        self.name = name
        self.params = None if params is None else {key: str(of) for key, of in params.items()}
        self.tags = None if tags is None else {key: str(of) for key, of in tags.items()}

    def _uri(self) -> str:
        if self.model_id:
            return f"models:/{self.model_id}"
        return f"runs:/{self.run_id}/{self.artifact_path}"

    @property
    def artifact_path(self) -> str | None:
        return self._metadata.artifact_path

    @property
    def flavors(self) -> dict[str, Any]:
        return self._metadata.flavors

    @property
    def signature(self) -> ModelSignature | None:
        return self._metadata.signature

    @property
    def signature_dict(self) -> dict[str, Any] | None:
        return self.signature.to_dict() if self.signature else None

    @property
    def saved_input_example_info(self) -> dict[str, Any] | None:
        return self._metadata.saved_input_example_info

    @property
    def metadata(self) -> dict[str, Any] | None:
        return self._metadata.metadata

    @property
    def model_uuid(self) -> str | None:
        return self._metadata.model_uuid

    @property
    def utc_time_created(self) -> str | None:
        return self._metadata.utc_time_created

    @property
    def mlflow_version(self) -> str | None:
        return self._metadata.mlflow_version

    @property
    def env_vars(self) -> list[str] | None:
        return self._metadata.env_vars

    @property
    def prompts(self) -> list[str] | None:
        return self._metadata.prompts

    def __repr__(self) -> str:
        return f"ModelInfo(model_uri={self.model_uri!r}, run_id={self.run_id!r})"
