"""A fit over several processes: real ones, over gloo on loopback."""

import multiprocessing
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from recommender import FitConfig, Recommender, load_movielens
from recommender.communicator import ALONE, Communicator, PartedError
from tests.bot.patience import PATIENCE
from tests.ports import free_port

USERS, OF_FIRST = 200, 150  # who are learned from, and how many of them are the first process's
CONFIG = FitConfig(factors=4, set_rank=6, samples=3, thinning=1, burn_in=3)
ROUNDING = 2e-3  # stars: films are kept in half precision
Act = Callable[[Communicator], object]


def together(act: Act, processes: int = 2) -> list[int | None]:
    """Let so many processes take part, and wait for their ends: their exit codes. One that waits for a partner that never came is
    killed in the end."""
    context = multiprocessing.get_context("spawn")
    with free_port() as port:
        workers = [context.Process(target=_join, args=(act, rank, processes, port)) for rank in range(processes)]
        for worker in workers:
            worker.start()
        until = time.perf_counter() + PATIENCE
        for worker in workers:
            worker.join(max(0.0, until - time.perf_counter()))
            worker.kill()
            worker.join()
    return [worker.exitcode for worker in workers]


def _join(act: Act, rank: int, size: int, port: int) -> None:
    named = {"RANK": rank, "WORLD_SIZE": size, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    os.environ.update({name: str(value) for name, value in named.items()})
    torch.set_num_threads(1)
    with Communicator.joined(torch.device("cpu")) as spread:
        act(spread)


def learn(folder: Path, spread: Communicator) -> None:
    """Each process writes what it learns of its own users."""
    data = load_movielens()
    ratings = data.ratings[data.ratings["user"] <= USERS].assign(weight=1.0)
    weighted = ratings.assign(weight=np.where(ratings["movie"] % 3 == 0, 0.25, 1.0))
    first = ratings["user"] <= OF_FIRST
    own = slice(None) if spread.size == 1 else first if spread.rank == 0 else ~first
    plain = Recommender.fit(ratings[own], data.movies, config=CONFIG, device="cpu", spread=spread)
    plain.save(folder / f"plain-{spread.size}-{spread.rank}")
    warm = Recommender.fit(weighted[own], data.movies, config=CONFIG, device="cpu", warm_start=plain, spread=spread)
    warm.save(folder / f"warm-{spread.size}-{spread.rank}")


def be_refused(club: pd.DataFrame, spread: Communicator) -> None:
    with pytest.raises(ValueError, match="a user has ratings in two processes"):
        Recommender.fit(club, device="cpu", spread=spread)
    with pytest.raises(ValueError, match="in one process only"):
        Recommender.fit(club, config="one_cycle", device="cpu", spread=spread)


def lose_one(folder: Path, club: pd.DataFrame, spread: Communicator) -> None:
    """The second process dies after some sweeps, and the first writes what it is told."""

    def die(share: float) -> None:
        if spread.rank == 1 and share > 0.3:
            os._exit(9)

    own = club[club["user"] % 2 == spread.rank]
    with pytest.raises(PartedError) as told:
        Recommender.fit(own, config=CONFIG, device="cpu", progress=die, spread=spread)
    (folder / "told").write_text(str(told.value))
    os._exit(3)


def act(folder: Path, club: pd.DataFrame, spread: Communicator) -> None:
    """All of it, since a process takes seconds to start."""
    learn(folder, spread)
    be_refused(club, spread)
    (folder / f"refused-{spread.rank}").touch()
    lose_one(folder, club, spread)


@dataclass(frozen=True)
class Learned:
    """By one process, and by the first and the second of two."""

    one: Recommender
    first: Recommender
    second: Recommender


@pytest.fixture(scope="module")
def acted(tmp_path_factory: pytest.TempPathFactory, club: pd.DataFrame) -> tuple[Path, list[int | None]]:
    """Where two processes have written, and how they ended."""
    folder = tmp_path_factory.mktemp("together")
    learn(folder, ALONE)
    return folder, together(partial(act, folder, club))


@pytest.fixture(scope="module", params=["plain", "warm"])
def learned(request: pytest.FixtureRequest, acted: tuple[Path, list[int | None]]) -> Learned:
    return Learned(*(Recommender.load(acted[0] / f"{request.param}-{who}") for who in ("1-0", "2-0", "2-1")))


def off(model: Recommender, other: Recommender) -> float:
    """The most stars by which two models differ, for users of both processes and an unknown one, over all films."""
    users, films = np.meshgrid([*range(1, USERS + 1, 9), 10**6], model.movies["movie"])
    pairs = users.ravel(), films.ravel()
    return float(np.abs(model.predict(*pairs) - other.predict(*pairs)).max())


def test_two_processes_learn_the_model_that_one_learns(learned: Learned) -> None:
    assert off(learned.first, learned.one) < ROUNDING
    facts = "ratings", "given", "users", "films", "config"
    assert {name: learned.first.info[name] for name in facts} == {name: learned.one.info[name] for name in facts}


def test_a_newcomer_is_told_the_same(learned: Learned) -> None:
    history = {2571: 4.5, 1721: 1.5, 1: 4.0}
    asked = learned.one.movies["movie"]
    (stars, sd), (expected, expected_sd) = (
        model.taste(history).predict(asked) for model in (learned.first, learned.one)
    )
    assert stars == pytest.approx(expected, abs=ROUNDING)
    assert sd == pytest.approx(expected_sd, abs=ROUNDING)


def test_every_process_has_the_whole_model(learned: Learned) -> None:
    assert off(learned.first, learned.second) < ROUNDING
    assert learned.second.info["users"] == USERS


def test_what_several_processes_can_not_learn_is_refused(acted: tuple[Path, list[int | None]]) -> None:
    assert sorted(path.name for path in acted[0].glob("refused-*")) == ["refused-0", "refused-1"]


def test_where_a_process_dies_the_others_end_with_a_sentence(acted: tuple[Path, list[int | None]]) -> None:
    folder, exits = acted
    assert exits == [3, 9]
    assert (folder / "told").read_text() == "another process of the fit ended or fell silent"
