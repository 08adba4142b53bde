"""Films that members add, as they add them."""

import asyncio

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simcord.components import walk_components

from bot import adding
from bot.adding import Facts
from bot.store.typed import A_DAY, MOST_A_DAY
from recommender.datasets.identity import TYPED
from tests.bot.cogs.test_night import start
from tests.bot.simulated import MATRIX, TASTE, Card, offered

UNKNOWN = "Zzyzx Qwertz"
LABEL = f"{UNKNOWN} (2026)"


async def offer(member, typed: str = UNKNOWN, stars: float = 4.5):
    """The form that a title brings which no film has."""
    refused = await member.says("rate", movie=typed, stars=stars)
    assert refused.private
    return await member.opens(refused, refused.labels[-1])


async def add(member, typed: str = UNKNOWN, stars: float = 4.5, **fields) -> Card:
    return await member.fills(await offer(member, typed, stars), **{"year": "2026", "genres": ["Drama"]} | fields)


async def test_who_does_not_add_is_told_how_far_the_films_go(alice):
    refused = await alice.says("rate", movie=UNKNOWN, stars=4.5)
    assert "My films end in 2025" in refused.text
    assert refused.labels == ["Add it"]
    assert (await alice.says("similar", movie=UNKNOWN)).labels == []


async def test_a_film_that_nobody_knows_is_added_rated_and_found_at_once(club, alice, bob):
    form = await offer(alice)
    assert offered(form) == {"title": UNKNOWN, "year": ""}
    added = await alice.fills(form, year="2026", genres=["Drama", "Sci-Fi"])
    assert added.private
    assert f"**{LABEL}** is a film here now" in added.text
    assert "★★★★½" in added.text
    assert "Drama, Sci-Fi · 1 rated" in added.text
    assert added.labels == ["Change", "Undo", "More like this"]
    assert await club.store.history(alice.id) == {TYPED + 1: 4.5}
    assert await bob.types("rate", "movie", "zzyzx") == [LABEL]
    assert "★★★" in (await bob.says("rate", movie=LABEL, stars=3)).text
    assert len((await bob.says("similar", movie=LABEL)).films) == 5


async def test_its_stars_count_before_any_retrain(club, alice):
    await alice.rates(TASTE)
    serving = club.bot.serving
    before = serving.recommender.taste(await club.store.history(alice.id)).predict([club.film(MATRIX)])
    await add(alice, stars=0.5, genres=["Action", "Sci-Fi"])
    after = club.bot.serving.recommender.taste(await club.store.history(alice.id))
    assert after.predict([club.film(MATRIX)])[0] != before[0]
    assert after.explain(club.film(MATRIX)).contributions[TYPED + 1] != 0


async def test_its_card_leads_on(club, alice):
    added = await add(alice)
    assert len((await alice.presses(added, "More like this")).films) == 5
    changed = await alice.picks(await alice.presses(added, "Change"), "2.0")
    assert "★★" in changed.text
    assert "★★★★½" in (await alice.presses(changed, "Undo")).text
    assert await club.store.history(alice.id) == {TYPED + 1: 4.5}


async def test_its_stars_are_taken_back(club, alice):
    await alice.presses(await add(alice), "Undo")
    assert await club.store.history(alice.id) == {}


async def test_a_title_that_is_like_others_can_be_added_too(club, alice):
    asked = await alice.says("rate", movie="the man who", stars=4)
    assert asked.labels[-1] == "Another: add it"
    assert len(asked.labels) <= 5
    added = await alice.fills(await alice.opens(asked, "Another: add it"), title="The Man Who Added", year="2026")
    assert "**The Man Who Added (2026)** is a film here now" in added.text


async def test_a_title_may_bring_its_year(club, alice):
    form = await offer(alice, f"{UNKNOWN} (2024)")
    assert offered(form) == {"title": UNKNOWN, "year": "2024"}
    added = await alice.fills(form, title=f"{UNKNOWN} (2023)", year="")
    assert f"**{UNKNOWN} (2023)**" in added.text


async def test_a_long_title_is_carried_as_far_as_there_is_room(alice):
    title = "Zzyzx qwertz " * 8
    assert title.startswith(offered(await offer(alice, title))["title"][:60])


async def test_a_film_that_turns_out_to_be_known_is_rated(club, alice):
    form = await offer(alice)
    known = await alice.fills(form, title="the MATRIX", year="2000")
    assert f"I know **{MATRIX}** already" in known.text
    assert await club.store.history(alice.id) == {club.film(MATRIX): 4.5}
    assert await club.store.typed.films() == []


async def test_two_members_who_add_the_same_film_at_once_have_one_film(club, alice, bob):
    facts = [Facts(UNKNOWN, 2026, ("Drama",)), Facts(UNKNOWN.upper(), 2026, ())]
    added = await asyncio.gather(
        *(adding.add(club.bot, member.id, each) for member, each in zip((alice, bob), facts, strict=True))
    )
    [label] = {film.label for film, _ in added}  # as whoever was first wrote it
    assert label.casefold() == LABEL.casefold()
    assert len(await club.store.typed.films()) == 1
    assert TYPED + 1 in club.bot.serving.recommender.catalogue


