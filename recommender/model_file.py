"""The file that a model lives in."""

import hashlib
import json
from pathlib import Path
from typing import Any

from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from recommender.model import SCALARS, TENSORS, EmbeddingDotBias

PROGRAM = "marquee-"
FORMAT = f"{PROGRAM}9"


class ModelFileError(ValueError):
    """The file is no model of this program, or it is damaged."""


def save(path: Path, model: EmbeddingDotBias, document: dict[str, Any]) -> None:
    """One safetensors file: the tensors, and in its header the model's scalars with the document (JSON) and the SHA-256 of
    all."""
    tensors = model.tensors()
    text = json.dumps({**document, "scalars": model.scalars()}, ensure_ascii=False, sort_keys=True)
    header = {"format": FORMAT, "document": text, "sha256": _digest(tensors, text)}
    save_file(tensors, path, metadata=header)


def load(path: Path) -> tuple[EmbeddingDotBias, dict[str, Any]]:
    """What `save` wrote. Raises ModelFileError for anything else, FileNotFoundError if there is none."""
    if not path.exists():
        raise FileNotFoundError(f"there is no model at {path}")
    if not path.is_file():
        raise ModelFileError(f"{path.name} is no file")
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping, only keys())
    except Exception as error:  # the library raises its own type, or OSError, or ValueError
        raise ModelFileError(f"{path.name} cannot be read as a model: {error}") from error
    version, text = header.get("format", ""), header.get("document", "")
    if not version.startswith(PROGRAM):
        raise ModelFileError(f"{path.name} is not a model of this program")
    if version != FORMAT:
        raise ModelFileError(
            f"{path.name} was made by another version of this program ({version}); this one reads {FORMAT}"
        )
    if header.get("sha256") != _digest(tensors, text):
        raise ModelFileError(f"{path.name} is damaged: its checksum does not fit")
    try:
        document = json.loads(text)
        return _model(tensors, document["scalars"]), document
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ModelFileError(f"{path.name} does not hold a whole model: {error}") from error


def _model(tensors: dict[str, Tensor], scalars: dict[str, Any]) -> EmbeddingDotBias:
    if set(tensors) != TENSORS or set(scalars) != SCALARS:
        raise ValueError("a field is missing, or there is one more")
    if broken := [name for name, tensor in tensors.items() if not _is_whole(name, tensor)]:
        raise ValueError(f"there are numbers that are none in {', '.join(sorted(broken))}")
    ends, genres = scalars["sigmoid_range"], scalars["genres"]
    if not isinstance(genres, list):
        raise TypeError("genres are no list")
    # JSON has no tuples.
    known = {"sigmoid_range": None if ends is None else tuple(ends), "genres": tuple(genres)}
    return EmbeddingDotBias(**{**tensors, **scalars, **known})


def _is_whole(name: str, tensor: Tensor) -> bool:
    # A feature of which nothing is known is divided by infinity.
    numbers = ~tensor.isnan() if name == "feature_scale" else tensor.isfinite()
    return bool(numbers.all())


def _digest(tensors: dict[str, Tensor], document: str) -> str:
    digest = hashlib.sha256(document.encode())
    for name in sorted(tensors):
        digest.update(f"{name}{tuple(tensors[name].shape)}{tensors[name].dtype}".encode())
        digest.update(tensors[name].numpy().data)
    return digest.hexdigest()
