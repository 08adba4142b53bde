"""/night: an evening as its members see it."""

import re
from datetime import UTC, datetime

import pytest
from simcord.components import walk_components

from bot import cards
from bot.looking import UNSEEN
from bot.night import steps
from bot.night.look import card
from bot.night.reading import read_night
from tests.bot.simulated import ALIEN, MATRIX, TASTE, TITANIC, Card, on_both_engines

ROMANTIC = {TITANIC: 5.0, "Pretty Woman (1990)": 4.5, MATRIX: 2.0, ALIEN: 1.0, "Sleepless in Seattle (1993)": 5.0}


class Table:
    """The channel's card, which everyone uses, as it is now."""

    def __init__(self, card: Card) -> None:
        self.first = card

    @property
    def card(self) -> Card:
        return self.first.look_again()

    @property
    def text(self) -> str:
        return self.card.text

    async def press(self, member, label: str) -> Card:
        return await member.presses(self.card, label)

    async def adds(self, member, *others) -> Card:
        """The host's choice of people."""
        return Card(await member.actor.select(self.card.message, [other.actor for other in others]))

    async def vote(self, member, *titles: str) -> Card:
        """Approve of the films whose buttons begin so, and say that this is all."""
        ballot = await self.press(member, "Vote")
        for title in titles:
            label = next(label for label in ballot.labels if label.removeprefix("✓ ").startswith(title))
            ballot = await member.presses(ballot, label)
        return await member.presses(ballot, "Done")


async def start(member, **options) -> Table:
    card = await member.says("night start", **options)
    assert not card.private
    return Table(card)


async def half_voted(alice, bob) -> Table:
    """An evening of two, of whom Alice has voted."""
    table = await start(alice)
    await table.press(bob, "Join")
    await table.press(alice, "Pick for us")
    first, *_ = await choices(table, alice)
    await table.vote(alice, first)
    return table


async def choices(table: Table, member) -> list[str]:
    """The films on a member's ballot."""
    ballot = await table.press(member, "Vote")
    return [label.removeprefix("✓ ") for label in ballot.labels if label != "Done"]


async def choices_in(club, member) -> list[str]:
    """What is put in so far, before there is a ballot."""
    night = await club.store.nights.latest(member.channel.id)
    return [cards.candidate_label(film, club.catalogue) for film in await club.store.nights.films(night.id)]


@on_both_engines
async def test_the_whole_evening(club, alice, bob, clara, dan):
    await alice.rates(TASTE)
    await bob.rates(TASTE)
    await clara.rates(ROMANTIC)

    # Alice asks, the others come.
    table = await start(alice, title="Friday film", when="in 2 hours")
    for member in (bob, clara, dan):
        await table.press(member, "Join")
    assert all(f"<@{member.id}>" in table.text for member in (alice, bob, clara, dan))
    assert "1 without ratings" in table.text

    # Bob wants Fargo, Clara her holiday video.
    assert "Fargo" in (await bob.says("night suggest", movie="Fargo (1996)")).text
    assert "Our holiday" in (await clara.says("night suggest", movie="Our holiday in 8mm")).text

    # The bot adds five.
    await table.press(alice, "Pick for us")
    films = await choices(table, dan)
    assert len(films) == 7
    assert {"Fargo (1996)", "Our holiday in 8mm"} < set(films)
    assert not set(films) & {MATRIX, TITANIC}, "somebody has seen these"
    assert "of 4 likely to enjoy it" in table.text
    close = re.findall(r"close to \*(.+?)\*, which 2 of you", table.text)
    assert close
    assert len(close) == len(set(close)), "a film that several liked is named once"

    # Each sees their own predictions, and nobody else's.
    assert (await table.press(clara, "What would I think?")).private

    # The vote is blind, can be changed, and ends with the last of them.
    await table.vote(alice, "Fargo")
    await table.vote(bob, "Fargo", films[-1])
    await table.vote(clara, "Our holiday")
    await table.vote(clara, "Our holiday", "Fargo")  # "Our holiday" off again, Fargo on
    assert "**3 of 4 have voted**" in table.text
    assert "approve" not in table.text
    last = await table.vote(dan, films[-1])
    assert "the vote is over" in last.text
    assert "Change it" not in last.labels
    assert "**Fargo (1996)**" in table.text
    assert "won with 3 of 4" in table.text

    # They watch it and rate it.
    asked = await table.press(alice, "We watched it")
    assert "begins only" in asked.text
    assert "## **Fargo (1996)**" in table.text, "the evening goes on"
    await alice.presses(asked, "We have watched it")
    assert "You watched **Fargo (1996)**" in table.text
    for member in (alice, bob, clara):
        await table.press(member, "★★★★")
    fargo = club.film("Fargo (1996)")
    assert (await club.store.history(bob.id))[fargo] == 4.0
    assert fargo in await club.store.seen(dan.id)
    history = await dan.says("night history")
    assert "Fargo" in history.text
    assert "4 there · ★ 4.0 by 3" in history.text


