"""Training by the tutorials' recipe.

Stars are a sigmoid of user factors . item factors + user bias + item bias (Howard and Gugger 2020, `collab_learner`). Adam
with decoupled weight decay (Loshchilov and Hutter 2019) follows the one-cycle schedule (Smith and Topin 2017). The tutorials
leave the learning rate, the weight decay and the epochs to whoever trains; `finder` helps with the first.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil, cos, inf, pi

import torch
from torch import Tensor
from torch.nn import functional

from recommender.interactions import Interactions

# fastai's constants.
START_SPREAD = 0.01  # standard deviation of embeddings before training
SQUARES_MOMENTUM = 0.99  # Adam's second beta
EPSILON = 1e-5  # Adam's
WARM_UP = 0.25  # share of the steps in which the learning rate rises
START_DIVISOR, END_DIVISOR = 25, 1e5  # the learning rate's peak over its start and over its end
HIGH_MOMENTUM, LOW_MOMENTUM = 0.95, 0.85  # Adam's first beta at either end, and at the learning rate's peak
MARGIN = 1 / 9  # of the scale's width, added on either side for the sigmoid's range: 0 to 5.5 for 0.5 to 5


@dataclass(frozen=True)
class OneCycleConfig:
    """What a fit may choose. `factors`: taste dimensions of a user and a film; `epochs`: passes over the ratings;
    `batch_size`: ratings a step; `learning_rate`: the schedule's peak; `weight_decay`: at each step every parameter loses
    this share of itself, times the learning rate, so smaller batches decay more; `scale`: lowest and highest rating allowed."""

    factors: int = 50
    epochs: int = 5
    batch_size: int = 64
    learning_rate: float = 5e-3
    weight_decay: float = 0.1
    scale: tuple[float, float] = (0.5, 5.0)

    def __post_init__(self) -> None:
        usable = (
            min(self.factors, self.epochs, self.batch_size) >= 1
            and 0 < self.learning_rate < inf
            and 0 <= self.weight_decay < inf
            and -inf < self.scale[0] < self.scale[1] < inf
        )
        if not usable:
            raise ValueError(f"not a usable configuration: {self}")

    @property
    def sigmoid_range(self) -> tuple[float, float]:
        """Stars at the ends of the sigmoid. They lie outside the scale, since a sigmoid never reaches its ends."""
        low, high = self.scale
        margin = MARGIN * (high - low)
        return low - margin, high + margin


@dataclass(frozen=True)
class Embeddings:
    """Rows hold factors, then the bias. D = factors + 1."""

    users: Tensor  # (n, D)
    items: Tensor  # (m, D)


def stars(raw: Tensor, sigmoid_range: tuple[float, float]) -> Tensor:
    """Raw scores (of any shape) -> stars inside the range."""
    low, high = sigmoid_range
    return low + (high - low) * torch.sigmoid(raw)


def one_cycle(done: float, peak: float) -> tuple[float, float]:
    """The learning rate and the momentum once a share of the steps is done, 0 to 1. The rate rises to the peak and falls again,
    along cosines; the momentum does the opposite. (Torch's OneCycleLR divides by zero where the warm-up is a single step.)"""
    if done < WARM_UP:
        share = done / WARM_UP
        return _cosine(peak / START_DIVISOR, peak, share), _cosine(HIGH_MOMENTUM, LOW_MOMENTUM, share)
    share = (done - WARM_UP) / (1 - WARM_UP)
    return _cosine(peak, peak / END_DIVISOR, share), _cosine(LOW_MOMENTUM, HIGH_MOMENTUM, share)


def _cosine(start: float, end: float, share: float) -> float:
    return start + (end - start) * (1 - cos(pi * share)) / 2


@contextmanager
def denormals_flushed() -> Iterator[None]:
    """Flush denormal numbers to zero. Adam's averages of rows with few ratings fade into them, and the processor is so slow with
    them that a fit of many films would take more than twice as long."""
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


@denormals_flushed()
def train(
    data: Interactions,
    config: OneCycleConfig,
    device: torch.device,
    seed: int,
    progress: Callable[[float], None],
    start: Embeddings | None = None,
) -> Embeddings:
    """Learn embeddings of `data.user_ids` and `data.item_ids`, in that order; they are returned on the CPU.

    progress: called with the share done, a hundred times at most; the last is 1. start: embeddings of the same rows to go on
    from; ValueError if their shapes do not fit. Deterministic for a seed on the CPU.
    """
    fresh = initial_embeddings(data, config.factors, seed)
    begin = start or fresh
    if (begin.users.shape, begin.items.shape) != (fresh.users.shape, fresh.items.shape):
        raise ValueError(f"start has other rows or factors than this fit: {begin.users.shape}, {begin.items.shape}")
    embeddings = trainable(begin, device)
    steps = config.epochs * ceil(len(data.stars) / config.batch_size)
    schedule = (one_cycle(step / steps, config.learning_rate) for step in range(steps))
    every = ceil(steps / 100)
    for step, _ in enumerate(descend(embeddings, data, config, seed, schedule), start=1):
        if step % every == 0 or step == steps:
            progress(step / steps)
    return Embeddings(embeddings.users.detach().cpu(), embeddings.items.detach().cpu())


def initial_embeddings(data: Interactions, factors: int, seed: int) -> Embeddings:
    """Normal random numbers, cut off at two standard deviations, as in fastai."""
    generator = torch.Generator().manual_seed(seed)

    def rows(count: int) -> Tensor:
        empty, limit = torch.empty(count, factors + 1), 2 * START_SPREAD
        return torch.nn.init.trunc_normal_(empty, std=START_SPREAD, a=-limit, b=limit, generator=generator)

    return Embeddings(rows(len(data.user_ids)), rows(len(data.item_ids)))


def trainable(embeddings: Embeddings, device: torch.device) -> Embeddings:
    """A copy on the device, with gradients."""
    users, items = (rows.to(device, copy=True).requires_grad_() for rows in (embeddings.users, embeddings.items))
    return Embeddings(users, items)


def descend(
    embeddings: Embeddings,
    data: Interactions,
    config: OneCycleConfig,
    seed: int,
    schedule: Iterable[tuple[float, float]],
) -> Iterator[Tensor]:
    """One step of Adam for each learning rate and momentum of the schedule. Yields the batch's mean squared error before it."""
    adam = torch.optim.AdamW(
        [embeddings.users, embeddings.items], eps=EPSILON, weight_decay=config.weight_decay, fused=True
    )
    batches = _batches(data, config.batch_size, embeddings.users.device, seed)
    for (rate, momentum), (users, items, given) in zip(schedule, batches, strict=False):
        adam.param_groups[0].update(lr=rate, betas=(momentum, SQUARES_MOMENTUM))
        user_rows = functional.embedding(users, embeddings.users)
        item_rows = functional.embedding(items, embeddings.items)
        raw = (user_rows[:, :-1] * item_rows[:, :-1]).sum(1) + user_rows[:, -1] + item_rows[:, -1]
        loss = functional.mse_loss(stars(raw, config.sigmoid_range), given)
        adam.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch's own gap
        adam.step()
        yield loss.detach()


def _batches(data: Interactions, size: int, device: torch.device, seed: int) -> Iterator[tuple[Tensor, ...]]:
    """Batches of users, items and stars without end, shuffled anew each epoch. All ratings stay on the device: a DataLoader
    collects each batch row by row, which would take longer than the step itself.

    A rating takes part in an epoch with probability weight / largest weight. Its gradient is not scaled instead, since Adam's
    steps hardly depend on a gradient's size.
    """
    generator = torch.Generator().manual_seed(seed)
    columns = [torch.from_numpy(column).to(device) for column in (data.users, data.items, data.stars)]
    weights = torch.from_numpy(data.weights / data.weights.max())
    while True:
        order = torch.randperm(len(data.stars), generator=generator)
        if (weights < 1).any():
            order = order[torch.rand(len(order), generator=generator) < weights[order]]
        order = order.to(device)
        yield from zip(*(torch.split(column[order], size) for column in columns), strict=True)
