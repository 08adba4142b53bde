"""/import, as members use it."""

import json
from itertools import islice
from types import SimpleNamespace

import aiohttp
import pandas as pd
import pytest

from bot import importing
from bot.imports.opening import UPLOADED
from bot.titles.known import settle
from tests.bot.imports import files
from tests.bot.imports.uploads import FARGO, RATED, imdb, imports, left, letterboxd, refusal
from tests.bot.simulated import ALIEN, MATRIX, TITANIC, Card


async def own(club, member):
    tables = await club.store.export(member.id)
    return {table: rows for table, rows in tables.items() if not table.startswith("import")}


async def test_a_file_is_shown_first_and_nothing_is_saved_before_it_is_taken(club, alice):
    before = await own(club, alice)
    card = await imports(alice, RATED)
    assert card.private
    assert "### Letterboxd: 4 rows" in card.text
    assert "**New:** 3 ratings" in card.text
    assert "**Not known:** 1." in card.text
    assert card.labels == ["Take it", "Not now"]
    assert await own(club, alice) == before
    dropped = await alice.presses(card, "Not now")
    assert dropped.message.id == card.message.id
    assert "Nothing of that file was saved" in dropped.text
    assert await own(club, alice) == before
    assert "Upload it again" in refusal(await alice.forges(card, card.button("Take it")))


async def test_what_is_taken_counts_at_once_with_its_own_date(club, alice):
    taken = await alice.presses(await imports(alice, RATED), "Take it")
    assert "### Taken from Letterboxd\n3 ratings and 1 kept by title" in taken.text
    assert "You have rated 3 films" in taken.text
    assert await club.store.history(alice.id) == {club.film(MATRIX): 4.5, club.film(ALIEN): 4, club.film(TITANIC): 2}
    assert all(rating.rated_at // 86_400 == 18_020 for rating in await club.store.ratings(alice.id)), "4 May 2019"
    assert [entry.written for entry in await club.store.unknown.ratings(alice.id)] == ["Dune: Part Three (2026)"]
    assert not taken.message.attachments
    listed = await alice.presses(taken, "Show my list")
    assert listed.films


async def test_the_whole_of_it_can_be_undone_from_its_card(club, alice):
    await alice.rates({MATRIX: 3.0})
    await alice.says("watchlist add", movie=ALIEN)
    before = await own(club, alice)
    card = await alice.presses(await imports(alice, RATED), "Use the file's stars")
    taken = await alice.presses(card, "Take it")
    assert await own(club, alice) != before
    undone = await alice.presses(taken, "Undo")
    assert undone.message.id == taken.message.id
    assert "Undone" in undone.text
    assert await own(club, alice) == before
    assert "can't be undone" in refusal(await alice.forges(taken, taken.button("Undo")))


async def test_the_last_import_can_be_undone_when_its_card_is_gone(club, alice, bob):
    assert "no import" in (await alice.says("import undo")).text
    await alice.presses(await imports(alice, RATED), "Take it")
    await alice.rates({FARGO: 5.0})
    offered = await alice.says("import undo")
    assert offered.private
    assert "**Letterboxd**" in offered.text
    assert "someone else" in (await bob.forges(offered, offered.button("Undo"))).text
    await alice.presses(offered, "Undo")
    assert await club.store.history(alice.id) == {club.film(FARGO): 5}


async def test_what_was_rated_here_wins_unless_its_member_says_otherwise(club, alice):
    await alice.rates({MATRIX: 3.0, ALIEN: 4.0})
    card = await imports(alice, RATED)
    assert "**Changed:** 1 film with other stars here: yours stay" in card.text
    assert "**The same:** 1," in card.text
    await alice.presses(card, "Take it")
    assert (await club.store.history(alice.id))[club.film(MATRIX)] == 3
    card = await alice.presses(await imports(alice, RATED), "Use the file's stars")
    assert "the file's take their place" in card.text
    assert "Keep my stars" in card.labels
    assert "1 with other stars than before" in (await alice.presses(card, "Take it")).text
    assert (await club.store.history(alice.id))[club.film(MATRIX)] == 4.5


async def test_importing_twice_changes_nothing(club, alice):
    await alice.presses(await imports(alice, RATED), "Take it")
    before = await club.store.export(alice.id)
    again = await imports(alice, RATED)
    assert "nothing to take: all that it says is here already" in again.text
    assert not again.labels
    assert await club.store.export(alice.id) == before


async def test_only_what_is_changed_can_be_taken_and_then_nothing_is(club, alice):
    await alice.rates({MATRIX: 3.0})
    before = await own(club, alice)
    taken = await alice.presses(await imports(alice, letterboxd("The Matrix,1999,4.5")), "Take it")
    assert "Nothing changed" in taken.text
    assert "Undo" not in taken.labels
    assert await own(club, alice) == before


async def test_what_cannot_be_taken_comes_back_with_the_reason_in_each_row(club, alice):
    data = imdb(
        ("tt0133093", 9, "The Matrix", "Movie", 1999),
        ("tt0903747", 10, "=HYPERLINK(1)", "TV Series", 2008),
        ("tt0078748", 99, "Alien", "Movie", 1979),
    )
    card = await imports(alice, data)
    assert "**Not films:** 1" in card.text
    assert "**Unreadable:** 1" in card.text
    taken = await alice.presses(card, "Take it")
    series, wrong = await left(taken)
    assert (series["line"], series["title"]) == ("3", "'=HYPERLINK(1)")
    assert "series" in series["reason"]
    assert "scale" in wrong["reason"]
    assert await club.store.history(alice.id) == {club.film(MATRIX): 4.5}


async def test_a_file_of_series_alone_comes_back_at_once(alice):
    card = await imports(alice, imdb(("tt0903747", 10, "Breaking Bad", "TV Series", 2008)))
    assert "nothing to take" in card.text
    assert not card.labels
    assert [row["title"] for row in await left(card)] == ["Breaking Bad"]


async def test_a_file_that_waits_outlives_a_restart(club, alice):
    card = await imports(alice, RATED)
    await club.restart()
    await club.bot.model_ready()
    await alice.presses(card, "Take it")
    assert len(await club.store.history(alice.id)) == 3


async def test_of_two_files_the_later_one_waits(alice):
    first = await imports(alice, RATED)
    await imports(alice, letterboxd("Fargo,1996,5"))
    assert "Upload it again" in refusal(await alice.presses(first, "Take it"))


async def test_an_unknown_table_asks_for_its_scale_and_holds_the_file_until_then(club, alice):
    asked = await imports(alice, b"Title,Year,My rating\nThe Matrix,1999,4\nAlien,1979,3\n", "mine.csv")
    assert asked.private
    assert asked.labels == ["Out of 5", "Out of 10", "Out of 100"]
    await club.restart()
    await club.bot.model_ready()
    card = await alice.presses(asked, "Out of 10")
    assert card.message.id == asked.message.id
    assert not card.message.attachments
    await alice.presses(card, "Take it")
    assert await club.store.history(alice.id) == {club.film(MATRIX): 2, club.film(ALIEN): 1.5}


async def test_no_scale_is_offered_that_the_ratings_are_above(alice):
    asked = await imports(alice, b"Title,Year,My rating\nThe Matrix,1999,8\nAlien,1979,3\n")
    assert asked.labels == ["Out of 10", "Out of 100"]


async def test_a_large_file_is_refused_before_it_is_downloaded(club, alice, monkeypatch):
    async def fail(*_):
        raise AssertionError

    monkeypatch.setattr("discord.Attachment.read", fail)
    refused = await imports(alice, b"x" * (UPLOADED + 1))
    assert refused.private
    assert "larger than 10 MB" in refused.text
    assert not club.bot.reading


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "empty"),
        (b"MZ\x90\x00\x03" + bytes(200), ""),
        (b"<html><body>Log in</body></html>", ""),
        (b"PK\x03\x04rest", "zip"),
    ],
)
async def test_what_cannot_be_read_is_a_sentence_and_the_next_file_is_read(club, alice, data, told):
    before = await club.store.export(alice.id)
    refused = await imports(alice, data)
    assert refused.private
    assert told in refused.text
    assert "Reference" not in refused.text
    assert await club.store.export(alice.id) == before
    assert "**New:**" in (await imports(alice, RATED)).text