async def test_whoever_is_in_the_callers_voice_channel_is_in_at_once(club, alice, bob, clara):
    voice = club.guild.create_voice_channel("cinema")
    await alice.actor.join_voice(voice)
    await bob.actor.join_voice(voice)
    table = await start(alice)
    assert f"<@{alice.id}> <@{bob.id}>" in table.text
    assert f"<@{clara.id}>" not in table.text


async def test_a_suggestion_that_could_be_several_films_is_asked_about(club, alice):
    table = await start(alice)
    question = await alice.says("night suggest", movie="star wars")
    assert question.private
    *films, own = question.labels
    assert len(films) > 1
    assert own == "As I typed it"
    assert not await choices_in(club, alice)
    answer = await alice.presses(question, films[1])
    assert films[1] in answer.text
    assert not answer.labels
    again = await alice.says("night suggest", movie="star wars")
    await alice.presses(again, own)
    assert "**star wars** · suggested" in table.text
    assert await choices_in(club, alice) == [films[1], "star wars"]


@pytest.mark.parametrize("unseen", ["  ", "\u200b", "\u3164 \u2060", "\u200d"], ids=ascii)
async def test_a_suggestion_without_a_title_is_asked_for_one(club, alice, unseen):
    await start(alice)
    assert "Type its title" in (await alice.says("night suggest", movie=unseen)).text
    assert not await choices_in(club, alice)


@pytest.mark.parametrize("spelled", [
    "Zo\u0302rkmid Que\u0301b", "ZÔRK\u200bMID QUÉB", "Zôrkmid\u3000 québ", "Ｚôrkmid Québ", "\ufeffzorkmid queb",
], ids=ascii)  # fmt: skip
async def test_one_title_spelled_in_several_ways_is_put_to_the_vote_once(club, alice, spelled):
    await start(alice)
    await alice.says("night suggest", movie=" Zo\u0302rkmid\u200b Québ")
    assert "is in already" in (await alice.says("night suggest", movie=spelled)).text
    assert await choices_in(club, alice) == ["Zôrkmid Québ"]


async def test_titles_that_look_different_are_several_films(club, alice):
    await start(alice)
    titles = ["💥🎬", "👨\u200d👩\u200d👧", "パパとハハ"]
    for title in titles:
        await alice.says("night suggest", movie=title)
    assert await choices_in(club, alice) == titles


async def test_a_long_title_is_cut_between_two_characters(club, alice):
    await start(alice)
    await alice.says("night suggest", movie="Zôrkmid " * 9 + "Queb 👨\u200d👩\u200d👧")  # the family from the 78th on
    assert await choices_in(club, alice) == ["Zôrkmid " * 9 + "Queb"]


async def test_what_few_approved_of_is_not_picked_again_soon(club, alice, bob, clara):
    evenings = []
    for _ in range(2):
        table = await start(alice)
        for member in (bob, clara):
            await table.press(member, "Join")
        await table.press(alice, "Pick for us")
        first, second, *others = await choices(table, alice)
        evenings.append({first, second, *others})
        await table.vote(alice, first, second)
        await table.vote(bob, first, second)
        await table.vote(clara, first)
        await table.press(alice, "We watched it")
    before, after = evenings
    assert len(after) == 5
    assert len(before & after) == 1, "the one that two of three approved of, of those that nobody has seen"


