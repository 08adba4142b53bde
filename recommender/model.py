"""The embedding-bias model: its parameters, its predictions, and the file it lives in."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from recommender import solver
from recommender.features import set_features

FORMAT = "marquee-1"


class ModelFileError(ValueError):
    """The file is no model of this program, or it is damaged."""


@dataclass(frozen=True)
class EmbeddingDotBias:
    """Predicted stars = mu + user factors . item factors + user bias + item bias, held inside the scale.

    Rows follow `user_ids` (n,) and `item_ids` (m,), both ascending. D = factors + 1; P = (D+1)(D+2)/2.
    """

    user_ids: Tensor  # (n,) int64
    item_ids: Tensor  # (m,) int64
    users: Tensor  # (n, D) posterior means: factors, then bias
    items: Tensor  # (m, D) posterior means
    item_moments: Tensor  # (m, P) packed E[y y'], y = (factors, 1, bias)
    item_counts: Tensor  # (m,) ratings each film was learned from
    user_cov: Tensor  # (D, D) prior covariance of a user
    item_cov: Tensor  # (D, D) prior covariance of a film
    set_basis: Tensor  # (m, R) what having rated a film says
    set_centre: Tensor  # (R,)
    set_weights: Tensor  # (R, D) set features -> prior mean of a user
    globals: Tensor  # (4,) mu, noise precision, lowest and highest stars seen

    @property
    def mu(self) -> float:
        return float(self.globals[0])

    @property
    def noise_precision(self) -> float:
        return float(self.globals[1])

    @property
    def bounds(self) -> tuple[float, float]:
        return float(self.globals[2]), float(self.globals[3])

    def item_rows(self, movies: NDArray[np.int64]) -> NDArray[np.int64]:
        """Raw film ids -> rows, -1 for a film the model does not know."""
        return _rows(self.item_ids, movies)

    def allowed(self, exclude: Iterable[int] = (), among: Iterable[int] | None = None) -> NDArray[np.bool_]:
        """(m,) True for the films of `among`, or for all, less those of `exclude`. Unknown ids are passed over."""
        mask = np.full(len(self.item_ids), among is None)
        for movies, value in ((among, True), (exclude, False)):
            if movies is not None:
                rows = self.item_rows(np.fromiter(movies, np.int64))
                mask[rows[rows >= 0]] = value
        return mask

    def predict(self, users: NDArray[np.int64], movies: NDArray[np.int64]) -> NDArray[np.float64]:
        """Predicted stars of pairs of raw ids, same length. An unknown user or film counts as the average one."""
        left = _with_average(self.users)[torch.from_numpy(_rows(self.user_ids, users))]
        right = _with_average(self.items)[torch.from_numpy(self.item_rows(movies))]
        stars = self.mu + (left[:, :-1] * right[:, :-1]).sum(1) + left[:, -1] + right[:, -1]
        return np.asarray(stars.double().clamp(*self.bounds).numpy())

    def prior_means(self, set_sums: Tensor, sizes: Tensor) -> Tensor:
        """Sums of `set_basis` over each user's films (n, R) and how many films (n,) -> prior means (n, D)."""
        return set_features(set_sums, sizes, self.set_centre.to(set_sums)) @ self.set_weights.to(set_sums)

    def fold_in(self, moments: Tensor, targets: Tensor, set_sums: Tensor, sizes: Tensor) -> solver.Posterior:
        """Posteriors of users given sums over their films: see `solver.solve_rows` and `prior_means`."""
        precision = torch.linalg.inv(self.user_cov.to(moments))
        return solver.solve_rows(moments, targets, self.prior_means(set_sums, sizes), precision, self.noise_precision)

    def without_users(self, users: NDArray[np.int64]) -> "EmbeddingDotBias":
        """The same model with no trace of these users' factors."""
        keep = torch.from_numpy(~np.isin(self.user_ids.numpy(), users))
        tensors = {**self.tensors(), "user_ids": self.user_ids[keep], "users": self.users[keep]}
        return EmbeddingDotBias(**tensors)

    def tensors(self) -> dict[str, Tensor]:
        return {field.name: getattr(self, field.name).contiguous() for field in fields(self)}


def _rows(ids: Tensor, wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    known = ids.numpy()
    wanted = np.asarray(wanted, dtype=np.int64)
    if not known.size:
        return np.full(wanted.shape, -1, dtype=np.int64)
    rows = np.searchsorted(known, wanted).clip(max=len(known) - 1)
    return np.where(known[rows] == wanted, rows, -1)


def _with_average(rows: Tensor) -> Tensor:
    """One row of zeros more: index -1 is the average user or film."""
    return torch.cat([rows, torch.zeros_like(rows[:1]) if len(rows) else rows.new_zeros(1, rows.shape[1])])


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
    return EmbeddingDotBias(**tensors), json.loads(header["document"])


def _digest(tensors: dict[str, Tensor], document: str) -> str:
    digest = hashlib.sha256(document.encode())
    for name in sorted(tensors):
        digest.update(f"{name}{tuple(tensors[name].shape)}{tensors[name].dtype}".encode())
        digest.update(tensors[name].numpy().tobytes())
    return digest.hexdigest()
