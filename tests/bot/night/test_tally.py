"""Who wins a vote by approval."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.night.tally import count
from bot.store import Ballot, NightFilm

HEAT, ALIEN, FARGO = (
    NightFilm(1, 6, None, 0.9, False),
    NightFilm(2, 1214, None, 0.8, False),
    NightFilm(3, 608, None, 0.8, True),
)
FILMS = [HEAT, ALIEN, FARGO]


def ballots(*approved: tuple[NightFilm, ...]) -> dict[int, Ballot]:
    return {member: Ballot(frozenset(film.id for film in films), True) for member, films in enumerate(approved)}


def test_the_film_that_most_approve_of_wins() -> None:
    result = count(FILMS, ballots((ALIEN,), (ALIEN, HEAT), (FARGO,)), seed=0)
    assert (result.winner, result.by) == (ALIEN, "approvals")
    assert result.approvals == {1: 1, 2: 2, 3: 1}


def test_a_tie_goes_to_the_higher_group_score() -> None:
    result = count(FILMS, ballots((ALIEN,), (HEAT,)), seed=0)
    assert (result.winner, result.by) == (HEAT, "score")


def test_films_alike_in_all_are_drawn_by_the_seed_and_either_may_win() -> None:
    drawn = [count(FILMS, ballots((ALIEN, FARGO)), seed) for seed in range(20)]
    assert {result.by for result in drawn} == {"draw"}
    assert {result.winner for result in drawn} == {ALIEN, FARGO}
    assert [result.winner for result in drawn] == [
        count(FILMS[::-1], ballots((FARGO, ALIEN)), s).winner for s in range(20)
    ]


def test_without_votes_the_group_score_decides() -> None:
    assert count(FILMS, {}, seed=0).winner == HEAT


def test_there_is_nothing_to_count_without_films() -> None:
    with pytest.raises(ValueError, match="no film"):
        count([], {}, seed=0)


@given(st.lists(st.frozensets(st.integers(1, 4)), max_size=8), st.integers(0, 10**6))
def test_no_film_has_more_approvals_than_the_winner(approved: list[frozenset[int]], seed: int) -> None:
    votes = {member: Ballot(films, True) for member, films in enumerate(approved)}
    result = count(FILMS, votes, seed)
    assert result.approvals[result.winner.id] == max(result.approvals.values())