async def test_the_card_says_to_how_many_a_film_is_new_by_what_they_marked_and_rated(club, alice, bob, clara, dan):
    table = await start(alice, seen="any")
    for member in (bob, clara, dan):
        await table.press(member, "Join")
    for label in (ALIEN, MATRIX):
        await bob.says("night suggest", movie=label)
    for member in (alice, bob, clara, dan):
        await club.store.mark_seen(member.id, club.film(ALIEN), club.bot.now())
    await club.store.mark_seen(bob.id, club.film(MATRIX), club.bot.now())
    await alice.rates({MATRIX: 4.0})
    await table.press(alice, "Pick for us")
    lines = table.text.splitlines()
    said = {label: lines[at + 1] for label in (ALIEN, MATRIX) for at, line in enumerate(lines) if label in line}
    assert "new to" not in said[ALIEN]
    assert not re.search(r"new to (all|3|4) of you", said[MATRIX])
    assert "probably new to" in table.text


@pytest.mark.parametrize(
    ("unseen", "told"), [(0, None), (3, "probably new to 3 of you"), (4, "probably new to all of you")]
)
async def test_a_film_is_new_to_those_who_said_they_have_not_seen_it(club, alice, bob, clara, dan, unseen, told):
    people, recommender = (alice, bob, clara, dan), club.bot.serving.recommender
    taste = {club.film(label): stars for label, stars in TASTE.items()}
    others = [film for film in club.catalogue.movies if film.id not in taste]
    famous = others[recommender.taste(taste).seen([film.id for film in others]).argmax()]
    for member in people:
        for movie, stars in taste.items():
            await club.store.rate(member.id, movie, stars, at=1)
    for member in people[:unseen]:
        await club.store.unseen.say(member.id, famous.id, at=1)
    table = await start(alice)
    await table.adds(alice, bob, clara, dan)
    await alice.says("night suggest", movie=famous.label)
    await table.press(alice, "Pick for us")
    lines = table.text.splitlines()
    [said] = [lines[at + 1] for at, line in enumerate(lines) if f"**{famous.label}**" in line]
    assert told in said if told else "new to" not in said


async def test_each_sees_why_a_film_would_suit_them(alice, bob):
    await alice.rates(TASTE)
    table = await start(alice)
    await table.press(bob, "Join")
    await table.press(alice, "Pick for us")
    liked = [label.rpartition(" (")[0] for label, stars in TASTE.items() if stars >= 4]
    reasons = re.findall(r"-# Because you rated (.+)", (await table.press(alice, "What would I think?")).text)
    assert reasons
    assert all(any(title in reason for title in liked) and "Titanic" not in reason for reason in reasons)
    assert "Because" not in (await table.press(bob, "What would I think?")).text


async def test_a_veto_keeps_a_film_out_and_names_nobody(club, alice, bob, clara, dan):
    await bob.says("exclude genre", genre="Drama")
    table = await start(alice)
    for member in (bob, clara, dan):
        await table.press(member, "Join")
    await table.press(alice, "Pick for us")
    catalogue = club.catalogue
    assert not any("Drama" in catalogue.by_label(label).genres for label in await choices(table, alice))
    assert "left out by somebody's exclusions" in table.text


async def test_a_tie_goes_to_the_group_score_and_the_card_says_so(club, alice, bob):
    table = await start(alice)
    await table.press(bob, "Join")
    await table.press(alice, "Pick for us")
    first, second, *_ = await choices(table, alice)
    await table.vote(alice, second)
    await table.vote(bob, first)
    assert "tied at 1" in table.text


async def test_a_tie_in_everything_is_drawn_by_lot_and_the_card_shows_the_seed(club, alice, bob):
    table = await start(alice)
    await table.press(bob, "Join")
    await alice.says("night suggest", movie="Qwertzuiop")
    await bob.says("night suggest", movie="Asdfghjkl")  # of neither is anything known, so both have the same score
    await table.press(alice, "Pick for us")
    await table.vote(alice, "Qwertzuiop")
    await table.vote(bob, "Asdfghjkl")
    night = await club.store.nights.latest(alice.channel.id)
    assert f"drawn by lot (seed {night.seed})" in table.text


