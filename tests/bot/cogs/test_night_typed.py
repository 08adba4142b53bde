"""Films that somebody typed and the group watched: their stars are kept, and count once the film is known."""

from tests.bot.cogs.test_night import Table, start
from tests.bot.simulated import MATRIX


async def watched(club, member, title: str, *others) -> Table:
    """An evening on which a film was watched that somebody typed."""
    table = await start(member)
    for other in others:
        await table.press(other, "Join")
    await member.says("night suggest", movie=title)
    await table.press(member, "Pick for us")
    for each in (member, *others):
        await table.vote(each, title)
    await table.press(member, "We watched it")
    return table


async def test_a_film_that_was_typed_in_can_be_rated_under_its_title(club, alice, bob, clara, dan):
    table = await watched(club, alice, "Qwertzuiop", clara, dan)
    assert "You watched **Qwertzuiop**" in table.text
    assert "kept under its title" in table.text
    given = await table.press(alice, "★★★★")
    assert given.private
    assert "**Qwertzuiop**" in given.text
    assert "counts as soon as I know the film" in given.text
    await bob.picks(await table.press(bob, "Other stars"), "2.5")
    assert [rating.stars for rating in await club.store.unknown.ratings(bob.id)] == [2.5]
    for member in (clara, dan):
        await table.press(member, "★★★")
    assert "★ 3.3 by 3" in (await alice.says("night history")).text, "of those who were there"


async def test_stars_for_a_typed_film_can_be_changed_and_taken_back(club, alice):
    table = await watched(club, alice, "Qwertzuiop")
    await table.press(alice, "★★★★")
    given = await table.press(alice, "★★★")
    assert [rating.stars for rating in await club.store.unknown.ratings(alice.id)] == [3.0]
    undone = await alice.presses(given, "Undo")
    assert "Removed your ★★★" in undone.text
    assert await club.store.unknown.ratings(alice.id) == []


async def test_stars_for_a_typed_film_can_be_taken_back_by_nobody_else(club, alice, bob):
    table = await watched(club, alice, "Qwertzuiop")
    given = await table.press(alice, "★★★★")
    assert "someone else" in (await bob.forges(given, given.button("Undo"))).text
    forged = given.button("Undo").replace(str(alice.id), str(bob.id))
    assert "gone already" in (await bob.forges(given, forged)).text
    assert len(await club.store.unknown.ratings(alice.id)) == 1


async def test_stars_for_a_typed_film_are_among_ones_ratings_and_can_be_removed_there(club, alice):
    table = await watched(club, alice, "Qwertzuiop the second")
    await table.press(alice, "★★★★")
    await alice.says("rate", movie=MATRIX, stars=3)
    listed = await alice.says("ratings")
    assert "2 rated · 3.5 on average" in listed.text
    assert "★★★★  **Qwertzuiop the second**" in listed.text
    narrowed = await alice.says("ratings", words="second")
    assert "1 of your 2 films" in narrowed.text
    assert MATRIX not in narrowed.text
    assert "Removed your ★★★★" in (await alice.presses(narrowed, "Remove")).text
    assert await club.store.unknown.ratings(alice.id) == []


async def test_stars_count_once_the_film_is_known(club, alice, bob):
    """Here it is known from the start; the member insists on what they typed."""
    await club.store.unknown.rate(alice.id, "FARGO (1996)", 4.5, club.bot.now())
    await club.store.unknown.rate(alice.id, "Nobody's film", 3, club.bot.now())
    await club.store.unknown.rate(bob.id, "fargo", 2, club.bot.now())
    await club.store.rate(bob.id, club.film("Fargo (1996)"), 5, club.bot.now())
    await club.restart()
    await club.bot.model_ready()
    await club.env.settle()
    fargo = club.film("Fargo (1996)")
    assert await club.store.history(alice.id) == {fargo: 4.5}
    assert await club.store.history(bob.id) == {fargo: 5}, "what was rated as a film of the catalogue stays"
    assert [rating.written for rating in await club.store.unknown.ratings(alice.id)] == ["Nobody's film"]
    assert await club.store.unknown.ratings(bob.id) == []


async def test_stars_that_come_after_the_film_is_known_count_at_once(club, alice):
    table = await start(alice)
    night = await club.store.nights.latest(alice.channel.id)
    await club.store.nights.suggest(night.id, alice.id, None, "FARGO (1996)")
    await table.press(alice, "Pick for us")
    await table.vote(alice, "FARGO (1996)")
    await table.press(alice, "We watched it")
    await club.restart()
    await club.bot.model_ready()
    await club.env.settle()
    assert "Kept under this title" not in (await table.press(alice, "★★★★")).text
    assert await club.store.history(alice.id) == {club.film("Fargo (1996)"): 4.0}


async def test_an_evening_shows_its_film_and_stars_as_before_once_the_film_is_known(club, alice, bob, clara):
    table = await watched(club, alice, "Qwertzuiop", bob, clara)
    [film] = [film for film in await club.store.nights.films(1) if film.title]
    for member in (alice, bob, clara):
        await table.press(member, "★★★★")
    await club.store.unknown.settle({("qwertzuiop", None): club.film("Fargo (1996)")})
    history = (await alice.says("night history")).text
    assert "**Fargo (1996)**" in history
    assert "★ 4.0 by 3" in history
    await table.press(alice, "★★★")
    assert await club.store.history(alice.id) == {club.film("Fargo (1996)"): 3.0}
    assert film.id in {film.id for film in await club.store.nights.films(1)}