async def test_a_member_adds_so_many_a_day(club, alice, monkeypatch):
    for number in range(MOST_A_DAY):
        await club.store.typed.add(alice.id, f"Film {number}", 2026, [], club.bot.now())
    assert "Try again tomorrow" in (await add(alice)).text
    assert await club.store.history(alice.id) == {}
    tomorrow = club.bot.now() + A_DAY
    monkeypatch.setattr(club.bot, "now", lambda: tomorrow)
    assert "is a film here now" in (await add(alice)).text


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"year": "199x"}, "“199x” is no year of a film"),
        ({"year": "٢٠٢٤"}, "is no year of a film"),
        ({"year": "1066"}, "is no year of a film"),
        ({"title": "Zzyzx (2099)", "year": ""}, "“2099” is no year of a film"),
        ({"title": "?!…"}, "A title has letters or digits"),
        ({"title": "\u200b\u200b"}, "A title has letters or digits"),
    ],
)
async def test_what_no_film_has_is_refused_with_a_sentence(club, alice, fields, sentence):
    assert sentence in (await add(alice, **fields)).text
    assert await club.store.typed.films() == []


async def test_a_title_is_shown_as_it_is(club, alice, bob):
    title = f"**Zzyzx** <@{bob.id}> @everyone `x` [a](http://b.c)"
    added = await add(alice, title=title)
    assert "\\*\\*Zzyzx\\*\\*" in added.text
    assert f"<@{bob.id}>" not in added.text
    assert "@everyone" not in added.text.replace("@\u200beveryone", "")
    assert [film.title for film in await club.store.typed.films()] == [title]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    title=st.text(max_size=120) | st.integers(101, 10_000).map(lambda length: "x" * length) | st.none(),
    year=st.text(max_size=6) | st.integers(-1, 10_000).map(str) | st.integers() | st.none(),
    genres=st.lists(st.sampled_from(["Drama", "Western", "No such genre", "*", "a|b"]), max_size=4) | st.none(),
)
async def test_whatever_a_form_holds_is_answered_with_a_sentence(club, alice, title, year, genres):
    fields = [("title", "value", title), ("year", "value", year), ("genres", "values", genres)]
    parts = [{"component": {"custom_id": name, "type": 4, kind: held}} for name, kind, held in fields]
    card = await alice.submits("adding:4.5:Zzyzx", parts)
    assert card.text
    assert "went wrong" not in card.text


@pytest.mark.parametrize("components", [None, [], 5, [{}], [{"component": 7}], [{"components": []}]])
async def test_a_form_that_is_none_is_answered_with_a_sentence(club, alice, components):
    for custom_id in ("adding::Zzyzx", "addingto:1:Zzyzx", "suggestion:1", "renaming:1", "merging:1"):
        card = await alice.submits(custom_id, components)
        assert card.text
        assert "went wrong" not in card.text
    assert await club.store.typed.films() == []


async def test_a_form_that_was_open_while_the_bot_was_restarted_is_taken(club, alice):
    form = await offer(alice)
    await club.restart()
    await club.bot.model_ready()
    assert "is a film here now" in (await alice.fills(form, year="2026")).text


async def test_a_film_outlives_a_restart_and_the_data_of_who_added_it(club, alice, bob):
    await add(alice)
    await club.store.delete(alice.id)
    await club.restart()
    await club.bot.model_ready()
    assert await bob.types("rate", "movie", "zzyzx") == [LABEL]


async def test_a_film_that_is_added_while_a_model_is_published_is_served_by_both(club, alice, bob):
    learned = club.bot.serving
    await add(alice)
    await asyncio.gather(
        club.bot._publish(learned), adding.add(club.bot, bob.id, Facts("Qwertz Zzyzx", 2026, ("Drama",)))
    )
    assert {TYPED + 1, TYPED + 2} <= set(club.bot.serving.recommender.catalogue.ids.tolist())
    assert TYPED + 1 not in learned.recommender.catalogue


async def test_a_film_comes_to_be_known_by_a_new_model(club, alice, bob):
    await add(alice)
    known = club.bot.serving.recommender
    movie = 10**9 + 5
    films = pd.DataFrame({"movie": [movie], "title": [UNKNOWN], "year": [2026], "genres": ["Drama"]})
    newer = known.without_films([TYPED + 1]).with_films(films).with_info(aliases=[[TYPED + 1, movie]])
    await club.bot._publish(type(club.bot.serving).of(newer, club.bot.serving))
    assert await club.store.history(alice.id) == {movie: 4.5}
    assert TYPED + 1 not in club.bot.serving.recommender.catalogue
    assert await bob.types("rate", "movie", "zzyzx") == [LABEL]
    assert "I know" in (await bob.fills(await offer(bob, "Qwertz"), title=UNKNOWN, year="2026")).text


