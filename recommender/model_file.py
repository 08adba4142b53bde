"""The file that a model lives in.

It is mapped, not read: the processes of a machine share its pages, and each holds only what it works out from them. So a file
is never written in place, which would end the processes that have it mapped (SIGBUS): a new one gets the name by a rename, and
the old one lives on without a name for as long as it is mapped. The mapping is private: whatever wrote into a table would get a
copy of the page, and neither the file nor other processes would change.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from recommender.model import SCALARS, TENSORS, EmbeddingDotBias
from recommender.rows import Stored

PROGRAM = "marquee-"
# Another one wherever what is stored would be worked out in another way: else a program would serve with what an older one did.
FORMAT = f"{PROGRAM}10"
FILMS = "stored.films"
# Windows lets no file be replaced while it is mapped, so there it is copied.
BACKEND = "pread" if sys.platform == "win32" else "mmap"


class ModelFileError(ValueError):
    """The file is no model of this program, or it is damaged."""


class OtherFormatError(ModelFileError):
    """It is a model of an older or newer version of this program."""


class Loaded(NamedTuple):
    """What a file holds, and the SHA-256 of it."""

    model: EmbeddingDotBias
    document: dict[str, Any]
    stored: Stored
    sha256: str


def save(path: Path, model: EmbeddingDotBias, document: dict[str, Any], stored: Stored) -> None:
    """One safetensors file: the model's tensors and what is stored of its films, and in its header the model's scalars with the
    document (JSON) and the SHA-256 of all."""
    tensors = {**model.tensors(), **packed(stored)}
    text = json.dumps({**document, "scalars": model.scalars()}, ensure_ascii=False, sort_keys=True)
    header = {"format": FORMAT, "document": text, "sha256": _digest(tensors, text)}
    save_file(tensors, path, metadata=header)


def sha256(path: Path) -> str:
    """What a file says that its SHA-256 is, without reading all of it. Raises ModelFileError for what is no model, OSError where
    it can't be read."""
    with _opened(path) as file:
        return str((file.metadata() or {}).get("sha256", ""))


def load(path: Path) -> Loaded:
    """What `save` wrote, mapped. Raises ModelFileError for anything else, OSError where it can't be read."""
    with _opened(path) as file:
        header = file.metadata() or {}
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping, only keys())
    version, text = header.get("format", ""), header.get("document", "")
    if not version.startswith(PROGRAM):
        raise ModelFileError(f"{path.name} is not a model of this program")
    if version != FORMAT:
        raise OtherFormatError(
            f"{path.name} was made by another version of this program ({version}); this one reads {FORMAT}"
        )
    digest = _digest(tensors, text)
    if header.get("sha256") != digest:
        raise ModelFileError(f"{path.name} is damaged: its checksum does not fit")
    try:
        document = json.loads(text)
        stored = _unpacked(tensors)
        return Loaded(_model(tensors, document["scalars"]), document, stored, digest)
    except (KeyError, TypeError, ValueError, OverflowError, StopIteration) as error:
        raise ModelFileError(f"{path.name} does not hold a whole model: {error}") from error


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Raises ModelFileError for what is no file of the library's, OSError where it can't be read, as if there is none."""
    if not path.exists():
        raise FileNotFoundError(f"there is no model at {path}")
    if not path.is_file():
        raise ModelFileError(f"{path.name} is no file")
    path.open("rb").close()  # for any reason the library says that there is no such file
    try:
        with safe_open(path, framework="pt", backend=BACKEND) as file:
            yield file
    except Exception as error:  # the library raises its own type, or OSError, or ValueError
        raise ModelFileError(f"{path.name} cannot be read as a model: {error}") from error


def packed(stored: Stored) -> dict[str, Tensor]:
    """As tensors. The films are a stream of Arrow's, which is read where it lies; as numbers of eight bytes, so that it begins
    where these may."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, stored.films.schema) as stream:
        stream.write_batch(stored.films)
    films = np.frombuffer(sink.getvalue(), np.int64)
    return {name: torch.from_numpy(np.array(table)) for name, table in {FILMS: films, **stored.tables}.items()}


def _unpacked(tensors: dict[str, Tensor]) -> Stored:
    """Takes what is stored out of the tensors. KeyError, ValueError where it isn't whole."""
    tables = {name: tensors.pop(name).numpy() for name in list(tensors) if "." in name}
    for table in tables.values():
        table.flags.writeable = False
    films = pa.ipc.open_stream(pa.py_buffer(tables.pop(FILMS))).read_next_batch()
    films.validate()
    return Stored(films, tables)


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
