"""A film is the same film whichever data set serves: a club walks from one to the next and back."""

import dataclasses
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bot.gate import RENUMBERED
from bot.store import Store
from bot.training.retrain import Job, train
from recommender import FitConfig, Movie, Recommender
from recommender.datasets import movielens
from recommender.datasets.identity import IMDB, LISTED, ML_100K
from recommender.recommender import CONFIGS
from tests.bot.simulated import MATRIX

ALICE, BOB = 123_456_789_012_345_678, 987_654_321_098_765_432
SUSPECTS, STAR_WARS, CHASING_AMY, MASH, MASH_LATER = 50, 260, 1639, 1294, 5060
OPPENHEIMER_LATER, ONLY_100K, ONLY_100K_LATER, HOLIDAY = 290_001, ML_100K + 1358, 290_002, 1_000_000
TWIN = ML_100K + 246

# As each set numbers its films. ml-100k has two of its own numbers for Chasing Amy, and one film that no other had before.
ML_100K_FILMS = {
    12: "Usual Suspects, The (1995)",
    50: "Star Wars (1977)",
    246: "Chasing Amy (1997)",
    268: "Chasing Amy (1997)",
    1358: "The Deadly Cure (1996)",
}
ML_1M_FILMS = {
    50: "Usual Suspects, The (1995)",
    260: "Star Wars: Episode IV - A New Hope (1977)",
    1294: "M*A*S*H (1970)",
}
ML_LATEST_FILMS = {
    50: "Usual Suspects, The (1995)",
    260: "Star Wars (1977)",
    1639: "Chasing Amy (1997)",
    5060: "M*A*S*H (a.k.a. MASH) (1970)",
    OPPENHEIMER_LATER: "Oppenheimer (2023)",
    ONLY_100K_LATER: "Deadly Cure, The (1996)",
    HOLIDAY: "Roman Holiday (1953)",
}


def ratings(films: list[int]) -> list[tuple[int, int, int, int]]:
    """Of 40 users who rate nearly all films."""
    random = np.random.default_rng(3)
    return [
        (user, movie, int(random.integers(1, 6)), 1_000_000_000)
        for user in range(1, 41)
        for movie in films
        if random.random() < 0.9
    ]


def pack(folder: Path) -> None:
    """The zips of three data sets, as GroupLens lays them out."""
    folder.mkdir()
    with zipfile.ZipFile(folder / "ml-100k.zip", "w") as archive:
        rows = ratings(list(ML_100K_FILMS))
        archive.writestr("ml-100k/u.data", "".join("\t".join(map(str, row)) + "\n" for row in rows))
        flags = "|".join(["0"] * 18 + ["1"])
        films = "".join(f"{movie}|{title}|||{'|'}{flags}\n" for movie, title in ML_100K_FILMS.items())
        archive.writestr("ml-100k/u.item", films.encode("latin-1"))
    with zipfile.ZipFile(folder / "ml-1m.zip", "w") as archive:
        archive.writestr(
            "ml-1m/ratings.dat", "".join("::".join(map(str, row)) + "\n" for row in ratings([*ML_1M_FILMS]))
        )
        archive.writestr(
            "ml-1m/movies.dat", "".join(f"{movie}::{title}::Drama\n" for movie, title in ML_1M_FILMS.items())
        )
    with zipfile.ZipFile(folder / "ml-latest.zip", "w") as archive:
        frame = pd.DataFrame(ratings([*ML_LATEST_FILMS]), columns=["userId", "movieId", "rating", "timestamp"])
        archive.writestr("ml-latest/ratings.csv", frame.to_csv(index=False))
        movies = pd.DataFrame({"movieId": [*ML_LATEST_FILMS], "title": [*ML_LATEST_FILMS.values()], "genres": "Drama"})
        archive.writestr("ml-latest/movies.csv", movies.to_csv(index=False))
        archive.writestr("ml-latest/links.csv", "movieId,imdbId,tmdbId\n50,0114814,629\n290001,15398776,872585\n")


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    small = {name: dataclasses.replace(source, counts=None) for name, source in movielens.SOURCES.items()}
    monkeypatch.setattr(movielens, "SOURCES", small)
    # Which film is which doesn't depend on how well they are learned.
    quick = FitConfig(factors=1, set_rank=1, samples=2, thinning=1, burn_in=1)
    monkeypatch.setitem(CONFIGS, "default", quick)
    pack(tmp_path / "data")
    return Job(
        database=tmp_path / "club.db",
        data_dir=tmp_path / "data",
        films_dir=tmp_path / "films",
        movielens="ml-latest-small",
        movielens_url="http://127.0.0.1:9",
        config="default",
        device="cpu",
        member_weight=1.0,
        data_at=1,
        serving=tmp_path / "model",
        candidate=tmp_path / "candidate",
    )


