"""From ratings to a model: Gibbs sampling over users and films in turn.

Every quantity is drawn from its posterior given the ratings, so there is no learning rate, weight decay or stopping point to
tune (Salakhutdinov and Mnih 2008). The prior mean of a row is linear in its `features`: of a film its genres, its year and
who rated it; of a user which films they rated (both sets, as in the "flipped" models of Rendle, Zhang and Koren 2019). Each
user has a noise precision of their own, so that those who rate at random teach less (Lakshminarayanan, Bouchard and
Archambeau 2011).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from recommender import cowatching, devices, solver
from recommender.communicator import ALONE, Communicator
from recommender.compress import compressed, typical
from recommender.cowatching import CowatchingTables
from recommender.features import FilmFeatures, SetFeatures, film_genres, film_years, row_sums
from recommender.interactions import Interactions, transposed, usual_unit
from recommender.model import EmbeddingDotBias
from recommender.prior import START_VARIANCE, Design, Prior, gamma
from recommender.scarce import cut_down, scarcity
from recommender.solver import Posterior
from recommender.unrated import FilmPrior

# Where the chain starts. It decides only how soon the chain settles.
START_NOISE_PRECISION = 1.2
# Prior of the noise, as a number of ratings that scatter as at the start: a few real ones can't tell how much they do.
NOISE_BEFOREHAND = 10.0
# The variance that rounding to half stars leaves, step^2 / 12. Ratings without noise must not end in a division by zero.
LEAST_NOISE_VARIANCE = 0.5**2 / 12
# A user's noise precision, relative to the mean, is Gamma(NOISE_SHAPE / 2, rate NOISE_SHAPE / 2), of mean 1.
NOISE_SHAPE = 10.0
# Ratings with which a film's `item_audience` is half of what they show.
AUDIENCE_SHRINKAGE = 5.0
# Factors where none are given: FACTORS_AT_100K sqrt(ratings / 100,000), held to the range, times the richness.
FACTORS_AT_100K, LEAST_FACTORS, MOST_FACTORS = 10, 4, 32
MOST_RICHNESS = 10.0  # more is no usable configuration
# Sweeps for each draw, where none are given. Draws nearer to each other average out less of what the films' ratings leave open,
# and the more ratings films have, the less that is: two sweeps instead of three, with 12 before the first instead of 15, add
# 0.0018 to the RMSE with a sixteenth of the users of ML-1M, 0.0015 with a quarter and 0.0005 with all. Of larger sets it was not
# measured.
THINNING, MANY, THINNING_OF_MANY = 3, 5_000_000, 2
# Rows that are solved at once. On a processor they stay in its cache; a graphics card is idle with so few.
BLOCK, BLOCK_OF_GPU = 512, 4096
NEARLY = 0.2  # share of the factors wanted that an earlier model may have more or fewer


@dataclass(frozen=True)
class FitConfig:
    """What a fit may choose. `factors`: taste dimensions of a user and a film, None to let the number of ratings decide,
    times `richness`; `set_rank`: dimensions kept of the sets of rated films and of raters, None for three times the factors;
    `samples`: draws from the posterior that are kept; `thinning`: sweeps over users and films for each that is kept, None for
    THINNING, or THINNING_OF_MANY for more than MANY ratings; `burn_in`: sweeps before the first; `scale`: lowest and highest
    rating allowed."""

    factors: int | None = None
    richness: float = 1.0
    set_rank: int | None = None
    samples: int = 16
    thinning: int | None = None
    burn_in: int = 15
    scale: tuple[float, float] = (0.5, 5.0)

    def __post_init__(self) -> None:
        given = [count for count in (self.factors, self.set_rank, self.thinning) if count is not None]
        wrong = min(*given, self.samples, self.burn_in) < 1 or not 0 < self.richness <= MOST_RICHNESS
        if wrong or not -inf < self.scale[0] < self.scale[1] < inf:
            raise ValueError(f"not a usable configuration: {self}")

    def resolved(self, ratings: int, start: EmbeddingDotBias | None = None) -> "FitConfig":
        """The same with the factors, the rank of the sets and the thinning decided, for so many ratings. The factors of an
        earlier model to start from are kept where they are nearly as many as wanted."""
        by_size = min(max(FACTORS_AT_100K * (ratings / 1e5) ** 0.5, LEAST_FACTORS), MOST_FACTORS)
        factors = self.factors or max(round(self.richness * by_size), 1)
        if start is not None and self.factors is None and abs(_factors(start) - factors) <= NEARLY * factors:
            factors = _factors(start)
        thinning = self.thinning or (THINNING_OF_MANY if ratings > MANY else THINNING)
        return replace(self, factors=factors, set_rank=self.set_rank or 3 * factors, thinning=thinning)

    @property
    def sweeps(self) -> int:
        return self.burn_in + self.samples * (self.thinning or THINNING)


# What is done with a block of rows: which they are, the sums that they are solved from, and their posteriors.
Solved = Callable[[slice, tuple[Tensor, Tensor], Posterior], None]


@dataclass(frozen=True)
class Side:
    """Users or films during a fit: they are the rows, and the other side the columns. Of several processes, each has the
    ratings of its own users: of a user all, of a film a part."""

    rated: Tensor  # (rows, columns) weights of the ratings, sparse (CSR)
    residuals: Tensor  # (rows, columns) weights times r - mu, sparse (CSR)
    design: Design
    columns: Communicator = ALONE  # the processes that the columns are spread over

    @property
    def share(self) -> slice:
        """The rows that this process solves."""
        return self.columns.share(len(self.rated))

    def solve(
        self, columns: Tensor, prior: Prior, noise_precision: Tensor, take: Solved, weights: Tensor | None = None
    ) -> None:
        """Solve the rows of `share` given the columns (columns, D), and call `take` for each block of them, several at once.

        noise_precision (rows of `share`,). weights (columns,): how much each column counts.
        """
        y = solver.augment(columns)
        scaled = y if weights is None else weights[:, None] * y
        packed = solver.square_sums(self.rated, y, scaled, self.columns)
        targets = self.columns.sum_share(self.residuals @ scaled)
        means, precision = self.design.features[self.share] @ prior.weights, torch.linalg.inv(prior.cov)

        def solve_block(rows: slice) -> None:
            sums = solver.unpack(packed[rows]), targets[rows]
            take(rows, sums, solver.solve_rows(*sums, means[rows], precision, noise_precision[rows]))

        size = BLOCK if columns.device.type == "cpu" else BLOCK_OF_GPU
        blocks = (slice(start, start + size) for start in range(0, len(means), size))
        devices.for_each(solve_block, blocks, columns.device)


@dataclass(frozen=True)
class Draw:
    """One draw of the chain, without the users, who are solved anew from their ratings."""

    items: Tensor  # (m, D)
    user_prior: Prior
    item_prior: Prior
    noise_precision: float


class Gibbs:
    """The chain: where it stands, and one step onwards. Of several processes, each draws all random numbers and takes its rows'
    of them, so that the draws are the same however many there are."""

    def __init__(self, data: Interactions, users: Side, items: Side, mu: float, size: int, seed: int) -> None:
        """size: D, the factors and the bias of a row."""
        device = users.design.features.device
        self._users, self._items = users, items
        self.generator = torch.Generator(device).manual_seed(seed)
        self._spread = items.columns
        counts = torch.from_numpy(np.bincount(data.users, data.weights)).float().to(device)
        self._own, _ = self._spread.place(len(counts))
        self._counts = self._spread.gather(counts)
        square = np.bincount(data.users, data.weights * (data.stars - np.float32(mu)).astype(np.float64) ** 2)
        self._totals = torch.from_numpy(square).float().to(device)
        self._user_noise = torch.ones_like(counts)  # relative to `noise_precision`
        films = torch.randn(len(items.design.features), size, generator=self.generator, device=device) * START_VARIANCE
        priors = Prior.start(users.design.features, size), Prior.start(items.design.features, size)
        self.draw = Draw(films, *priors, START_NOISE_PRECISION)

    def sweep(self) -> None:
        """Draw users, films, their priors and the noise, each given the others."""
        old = self.draw
        noise = torch.tensor(old.noise_precision, device=self._counts.device)
        users = torch.empty(len(self._totals), old.items.shape[1], device=noise.device)
        errors = torch.empty_like(self._totals)
        white = self._white(len(self._counts))[self._own]

        def draw_users(rows: slice, sums: tuple[Tensor, Tensor], posterior: Posterior) -> None:
            users[rows] = posterior.sample(white[rows])
            y = solver.dual(solver.augment(users[rows]))
            errors[rows] = solver.squared_errors(*sums, self._totals[rows], y).clamp(min=0)

        self._users.solve(old.items, old.user_prior, noise * self._user_noise, draw_users)
        user_prior = old.user_prior.drawn(self._users.design, users, self.generator)
        shape = (NOISE_SHAPE + self._counts) / 2
        self._user_noise = gamma(shape, self.generator)[self._own] / ((NOISE_SHAPE + noise * errors) / 2)
        weighted = self._spread.sum((self._user_noise * errors).sum())
        shape, rate = self._counts.sum() + NOISE_BEFOREHAND, weighted + NOISE_BEFOREHAND / START_NOISE_PRECISION
        noise = gamma(shape / 2, self.generator) / (rate / 2)
        noise = noise.clamp(max=1 / LEAST_NOISE_VARIANCE)
        white = self._white(len(old.items))[self._items.share]
        items = torch.empty_like(white)

        def draw_items(rows: slice, sums: tuple[Tensor, Tensor], posterior: Posterior) -> None:
            items[rows] = posterior.sample(white[rows])

        self._items.solve(users, old.item_prior, noise.expand(len(items)), draw_items, self._user_noise)
        items = self._spread.gather(items)
        item_prior = old.item_prior.drawn(self._items.design, items, self.generator)
        self.draw = Draw(items, user_prior, item_prior, float(noise))

    def _white(self, rows: int) -> Tensor:
        """Standard Normal, (rows, D)."""
        shape = rows, self.draw.items.shape[1]
        return torch.randn(shape, generator=self.generator, device=self.draw.items.device)


def fit(
    data: Interactions,
    movies: pd.DataFrame,
    config: FitConfig,
    device: torch.device,
    seed: int,
    progress: Callable[[float], None],
    start: EmbeddingDotBias | None = None,
    spread: Communicator = ALONE,
) -> EmbeddingDotBias:
    """Learn a model. movies: one row (year, genres) for each of `data.item_ids`, in that order. config: a `resolved` one.

    progress: called after each sweep with the share done, 0 to 1. start: an earlier model, whose draws go on from where they
    were, if it has as many factors and draws as are wanted. spread: the processes that the users are spread over; all get the
    whole model.
    """
    earlier = start if _goes_on(start, config) else None
    unit = usual_unit(config.scale)
    if unit != 1:  # or the stars would be held twice
        data = replace(data, stars=data.stars / np.float32(unit))
    mu = float(data.mean(spread))
    # First, while there are no matrices yet: with many ratings, both together would take gigabytes more.
    following = cowatching.learn(data, device, seed, spread)
    content = FilmFeatures.of(movies)
    users, items, sets = _sides(data, content.features(movies), config, mu, device, seed, earlier, spread)
    chain = Gibbs(data, users, items, mu, (config.factors or 0) + 1, seed)
    draws = _draws_from(earlier, chain, data, items, progress) if earlier else _draws(chain, config, progress)
    return _model(data, movies, content, users, draws, sets, following, mu, unit, spread)


def _model(
    data: Interactions,
    movies: pd.DataFrame,
    content: FilmFeatures,
    users: Side,
    draws: list[Draw],
    sets: SetFeatures,
    following: CowatchingTables,
    mu: float,
    unit: float,
    spread: Communicator,
) -> EmbeddingDotBias:
    """The draws, and what was learned of who likes what next, as one model."""
    films = torch.stack([draw.items for draw in draws], dim=1).half()
    people = _means(users, draws, films.float()).cpu()
    films = films.cpu()
    sums = np.bincount(data.items, data.weights * (data.stars - mu), minlength=len(data.item_ids))
    # By weight, so that ratings which hardly count do not make a film popular either.
    counts = np.bincount(data.items, data.weights, minlength=len(data.item_ids))
    item_counts, item_sums = (spread.sum(torch.from_numpy(part)).float() for part in (counts, sums))
    averaged = compressed(people, films, item_counts, spread)
    cov = torch.stack([draw.item_prior.cov for draw in draws]).cpu()
    of_unrated = FilmPrior.of(_unrated_weights(draws, content), cov, typical(people, spread), averaged.directions)
    user_ids, order = torch.sort(spread.gather(torch.from_numpy(data.user_ids)))
    user_counts = spread.gather(torch.from_numpy(np.bincount(data.users).astype(np.float32)))
    lowest, highest = (spread.gather(torch.tensor([stars])) for stars in (data.stars.min(), data.stars.max()))
    above = item_sums - item_counts * averaged.items[:, -1]
    return EmbeddingDotBias(
        user_ids=user_ids,
        item_ids=torch.from_numpy(data.item_ids),
        users=spread.gather(averaged.users)[order],
        items=averaged.items,
        user_counts=user_counts[order],
        item_counts=item_counts,
        item_audience=above / (item_counts + AUDIENCE_SHRINKAGE),
        item_doubt=averaged.item_doubt,
        item_genres=torch.from_numpy(film_genres(movies, content.genres)),
        item_years=torch.from_numpy(film_years(movies).copy()),
        rated_rows=torch.arange(len(data.item_ids)),
        **following.fields(),
        samples=solver.augment(films),
        features=torch.zeros(0, len(of_unrated.items)),
        feature_centre=torch.from_numpy(content.centre),
        feature_scale=torch.from_numpy(content.scale),
        feature_items=of_unrated.items,
        feature_samples=of_unrated.samples,
        feature_doubt=of_unrated.doubt,
        item_cov=of_unrated.cov,
        projection=averaged.projection.double(),
        user_cov=torch.stack([draw.user_prior.cov for draw in draws]).double().cpu(),
        noise_precision=torch.tensor([draw.noise_precision for draw in draws], dtype=torch.float64),
        set_basis=torch.from_numpy(sets.basis),
        set_centre=torch.from_numpy(sets.centre),
        set_size_scale=torch.from_numpy(sets.size_scale),
        set_weights=torch.stack([draw.user_prior.weights for draw in draws]).double().cpu(),
        mu=mu,
        lowest=float(lowest.min()) * unit,
        highest=float(highest.max()) * unit,
        sigmoid_range=None,
        unit=unit,
        genres=content.genres,
    )


def _unrated_weights(draws: list[Draw], content: FilmFeatures) -> Tensor:
    """(S, F, D) the priors' weights of what a film is, where nobody rated it: see `_film_features`, with a scarcity of 1. What
    says who rated a film is 0."""
    size = 1 + len(content.centre)
    halves = (draw.item_prior.weights.chunk(2) for draw in draws)
    return torch.stack([known[:size] + scarce[:size] for known, scarce in halves]).cpu()


def _means(users: Side, draws: list[Draw], films: Tensor) -> Tensor:
    """(n, S, D) the users' posterior means against each draw of the films (m, S, D)."""
    count = len(users.design.features)
    means = torch.empty(count, len(draws), films.shape[2], device=films.device)
    for index, draw in enumerate(draws):
        noise = torch.full((count,), draw.noise_precision, device=films.device)

        def take(rows: slice, sums: tuple[Tensor, Tensor], posterior: Posterior, draw: int = index) -> None:
            means[rows, draw] = posterior.mean

        users.solve(films[:, index], draw.user_prior, noise, take)
    return means