async def learned_with(club, films: dict[int, tuple[str, int]], aliases=()):
    """A model that learned before what members and the owner do now; films: id -> title and year."""
    titles, years = zip(*films.values(), strict=True)
    frame = pd.DataFrame({"movie": list(films), "title": titles, "year": years, "genres": "Drama"})
    known = club.bot.serving.recommender.with_films(frame).with_info(aliases=list(map(list, aliases)))
    return type(club.bot.serving).of(known)


async def test_a_film_that_is_added_while_a_model_learns_of_it_is_there_once(club, alice, bob):
    model = await learned_with(club, {10**9 + 5: (UNKNOWN, 2026)})
    await add(alice)
    await club.bot._publish(model)
    assert await club.store.history(alice.id) == {10**9 + 5: 4.5}
    assert await bob.types("rate", "movie", "zzyzx") == [LABEL]


async def test_a_film_that_is_renamed_while_a_model_takes_it_for_another_stays_itself(club, alice, bob):
    model = await learned_with(club, {10**9 + 5: (UNKNOWN, 2026)}, {TYPED + 1: 10**9 + 5}.items())
    await add(alice)
    await club.store.typed.rename(TYPED + 1, "Qwertz Zzyzx", 2024, [])
    await club.bot._publish(model)
    assert await club.store.history(alice.id) == {TYPED + 1: 4.5}
    assert await bob.types("rate", "movie", "qwertz zzyzx 2024") == ["Qwertz Zzyzx (2024)"]


async def test_films_that_are_merged_while_a_model_merges_them_the_other_way_are_as_the_owner_said(club, alice, bob):
    await add(alice)
    await club.store.typed.add(bob.id, "Qwertz Zzyzx", 2026, [], club.bot.now())
    await club.bot.renew_films()
    model = await learned_with(club, {TYPED + 1: (UNKNOWN, 2026)}, {TYPED + 2: TYPED + 1}.items())
    await club.store.typed.merge(TYPED + 1, TYPED + 2)
    await club.bot.renew_films()
    for _ in range(2):  # as it was published, and as it is read at the next start
        await club.bot._publish(model)
        assert await club.store.history(alice.id) == {TYPED + 2: 4.5}
        assert TYPED + 2 in club.bot.serving.recommender.catalogue
        assert TYPED + 1 not in club.bot.serving.recommender.catalogue


async def test_a_film_that_is_removed_while_a_model_learns_from_it_is_gone(club, alice, bob):
    await add(alice)
    model = await learned_with(club, {TYPED + 1: (UNKNOWN, 2026)})
    await club.store.typed.remove(TYPED + 1)
    await club.bot._publish(model)
    assert TYPED + 1 not in club.bot.serving.recommender.catalogue
    assert [kept.stars for kept in await club.store.unknown.ratings(alice.id)] == [4.5]


async def test_stars_that_waited_for_the_film_count_at_once(club, alice, bob):
    await club.store.unknown.rate(bob.id, LABEL.lower(), 2, club.bot.now())
    await club.store.unknown.rate(bob.id, "Another film", 3, club.bot.now())
    await add(alice)
    assert await club.store.history(bob.id) == {TYPED + 1: 2.0}
    assert [kept.written for kept in await club.store.unknown.ratings(bob.id)] == ["Another film"]


async def test_stars_that_wait_are_offered_to_count(club, alice):
    await club.store.unknown.rate(alice.id, UNKNOWN, 2, club.bot.now())
    listed = await alice.says("ratings")
    added = await alice.fills(await alice.opens(listed, "Add it"), year="2026")
    assert "is a film here now" in added.text
    assert await club.store.history(alice.id) == {TYPED + 1: 2.0}


async def test_a_title_that_was_put_to_the_vote_becomes_the_film(club, alice, bob):
    table = await start(alice)
    put_in = await alice.says("night suggest", movie="Zzyzx Qwerz")
    assert put_in.labels == ["Add it"]
    added = await alice.fills(await alice.opens(put_in, "Add it"), title=UNKNOWN, year="2026")
    assert "is a film here now" in added.text
    assert "Rate it" in added.labels
    assert LABEL in table.text
    [film] = await club.store.nights.films(1)
    assert film.movie == TYPED + 1
    await table.press(alice, "Pick for us")
    await table.vote(alice, LABEL)
    await table.press(alice, "We watched it")
    assert "★★★★" in (await table.press(alice, "★★★★")).text
    assert await club.store.history(alice.id) == {TYPED + 1: 4.0}


async def test_a_film_that_is_known_already_has_no_offer_in_an_evening(club, alice):
    await start(alice)
    assert (await alice.says("night suggest", movie=MATRIX)).labels == []


async def test_the_form_offers_the_genres_that_films_have(club, alice):
    form = await offer(alice)
    [genres] = [part for part in walk_components(form.modal["components"]) if "options" in part]
    assert [option["value"] for option in genres["options"]] == list(club.bot.serving.recommender.catalogue.genres)