async def test_a_file_that_discord_lost_is_a_sentence(club, alice):
    club.env.backend.cdn.get = lambda _: None
    refused = await imports(alice, RATED)
    assert "upload it again" in refused.text


@pytest.mark.parametrize("broken", [aiohttp.ClientPayloadError, TimeoutError])
async def test_a_download_that_breaks_off_is_a_sentence_and_the_next_file_is_read(club, alice, monkeypatch, broken):
    async def breaks_off(*_, **__):
        raise broken

    with monkeypatch.context() as patch:
        patch.setattr("discord.Attachment.read", breaks_off)
        assert "upload it again" in (await imports(alice, RATED)).text
    assert "**New:**" in (await imports(alice, RATED)).text


async def test_what_was_taken_is_one_list(club, alice):
    watched = "Date,Name,Year,Letterboxd URI\n2020-01-01,Fargo,1996,https://boxd.it/f\n"
    data = files.packed({"ratings.csv": RATED.decode(), "watched.csv": watched})
    taken = await alice.presses(await imports(alice, data, "letterboxd.zip"), "Take it")
    assert "3 ratings, 1 seen and 1 kept by title" in taken.text


async def test_one_file_at_a_time(club, alice):
    club.bot.reading.add(alice.id)
    assert "still reading" in (await imports(alice, RATED)).text