def _draws(chain: Gibbs, config: FitConfig, progress: Callable[[float], None]) -> list[Draw]:
    """Sweep on from a cold start, and keep every `thinning`th draw once it has settled."""
    draws = []
    for sweep in range(config.sweeps):
        chain.sweep()
        if sweep >= config.burn_in and (sweep - config.burn_in + 1) % (config.thinning or THINNING) == 0:
            draws.append(chain.draw)
        progress((sweep + 1) / config.sweeps)
    return draws


def _draws_from(
    start: EmbeddingDotBias, chain: Gibbs, data: Interactions, items: Side, progress: Callable[[float], None]
) -> list[Draw]:
    """Let each draw of an earlier model go on by one sweep. They differ already, so there is no burn-in."""
    device = items.design.features.device
    rows = torch.from_numpy(start.rated_places(data.item_ids))
    draws = []
    for index in range(start.draws):
        before = torch.zeros(len(rows), start.samples.shape[2] - 1)
        before[rows >= 0] = solver.coordinates(start.samples[rows[rows >= 0], index]).float()
        before = before.to(device)
        weights, cov = (part[index].float().to(device) for part in (start.set_weights, start.user_cov))
        user_prior = Prior(weights, cov)
        item_prior = Prior.start(items.design.features, before.shape[1]).drawn(items.design, before, chain.generator)
        chain.draw = Draw(before, user_prior, item_prior, float(start.noise_precision[index]))
        chain.sweep()
        draws.append(chain.draw)
        progress((index + 1) / start.draws)
    return draws


