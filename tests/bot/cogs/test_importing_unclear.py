"""Rows of an import that could be several films, as members settle them."""

import pytest

from bot.imports.plan import Plan
from bot.imports.rows import Row
from tests.bot.imports.uploads import RATED, imports, left, letterboxd
from tests.bot.simulated import ALIEN, MATRIX, Card


async def test_unclear_ones_are_settled_by_a_select_for_each(club, alice):
    title = next(film.title for film in club.catalogue.movies if same_title(club, film) > 1)
    data = letterboxd("The Matrix,1999,4", f"{title},,3")
    card = await imports(alice, data)
    assert "**Unclear:** 1" in card.text
    asked = await alice.presses(card, "Settle unclear ones")
    assert title in asked.text
    [select] = [part for part in asked.components if part.get("options")]
    film, other, kept, out = (option["value"] for option in select["options"])
    assert (kept, out) == ("-1", "-2")
    picked = await alice.picks(asked, film)
    assert chosen(picked) == [film]
    picked = await alice.picks(picked, other)
    assert chosen(picked) == [other], "it can be changed"
    assert "All are settled" in picked.text
    settled = await alice.presses(picked, "Done")
    assert "**Unclear:**" not in settled.text
    assert "Settle unclear ones" in settled.labels, "it can still be changed"
    assert "**New:** 2 ratings" in settled.text
    await alice.presses(settled, "Take it")
    assert await club.store.history(alice.id) == {club.film(MATRIX): 4, int(other): 3}
    assert film != other


def chosen(card):
    """What the selects of a card show as picked, "" for nothing."""
    selects = [part for part in card.components if part.get("options")]
    return ["".join(each["value"] for each in select["options"] if each.get("default")) for select in selects]


async def waits(club, member, rows):
    """Let a plan wait whose rows could be one film or another; returns its card and its id."""
    films = (club.film(MATRIX), club.film(ALIEN))
    plan = Plan(
        "Letterboxd", [Row(line, f"Film {line}", 1990, "seen") for line in range(2, rows + 2)], [films] * rows, []
    )
    card = await imports(member, RATED)
    return card, await club.store.imports.keep(member.id, plan.source, plan.to_json(), club.bot.now())


async def test_a_thousand_unclear_rows_are_settled_page_by_page(club, alice):
    card, key = await waits(club, alice, 1000)
    first = await alice.forges(card, f"import:{alice.id}:settle:{key}:0")
    assert "1,000 left" in first.text
    assert first.labels == ["More ›", "Done"]
    assert len(first.components) <= 40
    second = await alice.presses(first, "More ›")
    assert second.labels == ["‹ Back", "More ›", "Done"]
    assert "Film 7 " in second.text
    alien = str(club.film(ALIEN))
    third_select = [custom_id for custom_id in second.controls if custom_id.startswith("importpick:")][2]
    picked = Card(await alice.actor.select(second.message, [alien], custom_id=third_select))
    assert "Film 7 " in picked.text, "the page stays"
    assert chosen(picked) == ["", "", alien, "", ""]
    again = await alice.presses(await alice.presses(picked, "‹ Back"), "More ›")
    assert chosen(again) == ["", "", alien, "", ""]
    last = await alice.forges(card, f"importpage:{alice.id}:{key}:{2**63 - 1}:0")
    assert last.labels == ["‹ Back", "Done"]
    assert "Film 1001 " in last.text
    summary = await alice.presses(last, "Done")
    assert "**Unclear:** 999" in summary.text


def same_title(club, film):
    return sum(other.title == film.title for other in club.catalogue.movies)


@pytest.mark.parametrize(("picked", "kept"), [("-1", True), ("-2", False)])
async def test_an_unclear_one_may_be_none_of_them_or_left_out(club, alice, picked, kept):
    title = next(film.title for film in club.catalogue.movies if same_title(club, film) > 1)
    card = await imports(alice, letterboxd(f"{title},,3"))
    settled = await alice.picks(await alice.presses(card, "Settle unclear ones"), picked)
    taken = await alice.presses(await alice.presses(settled, "Done"), "Take it")
    assert [entry.written for entry in await club.store.unknown.ratings(alice.id)] == ([title] if kept else [])
    assert [row["reason"] for row in (await left(taken) if not kept else [])] == ([] if kept else ["you left it out"])
    assert await club.store.history(alice.id) == {}


async def test_what_is_not_settled_comes_back_too(club, alice):
    title = next(film.title for film in club.catalogue.movies if same_title(club, film) > 1)
    card = await alice.presses(await imports(alice, letterboxd(f"{title},,3")), "Settle unclear ones")
    taken = await alice.presses(await alice.presses(card, "Done"), "Take it")
    [row] = await left(taken)
    assert (row["title"], row["reason"]) == (title, "it could be several films")


async def test_films_that_turned_out_to_be_one_are_unclear_no_more(club, alice):
    card, key = await waits(club, alice, 2)
    await club.store.films.move({club.film(ALIEN): club.film(MATRIX)})
    club.bot.aliases = await club.store.films.aliases()
    settled = await alice.forges(card, f"import:{alice.id}:settle:{key}:0")
    assert "**New:** 1 seen" in settled.text
    await alice.presses(settled, "Take it")
    assert set(await club.store.seen(alice.id)) == {club.film(MATRIX)}
