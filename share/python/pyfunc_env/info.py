# info.py - what log_model returns: MLflow's ModelInfo by its names
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from typing import Any

from .metadata import ModelMetadata, ModelSignature


class ModelInfo:
    """Where a model is on a tracking server, and what was recorded of it."""

    def __init__(
        self,
        mlmodel: dict[str, Any],
        told: dict[str, Any] | None = None,
        name: str | None = None,
    ) -> None:
        """`told` is what `pyfunc-env log --json` printed; the name is what log_model was given."""
        told = told or {}
        self._metadata = ModelMetadata(mlmodel, mlmodel.get("signature"))
        self.model_id: str | None = told.get("model_id") or self._metadata.model_id
        self.run_id: str | None = told.get("run_id") or self._metadata.run_id
        self.model_uri: str = told.get("uri") or self._uri()
        self.model_uuid: str | None = told.get("model_id") or self._metadata.model_uuid
        self.artifact_path: str | None = self._metadata.artifact_path
        if told:  # the folder's URI is the path of a logged model, its name that of a run's
            self.artifact_path = told["artifact_uri"] if told.get("model_id") else name
        self.experiment_id: str | None = told.get("experiment_id")
        self.artifact_uri: str | None = told.get("artifact_uri")
        self.registered_model_name: str | None = told.get("registered_model")
        version = told.get("version")
        self.registered_model_version: int | None = int(version) if version else None
        self.name = name
        created = told.get("creation_timestamp")
        self.creation_timestamp: int | None = int(created) if created else None
        self.params: dict[str, str] | None = _pairs(told.get("params"))
        self.tags: dict[str, str] | None = _pairs(told.get("tags"))
        self.env_vars: list[str] | None = self._metadata.env_vars

    @property
    def metrics(self) -> list[Any] | None:
        """None of them is recorded yet when a model is logged, and only the server knows later."""
        return None if self.tags is None else []

    def _uri(self) -> str:
        if self.model_id:
            return f"models:/{self.model_id}"
        return f"runs:/{self.run_id}/{self._metadata.artifact_path}"

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
    def utc_time_created(self) -> str | None:
        return self._metadata.utc_time_created

    @property
    def mlflow_version(self) -> str | None:
        return self._metadata.mlflow_version

    @property
    def prompts(self) -> list[str] | None:
        return self._metadata.prompts

    def __repr__(self) -> str:
        return f"ModelInfo(model_uri={self.model_uri!r}, run_id={self.run_id!r})"


def _pairs(told: list[dict[str, str]] | None) -> dict[str, str] | None:
    return None if told is None else {one["key"]: one["value"] for one in told}
