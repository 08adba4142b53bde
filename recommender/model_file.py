"""The file that a model lives in."""

import hashlib
import json
from dataclasses import fields
from pathlib import Path
from typing import Any

from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from recommender.model import EmbeddingDotBias

FORMAT = "marquee-4"


class ModelFileError(ValueError):
    """The file is no model of this program, or it is damaged."""


def save(path: Path, model: EmbeddingDotBias, document: dict[str, Any]) -> None:
    """One safetensors file: the tensors, and in its header the document (JSON) and the SHA-256 of both."""
    tensors = model.tensors()
    text = json.dumps(document, ensure_ascii=False, sort_keys=True)
    header = {"format": FORMAT, "document": text, "sha256": _digest(tensors, text)}
    save_file(tensors, path, metadata=header)


def load(path: Path) -> tuple[EmbeddingDotBias, dict[str, Any]]:
    """What `save` wrote. Raises ModelFileError for anything else, FileNotFoundError if there is none."""
    if not path.is_file():
        raise FileNotFoundError(f"there is no model at {path}")
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping, only keys())
    except Exception as error:  # the library raises its own type, or OSError, or ValueError
        raise ModelFileError(f"{path.name} cannot be read as a model: {error}") from error
    if header.get("format") != FORMAT or set(tensors) != {field.name for field in fields(EmbeddingDotBias)}:
        raise ModelFileError(f"{path.name} is not a model of this version")
    if header.get("sha256") != _digest(tensors, header.get("document", "")):
        raise ModelFileError(f"{path.name} is damaged: its checksum does not fit")
    try:
        return EmbeddingDotBias(**tensors), json.loads(header["document"])
    except ValueError as error:
        raise ModelFileError(f"{path.name} is not a model of this version: {error}") from error


def _digest(tensors: dict[str, Tensor], document: str) -> str:
    digest = hashlib.sha256(document.encode())
    for name in sorted(tensors):
        digest.update(f"{name}{tuple(tensors[name].shape)}{tensors[name].dtype}".encode())
        digest.update(tensors[name].numpy().data)
    return digest.hexdigest()
