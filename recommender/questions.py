"""Which films to ask somebody about: those whose stars would move what is shown to them, if they have seen them.

Against one draw of the films, a person's posterior covariance is S. Stars for film j, whose column is x_j, move the prediction
of film t by a Normal number of variance

    (x_t' S x_j)^2 / (noise + x_j' S x_j)

A question is worth the chance that film j was seen times the root of the mean of that variance over the draws and the films
at the head of the person's list. The answer "not seen" tells nothing of their stars.

Whether somebody has seen film i is 1 or 0. It is taken as linear in how the person watches, z:

    seen_i = share_i + loading_i . z + rest        z ~ N(0, I)

`share` is that of all people who rated the film. The loadings are the directions in which sets of rated films differ (see
`SetFeatures`), less and less of each, and one along which some people have seen more of everything. What somebody has seen and
has not seen tells z, by linear regression, and that tells what else they have seen.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from recommender.model import EmbeddingDotBias, Films

SHOWN = 50  # films at the head of a list that the answers are to tell more about
CANDIDATES = 400  # most rated films: of others the chance is too small
# Of the variance of having seen the candidates, the share that the directions explain; and the variance of seeing more than
# others, in squared shares of what is left to see. Both were chosen for the answers with stars to twenty questions.
EXPLAINED, ACTIVITY = 0.3, 0.6
DOUBT = 0.1  # variance of an answer that is not in the model: people also see what they don't rate
MOST_COMMON = 0.95  # share of people who have seen a film, at most
LEAST_CHANCE, MOST_CHANCE = 0.01, 0.99

Array = NDArray[np.float64]
Rows = NDArray[np.int64]


def questions(
    model: EmbeddingDotBias, cov: Array, seen: Rows, shown: list[int], asked: Iterable[int], among: Films | None, n: int
) -> list[int]:
    """The ids of n films to ask somebody about together, best first; none that nobody rated. Fewer where there are no more.

    cov (S, D, D): of the person against each draw. seen (k,): the rows of their history. Film ids: `shown` at the head of their
    list, `asked` and not seen, and `among`, see `Taste.questions`.
    """
    not_seen = model.mask(asked)
    allowed = model.allowed(not_seen, among)
    allowed[seen] = False
    candidates = _most_rated(model, allowed)
    unseen = np.setdiff1d(np.flatnonzero(not_seen), seen)
    chances = _chances(model, candidates, seen, unseen)
    columns, targets = (
        _columns(model, rows) for rows in (candidates, model.item_rows(np.array(shown, dtype=np.int64)))
    )
    spread = targets.mT @ targets / max(len(shown), 1)
    noise = 1 / model.noise_precision.numpy()[:, None]
    chosen: list[int] = []
    for _ in range(min(n, len(candidates))):
        reach = columns @ cov  # (S, k, D)
        variance = noise + (reach * columns).sum(2)
        moved = ((reach @ spread * reach).sum(2) / variance).mean(0)
        worth = chances * np.sqrt(moved)
        worth[chosen] = -1
        best = int(worth.argmax())
        chosen.append(best)
        # What is known once the answer is, on average over whether it has stars.
        own = reach[:, best] / np.sqrt(variance[:, best, None])
        cov = cov - chances[best] * own[:, :, None] * own[:, None, :]
    ids: list[int] = model.item_ids.numpy()[candidates[chosen]].tolist()
    return ids


def _most_rated(model: EmbeddingDotBias, allowed: NDArray[np.bool_]) -> Rows:
    """The rows of the most rated of the allowed films."""
    counts = model.item_counts.numpy()[model.rated]
    own = allowed[model.rated] & (counts > 0)
    most = np.argsort(np.where(own, -counts, np.inf), kind="stable")[: min(CANDIDATES, np.count_nonzero(own))]
    return np.asarray(model.rated[most])


def _columns(model: EmbeddingDotBias, rows: Rows) -> Array:
    """(S, n, D) what a person's coordinates are multiplied with in each draw."""
    return np.asarray(model.item_samples(rows).transpose(0, 1)[:, :, :-1].double().numpy())


def _chances(model: EmbeddingDotBias, rows: Rows, seen: Rows, unseen: Rows) -> Array:
    """(n,) the chance that somebody has seen the films of these rows, who has seen some and has not seen others."""
    everything = _most_rated(model, np.ones(len(model.item_ids), dtype=bool))
    kinds = _kinds(model, everything)
    variance = _variance(model, everything)
    scale = EXPLAINED * variance.sum() / max((kinds**2).sum(), 1e-9)

    def loadings(of: Rows) -> Array:
        more = np.sqrt(ACTIVITY) * _variance(model, of)
        return np.column_stack([np.sqrt(scale) * _kinds(model, of), more])

    answered = np.concatenate([seen, unseen])
    given = loadings(answered)
    rest = (_variance(model, answered) - (given**2).sum(1)).clip(min=0) + DOUBT
    surprise = np.repeat([1.0, 0.0], [len(seen), len(unseen)]) - _share(model, answered)
    weighted = given.T / rest
    z = np.linalg.solve(np.eye(given.shape[1]) + weighted @ given, weighted @ surprise)
    return np.asarray((_share(model, rows) + loadings(rows) @ z).clip(LEAST_CHANCE, MOST_CHANCE))


def _share(model: EmbeddingDotBias, rows: Rows) -> Array:
    """(n,) of all people, those who rated each film."""
    share = model.item_counts.numpy()[rows].astype(np.float64) / max(len(model.user_ids), 1)
    return np.asarray(share.clip(max=MOST_COMMON))


def _variance(model: EmbeddingDotBias, rows: Rows) -> Array:
    """(n,) of having seen each film, over all people."""
    share = _share(model, rows)
    return share * (1 - share)


def _kinds(model: EmbeddingDotBias, rows: Rows) -> Array:
    """(n, R - 1) the directions in which sets of rated films differ, the kth by the root of 1 / k. The first is how famous a film
    is, which is left aside."""
    basis = model.item_basis(rows)[:, 1:]
    return np.asarray(basis / np.sqrt(np.arange(2, basis.shape[1] + 2)))