async def serve(job: Job, store: Store, dataset: str) -> Recommender:
    """The club's model is learned from another data set, and serves."""
    train(dataclasses.replace(job, movielens=dataset), lambda *_: None)
    model = Recommender.load(job.candidate)
    await store.films.move(dict(model.info["aliases"]))
    job.candidate.replace(job.serving)
    return model


def about(film: Movie) -> tuple[str, int | None]:
    """What does not depend on how a data set writes a title."""
    return film.title.removeprefix("The ").split(":")[0], film.year


async def test_every_rating_means_its_film_through_all_data_sets_and_back(job: Job) -> None:
    rated: dict[tuple[str, int | None], float] = {}

    async def rate(model: Recommender, movie: int, stars: float) -> None:
        rated[about(model.catalogue[movie])] = stars
        await store.rate(ALICE, movie, stars, at=1)
        await store.mark_seen(BOB, movie, at=1)
        await store.exclude(BOB, "movie", str(movie), at=1)

    async def check(model: Recommender) -> None:
        history, seen = await store.history(ALICE), await store.seen(BOB)
        assert {about(model.catalogue[movie]): stars for movie, stars in history.items()} == rated
        assert seen.keys() == history.keys() == {int(each.value) for each in await store.exclusions(BOB)}
        assert model.taste(history).explain(SUSPECTS).contributions.keys() == history.keys(), "each of them counts"

    async with Store.open(job.database) as store:
        model = await serve(job, store, "ml-latest-small")
        [oppenheimer] = [film.id for film in model.catalogue if film.title == "Oppenheimer"]
        assert oppenheimer > LISTED
        for movie, stars in ((SUSPECTS, 5.0), (STAR_WARS, 3.0), (MASH_LATER, 4.0), (oppenheimer, 4.5)):
            await rate(model, movie, stars)
        await check(model)

        model = await serve(job, store, "ml-100k")
        assert {SUSPECTS, STAR_WARS, CHASING_AMY, TWIN, ONLY_100K} <= set(model.catalogue.ids.tolist())
        await rate(model, ONLY_100K, 1.5)
        await rate(model, TWIN, 2.0)
        await check(model)

        model = await serve(job, store, "ml-1m")
        await check(model)
        assert await store.films.aliases() == {MASH_LATER: MASH}

        model = await serve(job, store, "ml-latest")
        await check(model)
        known = await store.films.aliases()
        assert known == {
            MASH_LATER: MASH,
            oppenheimer: OPPENHEIMER_LATER,
            ONLY_100K: ONLY_100K_LATER,
            TWIN: CHASING_AMY,
        }
        assert model.count(MASH) > 20, "the ratings of a film that this set has under another number are its own"

        for dataset in ("ml-1m", "ml-100k", "ml-latest-small"):
            model = await serve(job, store, dataset)
            await check(model)
            assert await store.films.aliases() == known
            assert [film.title for film in model.catalogue].count("Chasing Amy") == 1


async def test_a_film_that_only_another_set_has_is_served_where_somebody_has_it(job: Job) -> None:
    async with Store.open(job.database) as store:
        await store.rate(ALICE, 2571, 5, at=1)  # The Matrix, of the built-in set
        model = await serve(job, store, "ml-1m")
    assert model.catalogue[2571].label == "The Matrix (1999)"
    assert 2572 not in model.catalogue
    assert model.count(2571) == 1


async def test_a_button_of_a_film_that_has_another_id_today_is_about_that_film(club, alice) -> None:
    card = await alice.says("rate", movie=MATRIX, stars=5)
    old = IMDB + 133_093
    await club.store.films.move({old: club.film(MATRIX)})
    club.bot.aliases = await club.store.films.aliases()
    for button in ("seen", "stars"):
        await alice.forges(card, f"{button}:{old}")
    assert await club.store.seen(alice.id) == {club.film(MATRIX): pytest.approx(club.bot.now(), abs=600)}
    asked = await alice.forges(card, f"ask:{alice.id}:{old}:0")
    assert MATRIX in asked.text
    assert f"stars:{club.film(MATRIX)}" in asked.controls


async def test_a_card_from_before_films_were_renumbered_is_refused_with_a_sentence(club, alice) -> None:
    card = await alice.says("rate", movie=MATRIX, stars=5)
    club.bot.renumbered_at = 2**40
    for label in ("Undo", "Change", "More like this"):
        assert RENUMBERED in (await alice.presses(card, label)).text
    assert await club.store.history(alice.id) == {club.film(MATRIX): 5}
    club.bot.renumbered_at = 1
    await alice.presses(card, "Undo")
    assert await club.store.history(alice.id) == {}
