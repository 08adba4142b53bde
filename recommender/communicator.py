"""One fit over several processes: what they tell each other, by torch.distributed.

Each process has the ratings of its own users. What is spread over the processes stands in their order, so that all of it
together is what one process would have.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

import torch
import torch.distributed as dist
from torch import Tensor

# Seconds that a process waits for the others at one place. One that died is noticed at once, by its connections; this is for
# a machine that falls silent. Until the slowest has read its ratings, the others wait too.
PATIENCE = 900.0


@dataclass(frozen=True)
class Communicator:
    """One process, `rank`, of `size` that take every step together. One that is alone sends nothing."""

    rank: int = 0
    size: int = 1

    @classmethod
    @contextmanager
    def joined(cls, device: torch.device) -> Iterator[Self]:
        """Join the processes that the environment names, as torchrun sets it: over gloo, and over NCCL what is on GPUs.

        Raises RuntimeError, here and in every method, where another process has ended or is silent for PATIENCE."""
        backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
        dist.init_process_group(backend, timeout=timedelta(seconds=PATIENCE))
        yield cls(dist.get_rank(), dist.get_world_size())
        dist.destroy_process_group()  # after an error it could wait for the others

    def sum(self, own: Tensor) -> Tensor:
        """The sum of all processes' tensors of this shape, the same to the last bit in each process."""
        if self.size == 1:
            return own
        total = own.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return total

    def parts(self, own: Tensor) -> list[Tensor]:
        """The rows of each process, (rows, ...) each; how many they are may differ."""
        if self.size == 1:
            return [own]
        counts = own.new_empty(self.size, dtype=torch.int64)
        dist.all_gather_single(counts, counts.new_tensor([len(own)]))
        most = int(counts.max())
        padded = own.new_zeros(most, *own.shape[1:])
        padded[: len(own)] = own
        rows = own.new_empty(self.size * most, *own.shape[1:])
        dist.all_gather_single(rows, padded)
        return [part[:count] for part, count in zip(rows.split(max(most, 1)), counts.tolist(), strict=True)]

    def gather(self, own: Tensor) -> Tensor:
        """The rows of all processes, one after another."""
        return own if self.size == 1 else torch.cat(self.parts(own))

    def place(self, count: int) -> tuple[slice, int]:
        """Where this process's rows, so many, stand among those of all; and how many all are."""
        counts = [int(part) for part in self.parts(torch.tensor([count]))]
        start = sum(counts[: self.rank])
        return slice(start, start + count), sum(counts)

    def share(self, count: int) -> slice:
        """Which of so many rows, that all processes have, are this one's to work out."""
        return slice(*(count * rank // self.size for rank in (self.rank, self.rank + 1)))

    def sum_share(self, own: Tensor) -> Tensor:
        """The rows of `share` of the sum of all processes' (n, columns)."""
        if self.size == 1:
            return own
        ends = [len(own) * rank // self.size for rank in range(self.size + 1)]
        sent = [end - start for start, end in zip(ends, ends[1:], strict=False)]
        received = own.new_empty(self.size * sent[self.rank], *own.shape[1:])
        dist.all_to_all_single(received, own.contiguous(), [sent[self.rank]] * self.size, sent)
        return received.view(self.size, sent[self.rank], *own.shape[1:]).sum(0)


ALONE = Communicator()
