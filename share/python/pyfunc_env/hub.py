# hub.py - artifacts that are repositories of Hugging Face's, which its own library fetches
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import os
import shutil
from typing import Any

from . import errors

_PREFIX = "hf:/"


def fetched(
    artifacts: dict[str, Any] | None, folder: str
) -> tuple[dict[str, Any] | None, dict[str, str]]:
    """The artifacts with paths for those that are such repositories; and these paths alone."""
    copies = {}
    for name, given in (artifacts or {}).items():
        uri = os.fspath(given)
        if uri.startswith(_PREFIX):
            copies[name] = _download(uri, os.path.join(folder, "hub", name))
    return {**(artifacts or {}), **copies} or None, copies


def _download(uri: str, place: str) -> str:
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise errors.UsageError(
            "Failed to import huggingface_hub. Please install huggingface_hub to log the model "
            f"with artifact_uri {uri}. Error: {error}"
        ) from None
    try:
        snapshot_download(repo_id=uri[len(_PREFIX) :], local_dir=place)
    except Exception as error:
        raise errors.TransferError(
            f"Failed to download snapshot from Hugging Face Hub with artifact_uri: {uri}. "
            f"Error: {error}"
        ) from error
    shutil.rmtree(os.path.join(place, ".cache"), ignore_errors=True)  # of that library
    return place