async def test_an_evening_of_twenty_five_votes_and_watches(club, alice):
    people = [alice, *(club.join(f"guest{number}") for number in range(24))]
    table = await start(alice)
    await table.adds(alice, *people[1:])
    await table.press(alice, "Pick for us")
    first, second, *_ = await choices(table, alice)
    for at, member in enumerate(people):
        assert f"**{at} of 25 have voted**" in table.text
        await table.vote(member, first if at % 5 else second)
    assert "won with 20 of 25" in table.text
    await table.press(alice, "We watched it")
    assert all([club.film(first) in await club.store.seen(member.id) for member in people])


async def test_a_vote_goes_on_after_a_restart_and_closes_at_its_time(club, alice, bob):
    table = await half_voted(alice, bob)
    await club.restart()
    await club.bot.model_ready()
    await table.press(bob, "Vote")
    assert "1 of 2 have voted" in table.text
    night = await club.store.nights.latest(alice.channel.id)
    await club.store.nights.change(night.id, ["voting"], "voting", 0, closes_at=club.bot.now() + 20)
    await club.env.advance_time(40)
    assert "won with 1 of 2" in table.text


async def test_an_evening_that_cannot_be_closed_keeps_no_other_waiting(club, alice, bob, monkeypatch):
    other = type(bob)(bob.env, bob.actor, club.guild.create_text_channel("classics"))
    first, second = await start(alice), await start(other)
    await first.press(alice, "Pick for us")
    await second.press(other, "Pick for us")
    broken, close = await club.store.nights.latest(alice.channel.id), steps.close_vote
    for member in (alice, other):
        night = await club.store.nights.latest(member.channel.id)
        await club.store.nights.change(night.id, ["voting"], "voting", 0, closes_at=club.bot.now() + 20)

    async def close_vote(store, night):
        if night.id == broken.id:
            raise RuntimeError("broken")
        return await close(store, night)

    monkeypatch.setattr(steps, "close_vote", close_vote)
    await club.env.advance_time(40)
    assert "have voted" in first.text
    assert "nobody approved" in second.text


async def test_a_host_who_leaves_hands_the_evening_on(club, alice, bob, clara):
    table = await start(alice)
    await table.press(bob, "Join")
    await table.press(clara, "Join")
    assert "Only the host" in (await table.press(bob, "Pick for us")).text
    await table.press(alice, "Leave")
    await table.press(bob, "Pick for us")
    assert "have voted" in table.text


async def test_once_the_last_who_has_not_voted_leaves_the_vote_is_over(club, alice, bob):
    table = await half_voted(alice, bob)
    await table.press(bob, "Leave")
    assert "won with 1 of 1" in table.text


async def test_strangers_and_latecomers_get_a_sentence(club, alice, bob, clara):
    table = await start(alice)
    await table.press(bob, "Join")
    assert "wait for the vote" in (await table.press(bob, "Join")).text
    await table.press(alice, "Pick for us")
    assert "Press **Vote**" in (await table.press(bob, "Join")).text
    before = table.card
    assert "Press **Join**" in (await table.press(clara, "Vote")).text
    await table.press(alice, "Close the vote")
    assert "The vote is over" in (await alice.forges(before, before.button("Vote"))).text
    assert "The vote is over" in (await alice.forges(before, before.button("Close the vote"))).text


async def test_two_evenings_at_once_in_different_channels(club, alice, bob):
    first = await start(alice)
    assert "already" in (await bob.says("night start")).text
    other = type(bob)(bob.env, bob.actor, club.guild.create_text_channel("classics"))
    second = await start(other, genre="Drama")
    await first.press(alice, "Pick for us")
    await second.press(other, "Pick for us")
    assert "have voted" in first.text
    assert "have voted" in second.text


