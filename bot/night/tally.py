"""Who wins a vote by approval."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.store import Ballot, NightFilm

RULE = "Approve as many as you like. Most approvals win; a tie goes to the film that suits the group better, then to a draw."


@dataclass(frozen=True)
class Tally:
    """`approvals`: film id -> how many approve. `by`: what decided."""

    winner: NightFilm
    approvals: dict[int, int]
    by: Literal["approvals", "score", "draw"]


def count(films: Sequence[NightFilm], ballots: Mapping[int, Ballot], seed: int) -> Tally:
    """The result; ValueError without films. The draw depends on the seed and on which films are tied, nothing else."""
    approvals = {film.id: sum(film.id in ballot.films for ballot in ballots.values()) for film in films}
    films = sorted(films, key=lambda film: film.id)
    if not films:
        raise ValueError("there is no film to vote on")
    most = max(approvals.values())
    tied = [film for film in films if approvals[film.id] == most]
    if len(tied) == 1:
        return Tally(tied[0], approvals, "approvals")
    best = max(film.score for film in tied)
    leading = [film for film in tied if film.score == best]
    if len(leading) == 1:
        return Tally(leading[0], approvals, "score")
    return Tally(random.Random(seed).choice(leading), approvals, "draw")