async def test_a_watchlist_becomes_the_members_own_and_what_was_watched_counts_as_seen(club, alice):
    row = {"type": "movie", "listed_at": "2021-01-01T10:00:00.000Z"}
    movie = {"title": "Alien", "year": 1979, "ids": {"imdb": "tt0078748"}}
    card = await imports(alice, json.dumps([row | {"movie": movie}]).encode(), "lists-watchlist.json")
    assert "**New:** 1 for your watchlist" in card.text
    await alice.presses(card, "Take it")
    assert set(await club.store.watchlists.of(alice.id)) == {club.film(ALIEN)}
    watched = b"Date,Name,Year,Letterboxd URI\n2019-05-04,Alien,1979,https://boxd.it/x\n"
    card = await imports(alice, watched, "watched.csv")
    assert "**New:** 1 seen" in card.text
    await alice.presses(card, "Take it")
    assert set(await club.store.seen(alice.id)) == {club.film(ALIEN)}
    assert await club.store.watchlists.of(alice.id) == {}


async def test_what_is_not_known_and_was_seen_or_is_wanted_is_shown_and_can_be_removed(club, alice):
    listed = b"Date,Name,Year,Letterboxd URI\n2019-05-04,Solaris Two,2027,https://boxd.it/x\n"
    for name, command in (("watched.csv", "ratings"), ("watchlist.csv", "watchlist list")):
        await alice.presses(await imports(alice, listed, name), "Take it")
        shown = await alice.says(command)
        assert "Solaris Two (2027)" in shown.text
        assert "as soon as I know the film" in shown.text
        await alice.presses(shown, "Remove")
        assert "Solaris Two" not in (await alice.says(command)).text
    assert await club.store.unknown.marks(alice.id) == []


async def test_how_far_it_is_shows_on_a_long_file(club, alice, monkeypatch):
    monkeypatch.setattr(importing, "CHUNK", 2)
    card = await imports(alice, RATED)
    assert "**New:** 3 ratings" in card.text
    shown = [json.dumps(each.json) for each in club.env.http_requests if each.method == "PATCH"]
    assert ["50%" in each for each in shown] == [True, False]


async def test_many_imports_wake_the_retrain_as_ratings_do(club, alice, monkeypatch):
    due = club.bot.trainer.due
    monkeypatch.setitem(club.bot.serving.recommender.info, "data_at", club.bot.now())
    assert await due() is None
    films = list(islice((film for film in club.catalogue.movies if film.title.isalnum()), 600))
    await alice.presses(await imports(alice, letterboxd(*(f"{film.title},{film.year},4" for film in films))), "Take it")
    rated = await club.store.rating_count(alice.id)
    assert rated > club.bot.settings.retrain_ratings
    assert await due() == f"new ratings: {rated:,}"


async def test_the_buttons_are_their_owners_alone(alice, bob):
    card = await imports(alice, RATED)
    assert "Take it" in card.labels
    for label in card.labels:
        assert "someone else" in (await bob.forges(card, card.button(label))).text


async def test_a_forged_press_is_a_sentence(club, alice):
    card = await imports(alice, RATED)
    key = card.button("Take it").split(":")[3]
    for custom_id in (
        f"import:{alice.id}:nosuch:{key}:0",
        f"import:{alice.id}:take:{2**63 - 1}:0",
        f"import:{alice.id}:undo:{key}:0",
        f"importpick:{alice.id}:{key}:99:0",
        f"importpage:{alice.id}:{key}:99:0",
        f"importscale:{alice.id}:10",
        f"importscale:{alice.id}:7",
    ):
        told = await alice.forges(card, custom_id)
        below = [Card(SimpleNamespace(response=each)).text for each in told.result.followups]
        assert "Reference" not in "".join([told.text, *below]), custom_id
    assert await club.store.history(alice.id) == {}


async def test_a_title_whose_id_is_another_films_never_becomes_the_film_of_that_title(club, alice):
    ids = pd.DataFrame({"movie": [club.film(MATRIX)], "title": [MATRIX], "imdb": [133093]})
    club.bot._serving = club.bot.serving.with_films(ids)
    data = imdb(("tt9999999", 9, "The Matrix", "Movie", 1999), ("tt0078748", 8, "Alien", "Movie", 1979))
    card = await imports(alice, data)
    assert "**Can't be kept:** 1" in card.text
    taken = await alice.presses(card, "Take it")
    [row] = await left(taken)
    assert row["title"] == "The Matrix (1999)"
    assert "another IMDb id" in row["reason"]
    await settle(club.store, club.bot.serving.recommender.films)
    assert await club.store.history(alice.id) == {club.film(ALIEN): 4}


async def test_rows_of_one_film_are_told(alice):
    watched = "Date,Name,Year,Letterboxd URI\n2020-01-01,Alien,1979,https://boxd.it/f\n2020-01-01,Alien!,1979,https://boxd.it/g\n"
    card = await imports(alice, watched.encode(), "watched.csv")
    assert "### Letterboxd: 2 rows" in card.text
    assert "**New:** 1 seen" in card.text
    assert "**Double:** 1 of films" in card.text