async def planned(club, member, **options) -> Table:
    """An evening of one, with its film chosen."""
    table = await start(member, **options)
    await table.press(member, "Pick for us")
    await table.press(member, "Close the vote")
    return table


async def test_the_host_adds_people_and_nobody_else_does(club, alice, bob, clara, dan):
    table = await start(alice)
    assert "Only the host" in (await table.adds(bob, bob)).text
    added = await table.adds(alice, bob, clara)
    assert added.private
    assert f"<@{bob.id}> <@{clara.id}> joined" in added.text
    assert all(f"<@{member.id}>" in table.text for member in (alice, bob, clara))
    assert f"<@{dan.id}>" not in table.text


async def test_a_server_may_leave_evenings_to_those_who_manage_its_events(club, alice):
    boss = club.join("boss", manage_guild=True, manage_events=True)
    await boss.says("night settings", hosts="managers")
    refused = await alice.says("night start")
    assert refused.private
    assert "manage events" in refused.text
    table = await start(boss)
    await table.press(alice, "Join")
    assert f"<@{alice.id}>" in table.text


async def test_settings_are_what_the_next_evening_begins_with(club, alice):
    boss = club.join("boss", manage_guild=True)
    await boss.says("night settings", style="adventurous", seen="any")
    await start(alice)
    night = await club.store.nights.latest(alice.channel.id)
    assert (night.wish.style, night.wish.seen) == ("adventurous", "any")
    assert "adventurous" in (await alice.says("night settings")).text


@pytest.mark.parametrize(
    ("when", "hour"),
    [("2026-03-28 20:00", 19), ("2026-03-29 01:30", 0), ("2026-03-29 20:00", 18), ("2026-10-25 20:00", 19)],
)
async def test_an_evening_keeps_its_hour_where_the_clocks_change_that_night(club, alice, when, hour):
    boss = club.join("boss", manage_guild=True)
    await boss.says("night settings", time_zone="Europe/Berlin")
    table = await start(alice, when=when)
    night = await club.store.nights.latest(alice.channel.id)
    assert datetime.fromtimestamp(night.starts_at, UTC).hour == hour
    assert f"<t:{night.starts_at}:F>" in table.text


async def test_an_hour_that_the_clocks_skip_is_refused_in_words(club, alice):
    boss = club.join("boss", manage_guild=True)
    await boss.says("night settings", time_zone="Europe/Berlin")
    refused = await alice.says("night start", when="2026-03-29 02:30")
    assert refused.private
    assert "skip 02:30" in refused.text


async def test_times_are_read_in_the_servers_zone(club, alice):
    owner = club.join("boss", manage_guild=True)
    assert "Only somebody who manages" in (await alice.says("night settings", time_zone="Europe/Berlin")).text
    assert "Europe/Berlin" in (await owner.says("night settings", time_zone="Europe/Berlin")).text
    await start(alice, when="tomorrow 20:00")
    night = await club.store.nights.latest(alice.channel.id)
    assert night is not None
    assert night.starts_at is not None
    assert datetime.fromtimestamp(night.starts_at, UTC).hour == 19


async def test_a_server_two_hours_ahead_of_utc_is_shown_and_read_as_that(club, alice):
    boss = club.join("boss", manage_guild=True)
    card = await boss.says("night settings", time_zone="gmt+2")
    assert "UTC+2" in card.text
    assert "GMT" not in card.text
    await start(alice, when="2026-01-04 20:00")
    night = await club.store.nights.latest(alice.channel.id)
    assert datetime.fromtimestamp(night.starts_at, UTC).hour == 18


async def offered(member, typed):
    """What is offered for a time: its words and what is sent."""
    choices = await member.actor.autocomplete(member.channel, "night start", "when", typed)
    return [(choice["name"], choice["value"]) for choice in choices]


