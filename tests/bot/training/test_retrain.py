import dataclasses
from datetime import UTC, datetime

import pandas as pd
import pytest
import pytest_asyncio

from bot.films.film import Film
from bot.films.shelf import Shelf
from bot.store import Store
from bot.training.gate import verdict
from bot.training.retrain import Job, Report, bounded, train
from recommender import Recommender
from recommender.datasets.identity import IMDB
from recommender.evaluation.splits import held_out
from tests.bot import tiny_movielens

ALICE, BOB = 123_456_789_012_345_678, 987_654_321_098_765_432
NO_FILM = 77_777


@dataclasses.dataclass(frozen=True)
class Trained:
    job: Job
    report: Report
    model: Recommender
    progress: list[tuple[str, float]]


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    folder = tmp_path_factory.mktemp("worker")
    with tiny_movielens.mirror(folder) as url:
        yield Job(
            database=folder / "club.db",
            data_dir=folder / "data",
            films_dir=folder / "films",
            movielens=tiny_movielens.NAME,
            movielens_url=url,
            config="default",
            device="cpu",
            member_weight=1.0,
            data_at=1_700_000_000,
            serving=folder / "no such model",
            candidate=folder / "candidate.safetensors",
        )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def trained(job):
    async with Store.open(job.database) as store:
        for member in (ALICE, BOB):
            await store.rate(member, tiny_movielens.UNRATED, 5, at=1_600_000_000)
        await store.rate(ALICE, NO_FILM, 5, at=1_600_000_000)
    progress = []
    report = train(job, lambda *step: progress.append(step))
    return Trained(job, report, Recommender.load(job.candidate), progress)


def test_it_learns_from_all_members_and_all_of_movielens_but_the_held_out_rows(trained):
    rows = tiny_movielens.ratings().rename(columns={"userId": "user", "movieId": "movie"})
    test = held_out(rows, 0.02)
    assert trained.report.errors.ratings == test.sum() > 50
    assert trained.report.ratings == len(rows) - test.sum() + 2


def test_members_together_weigh_no_more_on_a_film_than_its_other_raters():
    background = pd.DataFrame({"user": range(21), "movie": [1] * 20 + [2]})
    members = pd.DataFrame({"user": range(-112, 0), "movie": [1] * 10 + [2] * 100 + [3] * 2})
    weights = bounded(members, background, 1.0).groupby("movie")["weight"].sum()
    assert weights.to_dict() == pytest.approx({1: 10, 2: 5, 3: 2})
    assert bounded(members, background, 0.25).groupby("movie")["weight"].sum()[1] == pytest.approx(5)


def test_no_member_weighs_more_than_the_busiest_of_the_other_raters():
    background = pd.DataFrame({"user": [*[1] * 30, 2, 3], "movie": [*range(30), 0, 0]})
    members = pd.DataFrame({"user": [*[-1] * 60, *[-2] * 30], "movie": [*range(60), *range(60, 90)]})
    weights = bounded(members, background, 1.0).groupby("user")["weight"].sum()
    assert weights.to_dict() == pytest.approx({-1: 30, -2: 30})


async def test_the_weight_of_members_decides_what_others_are_told(job, tmp_path):
    crowded = dataclasses.replace(job, database=tmp_path / "crowd.db", candidate=tmp_path / "candidate")
    async with Store.open(crowded.database) as store:
        for member in range(1, 31):
            await store.rate(member, tiny_movielens.UNRATED, 5, at=1_600_000_000)
            for film in range(1, 11):
                await store.rate(member, film, 3, at=1_600_000_000)
    told = []
    for weight in (1e-3, 100.0):
        train(dataclasses.replace(crowded, member_weight=weight), lambda *_: None)
        told.append(Recommender.load(crowded.candidate).average_stars(tiny_movielens.UNRATED))
    assert told[1] > told[0] + 0.1


def test_a_members_rating_of_a_film_that_the_data_set_lacks_is_passed_over(trained):
    assert (trained.report.members, trained.report.member_ratings) == (2, 2)
    assert NO_FILM not in trained.model.catalogue


def test_members_ratings_count_for_the_film(trained):
    popularity = dict(zip(trained.model.catalogue.ids.tolist(), trained.model.popularity.tolist(), strict=True))
    assert popularity[tiny_movielens.UNRATED] == 2


def test_the_file_has_no_trace_of_who_the_members_are(trained):
    assert set(trained.model.model.user_ids.tolist()) == set(range(1, 121))
    content = trained.job.candidate.read_bytes()
    for member in (ALICE, BOB):
        assert str(member).encode() not in content
        assert member.to_bytes(8, "little") not in content


def test_the_model_knows_what_the_report_says(trained):
    assert trained.report.to_json().items() <= trained.model.info.items()
    assert trained.model.info["dataset"] == "ml-latest"
    assert trained.model.info["data_at"] == trained.job.data_at


def test_progress_names_each_phase_and_never_goes_back_in_one(trained):
    phases = list(dict.fromkeys(phase for phase, _ in trained.progress))
    assert phases == ["reading ratings", "downloading MovieLens", "learning", "checking"]
    for phase in phases:
        shares = [share for name, share in trained.progress if name == phase]
        assert shares == sorted(shares)
        assert 0 <= shares[0] <= shares[-1] <= 1


def test_a_model_of_good_ratings_passes_the_gate(trained):
    assert verdict(trained.report) is None


def test_a_serving_model_of_the_same_data_set_is_measured_on_the_same_rows(trained):
    again = dataclasses.replace(
        trained.job, serving=trained.job.candidate, candidate=trained.job.database.with_name("b")
    )
    assert train(again, lambda *_: None).errors_before == trained.report.errors


@pytest.mark.parametrize("kind", ["of another data set", "damaged", "missing"])
def test_no_other_serving_model_is_compared(trained, tmp_path, kind):
    serving = tmp_path / "serving.safetensors"
    if kind == "of another data set":
        trained.model.with_info(dataset="ml-1m").save(serving)
    if kind == "damaged":
        serving.write_bytes(b"no model")
    again = dataclasses.replace(trained.job, serving=serving, candidate=tmp_path / "candidate")
    assert train(again, lambda *_: None).errors_before is None


@pytest.mark.parametrize(("served", "told"), [("ml-latest", [IMDB + 1]), ("ml-1m", [])])
def test_films_that_the_serving_model_lacks_are_told_of_before_it_learns(trained, tmp_path, served, told):
    known = trained.model.catalogue[1]
    fetched = [Film("Midnight Ferry", 2026, 1), Film(known.title, known.year, 2)]
    Shelf(trained.job.films_dir).write("wikidata", fetched, datetime.now(UTC))
    serving = tmp_path / "serving.safetensors"
    trained.model.with_info(dataset=served).save(serving)
    again = dataclasses.replace(trained.job, serving=serving, candidate=tmp_path / "candidate", films="wikidata")
    happened = []
    train(again, lambda phase, _: happened.append(phase), lambda films: happened.append(films["movie"].tolist()))
    assert [each for each in happened if isinstance(each, list)] == ([told] if told else [])
    assert not told or happened.index(told) < happened.index("learning")


async def test_a_club_without_ratings_learns_from_movielens_alone(job, tmp_path):
    empty = dataclasses.replace(job, database=tmp_path / "empty.db", candidate=tmp_path / "candidate")
    async with Store.open(empty.database):
        pass
    report = train(empty, lambda *_: None)
    assert (report.members, report.member_ratings) == (0, 0)
    assert Recommender.load(empty.candidate).info["members"] == 0
