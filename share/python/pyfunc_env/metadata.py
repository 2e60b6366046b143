# metadata.py - what an MLmodel file says, by the names that MLflow's objects have
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any

from . import errors, saved

if TYPE_CHECKING:
    from .info import ModelInfo


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


_READ_ONLY = (
    "the metadata of a model that is there is not changed",
    "save_model and add_to_model take a dict as mlflow_model: metadata.to_dict() is one; "
    "pyfunc-env save --mlflow-model makes a changed copy",
)


class ModelMetadata:
    """An MLmodel file: `to_dict()` has all of it, the attributes what MLflow's Model has.

    `folder` is where the model's other files are. What it says is not changed.
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
        self._signature = ModelSignature(self._texts) if declared else None

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> ModelMetadata:
        """What is said of a model that is not loaded; `path` is its URI, folder or MLmodel."""
        from .dependencies import fetch
        from .model import describe

        name = os.fspath(path)
        if os.path.basename(name) == "MLmodel":
            name = os.path.dirname(name) or "."
        folder = fetch(name)
        _, told = describe(folder)
        return cls(told["mlmodel"], told.get("signature"), folder)

    def __setattr__(self, name: str, value: Any) -> None:
        if not name.startswith("_"):
            raise errors.UsageError(*_READ_ONLY)
        super().__setattr__(name, value)

    @property
    def signature(self) -> ModelSignature | None:
        return self._signature

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
        from .info import ModelInfo

        return ModelInfo(self._told)

    def get_tags_dict(self) -> dict[str, Any]:
        """What MLflow 2 tells a run of its model: flavors without their configuration."""
        keys = ("run_id", "utc_time_created", "artifact_path", "model_uuid")
        tags = {key: self._told[key] for key in keys if key in self._told}
        flavors = {
            name: {key: of for key, of in flavor.items() if key != "config"}
            if isinstance(flavor, dict)
            else flavor
            for name, flavor in self.flavors.items()
        }
        return {**tags, "flavors": flavors}

    def to_dict(self) -> dict[str, Any]:
        return self._told

    def to_json(self) -> str:
        return json.dumps(self._told)

    def to_yaml(self, stream: IO[str] | None = None) -> str | None:
        """The file's own text; into `stream`, where there is one."""
        with open(os.path.join(self._at(None), "MLmodel"), encoding="utf-8") as file:
            text = file.read()
        if stream is None:
            return text
        stream.write(text)
        return None

    def __str__(self) -> str:
        return self.to_yaml() or "" if self._folder else self.to_json()

    def save(self, path: str | os.PathLike[str]) -> None:
        """A copy of the file, without the model's other files."""
        text = self.to_yaml() or ""
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def add_flavor(self, name: str, **params: Any) -> ModelMetadata:
        raise errors.UsageError(*_READ_ONLY)

    def log(self, *args: Any, **kwargs: Any) -> ModelInfo:
        raise errors.UsageError("metadata alone is no model", "pyfunc_env.log_model writes one")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ModelMetadata) and self._told == other._told

    __hash__ = None  # type: ignore[assignment]