async def test_how_a_time_is_read_is_shown_before_it_counts(club, alice):
    boss = club.join("boss", manage_guild=True)
    await boss.says("night settings", time_zone="Berlin")
    (shown, sent), *others = await offered(alice, "sun at 9 in the evening")
    assert (shown, sent) == ("Sun 4 Jan, 21:00 (Berlin), in 3 days", "2026-01-04 20:00 UTC")
    assert not others
    await start(alice, when=sent)
    night = await club.store.nights.latest(alice.channel.id)
    assert datetime.fromtimestamp(night.starts_at, UTC) == datetime(2026, 1, 4, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    "typed", ["whenever", "fr", "6/11 8pm", "yesterday", "tomorrow morning", "sat midnight", "x" * 60]
)
async def test_a_time_that_cant_be_read_gets_one_line_that_says_what_can_be_typed(alice, typed):
    [(shown, sent)] = await offered(alice, typed)
    assert sent == typed
    assert shown == (await alice.says("night start", when=sent)).text.replace("`", "")


async def test_before_a_time_is_typed_some_evenings_are_offered(alice):
    choices = await offered(alice, "")
    assert len(dict(choices)) == 4
    for shown, sent in choices:
        assert await offered(alice, sent) == [(shown, sent)]


async def test_the_card_says_in_which_zone_the_time_was_read_until_the_server_has_set_one(club, alice):
    table = await start(alice, when="tomorrow 8pm")
    assert "20:00 in UTC" in table.text
    await club.join("boss", manage_guild=True).says("night settings", time_zone="Berlin")
    await table.press(alice, "Leave")
    assert "UTC" not in table.text


async def test_a_card_without_a_time_says_no_zone(alice):
    assert "UTC" not in (await start(alice)).text


async def test_a_time_that_nobody_can_read_starts_nothing(club, alice):
    refused = await alice.says("night start", when="whenever you like")
    assert refused.private
    assert await club.store.nights.latest(alice.channel.id) is None


async def test_after_two_evenings_the_history_has_a_picture(club, alice):
    for movie in (MATRIX, ALIEN):
        table = await start(alice)
        await alice.says("night suggest", movie=movie)
        await table.press(alice, "Pick for us")
        await table.vote(alice, movie)
        await table.press(alice, "We watched it")
    history = await alice.says("night history")
    [below] = history.result.followups
    assert below.ephemeral
    assert [attachment.filename for attachment in below.attachments] == ["evenings.png"]
    assert history.text.index("Alien") < history.text.index("Matrix")


async def test_the_picture_stays_as_pages_of_the_history_turn(club, alice):
    for number in range(9):
        table = await start(alice)
        await alice.says("night suggest", movie=f"Qwertzuiop {number}")
        await table.press(alice, "Pick for us")
        await table.vote(alice, "Qwertzuiop")
        await table.press(alice, "We watched it")
    history = await alice.says("night history")
    await alice.presses(history, "More ›")
    assert "Qwertzuiop 0" in history.look_again().text
    [below] = history.result.followups
    assert below.attachments


async def test_an_evening_that_is_called_off_says_so(club, alice):
    table = await start(alice)
    await alice.says("night cancel")
    assert "cancelled" in table.text


async def test_the_card_of_a_full_evening_fits_discords_limits(club, alice):
    people = [club.join(f"guest{number}") for number in range(24)]
    table = await start(alice, title="x" * 80)
    night = await club.store.nights.latest(alice.channel.id)
    assert night is not None
    await club.store.nights.join(night.id, [member.id for member in people], club.bot.now() + 1)
    longest = sorted(club.catalogue, key=lambda movie: -len(movie.label))[:15]
    for host, movie in enumerate(longest):
        await club.store.nights.suggest(night.id, [alice, *people][host // 3].id, movie.id, None)
    await table.press(alice, "Pick for us")
    view = card(club.bot, await read_night(club.store, await steps.find(club.store, night.id)), UNSEEN)
    parts = list(walk_components(view.to_components()))
    assert len(parts) <= 40
    assert sum(len(part.get("content", "")) for part in parts) <= 4000
    assert len(await choices(table, alice)) == 20


@pytest.mark.parametrize(("title", "heading"), [("\u200b", "Movie night"), (" Fri\u200bday \n night ", "Friday night")])
async def test_an_evening_is_called_what_people_can_see(club, alice, title, heading):
    assert (await start(alice, title=title)).text.startswith(f"### {heading}\n")
