"""One fit over several processes: what they tell each other, by torch.distributed.

Each process has the ratings of its own users. What is spread over the processes stands in their order, so that all of it
together is what one process would have.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Self

import numpy as np
import pandas as pd
import torch
import torch.distributed as dist
from torch import Tensor

# Seconds. Until the slowest process has read its ratings, the others wait too.
PATIENCE = 900.0


class PartedError(RuntimeError):
    """Another process has ended, or is silent for too long."""


@dataclass(frozen=True)
class Communicator:
    """One process, `rank`, of `size` that take every step together; `local`: its number on its machine. One that is alone sends
    nothing. Every method raises PartedError where another process is gone."""

    rank: int = 0
    size: int = 1
    local: int = 0

    @classmethod
    @contextmanager
    def joined(cls, device: torch.device, patience: float = PATIENCE) -> Iterator[Self]:
        """Join the processes that the environment names, as torchrun sets it: over gloo, and over NCCL what is on GPUs.

        patience: seconds that a process waits for the others at one place. One that died is noticed at once, by its connections;
        this is for a machine that falls silent."""
        backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
        with _all_there():
            dist.init_process_group(backend, timeout=timedelta(seconds=patience))
        yield cls(dist.get_rank(), dist.get_world_size(), int(os.environ.get("LOCAL_RANK", "0")))
        dist.destroy_process_group()  # after an error it could wait for the others

    def sum(self, own: Tensor) -> Tensor:
        """The sum of all processes' tensors of this shape, the same to the last bit in each process."""
        if self.size == 1:
            return own
        total = own.clone(memory_format=torch.contiguous_format)
        with _all_there():
            dist.all_reduce(total)
        return total

    def parts(self, own: Tensor) -> list[Tensor]:
        """The rows of each process, (rows, ...) each; how many they are may differ."""
        if self.size == 1:
            return [own]
        counts = self._equal_parts(torch.tensor([len(own)], device=own.device)).tolist()
        padded = own.new_zeros(max(*counts, 1), *own.shape[1:])
        padded[: len(own)] = own
        rows = torch.split(self._equal_parts(padded), len(padded))
        return [part[:count] for part, count in zip(rows, counts, strict=True)]

    def gather(self, own: Tensor) -> Tensor:
        """The rows of all processes, one after another."""
        return own if self.size == 1 else torch.cat(self.parts(own))

    def place(self, count: int) -> tuple[slice, int]:
        """Where this process's rows, so many, stand among those of all; and how many all are."""
        counts = [int(part) for part in self.parts(torch.tensor([count]))]
        start = sum(counts[: self.rank])
        return slice(start, start + count), sum(counts)

    def shares(self, rows: Tensor, owners: Tensor) -> Tensor:
        """This process's rows of those of the first. owners (n,): which process each row is for; what the others give counts
        for nothing."""
        if self.size == 1:
            return rows
        mine = owners if self.rank == 0 else owners[:0]
        sent = torch.bincount(mine, minlength=self.size)
        counts = torch.from_numpy(np.frombuffer(self.told(sent.numpy().tobytes()), dtype=np.int64).copy()).tolist()
        received = rows.new_empty(counts[self.rank], *rows.shape[1:])
        incoming = [counts[self.rank], *[0] * (self.size - 1)]
        with _all_there():
            dist.all_to_all_single(received, rows[torch.argsort(mine, stable=True)], incoming, sent.tolist())
        return received

    def wait(self) -> None:
        """Until all processes have come here."""
        self.place(0)

    def share(self, count: int) -> slice:
        """Which of so many rows, that all processes have, are this one's to work out."""
        return slice(*(count * rank // self.size for rank in (self.rank, self.rank + 1)))

    def sum_share(self, own: Tensor) -> Tensor:
        """The rows of `share` of the sum of all processes' (n, columns)."""
        if self.size == 1:
            return own
        ends = [len(own) * rank // self.size for rank in range(self.size + 1)]
        sent = [end - start for start, end in pairwise(ends)]
        received = own.new_empty(self.size * sent[self.rank], *own.shape[1:])
        with _all_there():
            dist.all_to_all_single(received, own.contiguous(), [sent[self.rank]] * self.size, sent)
        return received.view(self.size, sent[self.rank], *own.shape[1:]).sum(0)

    def of_first(self, own: Tensor) -> Tensor:
        """The first process's tensor, where all have one of this shape. It is for decompositions: on another kind of processor
        the same matrix may give vectors that are turned round."""
        if self.size == 1:
            return own
        first = own.clone(memory_format=torch.contiguous_format)
        with _all_there():
            dist.broadcast(first, 0)
        return first

    def told(self, words: bytes) -> bytes:
        """What the first process says."""
        said = np.frombuffer(words if self.rank == 0 else b"", dtype=np.uint8)
        return words if self.size == 1 else self.gather(torch.from_numpy(said.copy())).numpy().tobytes()

    def _equal_parts(self, own: Tensor) -> Tensor:
        """The rows of all processes, of which each has as many."""
        rows = own.new_empty(self.size * len(own), *own.shape[1:])
        with _all_there():
            dist.all_gather_single(rows, own)
        return rows


@contextmanager
def _all_there() -> Iterator[None]:
    try:
        yield
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:
        raise PartedError("another process of the fit ended or fell silent") from error


ALONE = Communicator()


def added(own: pd.Series, spread: Communicator) -> pd.Series:
    """Numbers by id, which are added up over the processes; the ids ascending."""
    ids, values = (spread.gather(torch.from_numpy(part.to_numpy(copy=True))).numpy() for part in (own.index, own))
    return pd.Series(values).groupby(ids).sum()
