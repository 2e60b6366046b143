# metadata.py - what an MLmodel file says, by the names that MLflow's objects have
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any


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

    def input_types(self) -> list[Any]:
        return [e["tensor-spec"]["dtype"] if "tensor-spec" in e else e["type"] for e in self]

    def is_tensor_spec(self) -> bool:
        return bool(self._entries) and self._entries[0].get("type") == "tensor"

    def to_dict(self) -> list[dict[str, Any]]:
        return self._entries

    def to_json(self) -> str:
        return json.dumps(self._entries)


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
    """An MLmodel file: `to_dict()` has all of it, the attributes what MLflow's Model has."""

    def __init__(self, mlmodel: dict[str, Any], signature: dict[str, Any] | None = None) -> None:
        self._told = mlmodel
        texts = signature or {}
        declared = any(texts.get(part) for part in ("inputs", "outputs", "params"))
        self.signature = ModelSignature(texts) if declared else None

    @property
    def flavors(self) -> dict[str, Any]:
        """The flavors; of the first releases' files, which had none, what stands in their place."""
        flavors = self._told.get("flavors")
        return flavors if isinstance(flavors, dict) else {"python_function": self._told}

    def _text(self, key: str) -> str | None:
        value = self._told.get(key)
        return None if value is None else str(value)

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
    def metadata(self) -> dict[str, Any] | None:
        value = self._told.get("metadata")
        return value if isinstance(value, dict) else None

    @property
    def saved_input_example_info(self) -> dict[str, Any] | None:
        value = self._told.get("saved_input_example_info")
        return value if isinstance(value, dict) else None

    def get_input_schema(self) -> Schema | None:
        return self.signature.inputs if self.signature else None

    def get_output_schema(self) -> Schema | None:
        return self.signature.outputs if self.signature else None

    def get_params_schema(self) -> Schema | None:
        return self.signature.params if self.signature else None

    def to_dict(self) -> dict[str, Any]:
        return self._told

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ModelMetadata) and self._told == other._told

    __hash__ = None  # type: ignore[assignment]