def _factors(start: EmbeddingDotBias) -> int:
    return start.samples.shape[2] - 2  # samples hold (factors, 1, bias)


def _goes_on(start: EmbeddingDotBias | None, config: FitConfig) -> bool:
    """Whether the earlier model has as many draws, factors and directions of sets as are wanted."""
    return (
        start is not None
        and (start.draws, _factors(start)) == (config.samples, config.factors)
        and start.set_basis.shape[1] == config.set_rank
    )


def _known_sets(start: EmbeddingDotBias, item_ids: NDArray[np.int64]) -> SetFeatures:
    """The earlier model's description of sets for this catalogue. Its draws were learned with it, so it stays."""
    rows = start.rated_places(item_ids)
    basis = np.where(rows[:, None] >= 0, start.sets.basis[rows], np.float32(0))
    return replace(start.sets, basis=basis)


def _sides(
    data: Interactions,
    film_features: NDArray[np.float32],
    config: FitConfig,
    mu: float,
    device: torch.device,
    seed: int,
    start: EmbeddingDotBias | None,
    spread: Communicator,
) -> tuple[Side, Side, SetFeatures]:
    """Users, films, and the description of users' sets of films. film_features: see `FilmFeatures`."""
    rated, residual = data.matrices(device, data.weights, data.weights * (data.stars - np.float32(mu)))
    raters, residual_of_raters = transposed(rated, residual)
    rank = config.set_rank or 0
    user_sets = (
        SetFeatures.of(rated, raters, rank, seed, rows=spread) if start is None else _known_sets(start, data.item_ids)
    )
    item_sets = SetFeatures.of(raters, rated, rank, seed, columns=spread)
    content = torch.from_numpy(film_features).to(device)
    few = cut_down(raters, seed, spread)
    features = _film_features(content, item_sets, raters, spread)
    items = Design(features, few.films, _film_features(content[few.films], item_sets, few.raters, spread))
    users = Side(rated, residual, Design.of(_described(user_sets, rated), spread))
    return users, Side(raters, residual_of_raters, items, spread), user_sets


def _film_features(content: Tensor, sets: SetFeatures, raters: Tensor, spread: Communicator) -> Tensor:
    """(films, features) a constant, what the films are and who rated them; and the same times `scarcity`, since the less is known
    of who rates a film, the more the rest tells."""
    known = torch.cat([torch.ones_like(content[:, :1]), content, _described(sets, raters, spread)], dim=1)
    return torch.cat([known, scarcity(raters, spread) * known], dim=1)


def _described(sets: SetFeatures, rated: Tensor, columns: Communicator = ALONE) -> Tensor:
    """(rows, features) of each row's set of columns, which are spread over these processes."""
    sums = columns.sum(rated @ torch.from_numpy(sets.basis).to(rated.device))
    features = sets.features(sums.cpu().numpy(), columns.sum(row_sums(rated)).cpu().double().numpy())
    return torch.from_numpy(features).float().to(rated.device)
