"""Movie nights when things go wrong, or two things happen at once."""

import asyncio
import sys

import discord
import pytest
from simcord.components import walk_components

from bot.night import steps
from bot.night.group import judge, read_group
from bot.night.tally import RULE
from bot.store.nights import MOST_MEMBERS
from tests.bot.cogs.test_night import choices, half_voted, planned, start
from tests.bot.cogs.test_start import asked
from tests.bot.simulated import MATRIX, Card


async def suggests(member, modal, title: str) -> Card:
    """Write a title into a modal that is open."""
    field = next(part["custom_id"] for part in walk_components(modal.modal["components"]) if part.get("type") == 4)
    return Card(await member.actor.submit_modal(modal, {field: title}))


async def test_two_members_may_write_their_suggestions_at_once(club, alice, bob):
    table = await start(alice)
    await table.press(bob, "Join")
    modals = [await each.actor.click(table.card.message, label="Suggest a film") for each in (alice, bob)]
    assert "Fargo" in (await suggests(alice, modals[0], "Fargo (1996)")).text
    assert "Heat" in (await suggests(bob, modals[1], "Heat (1995)")).text


async def test_a_suggestion_that_was_begun_before_a_restart_is_taken(club, alice):
    table = await start(alice)
    modal = await alice.actor.click(table.card.message, label="Suggest a film")
    await club.restart()
    await club.bot.model_ready()
    assert "Heat" in (await suggests(alice, modal, "Heat (1995)")).text


async def test_who_leaves_after_the_vote_changes_nothing_in_its_result(club, alice, bob, clara):
    table = await start(alice)
    for member in (bob, clara):
        await table.press(member, "Join")
    await table.press(alice, "Pick for us")
    first, second, *_ = await choices(table, alice)
    for member, film in ((alice, first), (bob, second), (clara, second)):
        await table.vote(member, film)
    assert "won with 2 of 3" in table.text
    await table.press(bob, "Leave")
    assert "won with 2 of 3" in table.text


async def test_once_the_last_who_has_not_voted_deletes_their_data_the_vote_is_over(club, alice, bob):
    table = await half_voted(alice, bob)
    await bob.presses(await bob.says("data delete"), "Delete everything")
    await club.env.advance_time(40)
    assert "won with 1 of 1" in table.text


async def test_a_bot_in_the_voice_channel_is_no_member(club, alice):
    voice = club.guild.create_voice_channel("cinema")
    jukebox = club.guild.add_member(club.env.create_user("jukebox", bot=True))
    await alice.actor.join_voice(voice)
    await jukebox.join_voice(voice)
    table = await start(alice)
    assert f"<@{alice.id}>" in table.text
    assert f"<@{jukebox.id}>" not in table.text


async def test_the_count_of_vetoed_films_does_not_tell_who_joined(club, alice, bob, clara, dan):
    eve = club.join("eve")
    await dan.says("exclude genre", genre="Romance")
    await eve.says("exclude genre", genre="Horror")
    table = await start(alice)
    for member in (bob, clara, dan):
        await table.press(member, "Join")
    await table.press(alice, "Pick for us")
    [before] = [line for line in table.text.splitlines() if "left out" in line]
    await table.press(eve, "Join")
    assert before in table.text.splitlines()


async def test_all_that_an_evening_counts_has_its_plural(club, alice, bob, clara, dan):
    await dan.says("exclude movie", movie="Heat (1995)")
    table = await start(alice)
    for member in (bob, clara, dan):
        await table.press(member, "Join")
    await table.press(alice, "Pick for us")
    assert "1 film is left out" in table.text
    first, *_ = await choices(table, alice)
    await table.vote(alice, first)
    await table.press(alice, "Close the vote")
    assert "·  1 approves\n" in table.text
    assert "·  0 approve\n" in table.text


async def test_where_managers_host_nobody_inherits_it(club, alice, bob):
    boss = club.join("boss", manage_guild=True, manage_events=True)
    await boss.says("night settings", hosts="managers")
    table = await start(boss)
    await table.press(bob, "Join")
    await table.press(boss, "Leave")
    assert "only those who manage events" in (await table.press(bob, "Pick for us")).text


async def test_a_host_who_left_the_server_hands_the_evening_on(club, alice, bob):
    table = await start(alice)
    await table.press(bob, "Join")
    assert "Only the host" in (await table.press(bob, "Pick for us")).text
    club.guild.remove_member(alice.actor)
    await table.press(bob, "Pick for us")
    assert "0 of 1 have voted" in table.text


async def test_who_is_in_a_full_evening_hears_so(club, alice):
    table = await start(alice)
    night = await club.store.nights.latest(alice.channel.id)
    others = range(10**17, 10**17 + MOST_MEMBERS - 1)
    await club.store.nights.join(night.id, others, club.bot.now() + 1)
    assert "You are in already" in (await table.press(alice, "Join")).text


async def test_sixty_who_come_at_once_fill_an_evening_and_the_others_hear_so(club, alice):
    await start(alice)
    night, crowd = await club.store.nights.latest(alice.channel.id), range(10**17, 10**17 + 60)
    joining = (steps.join(club.store, night, [member], club.bot.now()) for member in crowd)
    answers = await asyncio.gather(*joining, return_exceptions=True)
    assert len(await club.store.nights.members(night.id)) == MOST_MEMBERS
    refused = [str(answer) for answer in answers if not isinstance(answer, list)]
    assert len(refused) == 60 - (MOST_MEMBERS - 1)
    assert all("this one is full" in sentence for sentence in refused)


async def test_a_card_that_was_deleted_comes_again(club, alice, bob):
    table = await start(alice)
    club.env.backend.delete_message(club.channel.id, table.first.message.id)
    await club.env.settle()
    status = await bob.says("night status")
    assert str(club.channel.last_message.id) in way(status)
    [container] = club.channel.last_message.components
    assert f"<@{alice.id}>" in container.children[0].content


def way(status: Card) -> str:
    """Where a private status leads to."""
    [url] = [part["url"] for part in status.components if part.get("url")]
    return url


async def test_status_leads_to_the_card_and_carries_no_buttons_that_could_lie(club, alice, bob):
    table = await start(alice, title="Friday film")
    address = f"https://discord.com/channels/{club.guild.id}/{club.channel.id}/{table.first.message.id}"
    for step in (None, "Pick for us", "Close the vote", "We watched it"):
        if step:
            await table.press(alice, step)
        status = await bob.says("night status")
        assert status.private
        assert status.text == table.text.partition("\n-# 🎬")[0]
        assert status.labels == ["Go to the card"]
        assert way(status) == address


async def test_a_private_card_that_is_out_of_date_gives_way_to_what_is_so(club, alice, bob):
    table = await half_voted(alice, bob)
    voted, ballot = await table.press(alice, "Vote"), await table.press(bob, "Vote")
    voted = await alice.presses(voted, "Done")
    await table.press(alice, "Close the vote")
    for member, card, press in ((alice, voted, "Change it"), (bob, ballot, "Done")):
        await member.presses(card, press)
        assert "the film is chosen" in card.look_again().text
        assert not card.look_again().labels


async def test_an_evening_is_held_where_it_was_started(club, alice, bob):
    table = await start(alice)
    other = type(bob)(bob.env, bob.actor, club.guild.create_text_channel("classics"))
    elsewhere = await other.says("help")
    for press in ("Join", "Leave", "Suggest a film", "Pick for us"):
        assert "isn't in this channel" in (await other.forges(elsewhere, table.card.button(press))).text
    night = await club.store.nights.latest(alice.channel.id)
    for custom_id in (f"approve:{bob.id}:{night.id}:0", f"putin:{night.id}:0:Heat", f"typed:{night.id}:4.0"):
        assert "isn't in this channel" in (await other.forges(elsewhere, custom_id)).text
    assert await club.store.nights.members(night.id) == [alice.id]


async def test_all_can_see_which_buttons_are_the_hosts(club, alice):
    table = await start(alice)
    for buttons in (["Pick for us"], ["Close the vote"], ["We watched it", "Cancel"]):
        assert f"🎬 is for the host, <@{alice.id}>" in table.text
        marked = [part["label"] for part in table.card.components if (part.get("emoji") or {}).get("name") == "🎬"]
        assert marked == buttons
        await table.press(alice, buttons[0])
    assert "🎬" not in table.text


async def test_picking_twice_at_once_makes_one_slate(club, alice, bob):
    await start(alice)
    night = await club.store.nights.latest(alice.channel.id)
    picked = await asyncio.gather(*(steps.begin_vote(club.bot, night) for _ in range(2)), return_exceptions=True)
    assert sorted(map(str, picked))[0] == "None"
    assert len(await club.store.nights.films(night.id)) == 5


@pytest.mark.parametrize("step", ["pick_for", "judge"])
async def test_a_film_that_is_suggested_while_the_slate_is_made_is_judged_like_the_others(
    club, alice, monkeypatch, step
):
    await start(alice)
    night, make = await club.store.nights.latest(alice.channel.id), getattr(steps, step)
    heat, scoring = club.catalogue.by_label("Heat (1995)"), []

    async def meanwhile(*args, **options):
        monkeypatch.undo()
        await steps.suggest(club.bot, night, alice.id, heat)
        scoring.append(asyncio.create_task(steps.score(club.bot, night, heat.id)))
        return await make(*args, **options)

    monkeypatch.setattr(steps, step, meanwhile)
    await steps.begin_vote(club.bot, night)
    await asyncio.gather(*scoring)
    [suggested] = [film for film in await club.store.nights.films(night.id) if film.suggested]
    [judged] = await judge(club.bot.serving, await read_group(club.store, club.bot.serving, night), [heat.id])
    assert suggested.score == pytest.approx(judged.score)


async def test_who_joins_does_not_change_what_is_said_of_the_films(club, alice, bob, clara, dan):
    eve = club.join("eve")
    table = await start(alice)
    for member in (bob, clara, dan):
        await table.press(member, "Join")
    await table.press(alice, "Pick for us")
    before = [line for line in table.text.splitlines() if "likely to enjoy" in line]
    assert before
    await table.press(eve, "Join")
    assert [line for line in table.text.splitlines() if "likely to enjoy" in line] == before


async def test_an_evening_whose_card_could_not_be_sent_blocks_no_other(club, alice, bob, monkeypatch):
    async def refused(*args, **options):
        raise discord.HTTPException(type("Response", (), {"status": 503, "reason": "down"})(), "down")

    with monkeypatch.context() as broken:
        broken.setattr(sys.modules["bot.cogs.night"], "answer", refused)
        assert "Discord didn't take my answer" in (await alice.says("night start")).text
    assert len(club.env.errors) == 1
    await start(bob)


async def test_an_evening_whose_card_was_never_noted_gets_one(club, alice, bob):
    await start(alice)
    night = await club.store.nights.latest(alice.channel.id)
    await club.store.nights.set_message(night.id, None)  # as if the process had ended before
    cards = len(club.channel.history())
    await bob.says("night status")
    assert len(club.channel.history()) == cards + 1
    [container] = club.channel.last_message.components
    assert f"<@{alice.id}>" in container.children[0].content


async def test_an_evening_that_was_cancelled_leaves_the_way_to_the_one_before(club, alice):
    first = await planned(club, alice, title="Friday")
    await planned(club, alice, title="Saturday")
    assert "Saturday" in (await alice.says("night status")).text
    await alice.says("night cancel")
    assert "Friday" in (await alice.says("night status")).text
    await first.press(alice, "We watched it")
    assert "You watched" in (await alice.says("night status")).text


async def test_an_evening_still_to_come_is_shown_before_a_newer_one_that_is_over(club, alice):
    await planned(club, alice, title="Friday")
    later = await planned(club, alice, title="Tonight")
    await later.press(alice, "We watched it")
    assert "Friday" in (await alice.says("night status")).text


async def test_in_a_channel_that_the_bot_cannot_see_no_evening_begins(club, alice):
    hidden = club.guild.create_text_channel(
        "hidden", overwrites={club.guild.me: discord.PermissionOverwrite(view_channel=False)}
    )
    there = type(alice)(alice.env, alice.actor, hidden)
    refused = await there.says("night start")
    assert refused.private
    assert "I can't see this channel" in refused.text
    assert await club.store.nights.latest(hidden.id) is None


async def test_managing_events_in_one_channel_makes_no_host_of_the_server(club, alice):
    boss = club.join("boss", manage_guild=True, manage_events=True)
    await boss.says("night settings", hosts="managers")
    own = club.guild.create_text_channel(
        "own", overwrites={alice.actor: discord.PermissionOverwrite(manage_events=True)}
    )
    there = type(alice)(alice.env, alice.actor, own)
    assert "manage events" in (await there.says("night start")).text


async def test_a_vote_that_is_opened_again_is_no_longer_counted_as_cast(club, alice, bob):
    table = await half_voted(alice, bob)
    assert "1 of 2 have voted" in table.text
    ballot = await table.press(alice, "Vote")
    await alice.presses(ballot, next(label for label in ballot.labels if not label.startswith("✓")))
    assert "0 of 2 have voted" in table.text


async def test_a_card_full_of_long_titles_still_says_how_the_vote_goes(club, alice):
    people = [club.join(f"guest{number}") for number in range(6)]
    table = await start(alice, title="x" * 80)
    await table.adds(alice, *people)
    for number, member in enumerate(people):
        for letter in "_*~":  # each of them is written as two
            await member.says("night suggest", movie=f"{number}{letter * 79}")
    await table.press(alice, "Pick for us")
    assert len(table.text) <= 4000
    assert "0 of 7 have voted" in table.text
    assert RULE in table.text


async def test_whoever_rates_films_on_the_way_is_asked_as_by_start(club, alice):
    table = await start(alice)
    question = await table.press(alice, "Rate some films")
    assert question.private
    first = asked(question)
    await alice.presses(question, "Not seen")
    await table.press(alice, "Pick for us")
    assert asked(await table.press(alice, "Rate some films")) != first


async def test_in_a_small_group_nothing_tells_who_has_no_ratings(club, alice, bob, clara):
    table = await start(alice)
    await table.adds(alice, bob, clara)
    without = table.card
    assert "no ratings yet counts as a typical viewer" in without.text
    for member in (alice, bob, clara):
        await member.rates({MATRIX: 4.0})
        await alice.says("night status")  # brings the card up to date
        assert (table.text, table.card.labels) == (without.text, without.labels)


async def test_in_a_larger_group_the_card_says_how_many_have_no_ratings(club, alice, bob, clara, dan):
    table = await start(alice)
    await table.adds(alice, bob, clara, dan)
    assert "4 without ratings so far count as a typical viewer" in table.text
    for member in (alice, bob, clara, dan):
        await member.rates({MATRIX: 4.0})
    await alice.says("night status")
    assert "typical viewer" not in table.text
    assert "Rate some films" not in table.card.labels


def failing(status: int, code: int):
    """An edit that Discord answers so."""

    async def edit(message, **options):
        response = type("Response", (), {"status": status, "reason": "not now"})()
        raise discord.HTTPException(response, {"code": code, "message": "not now"})

    return edit


async def test_a_result_that_could_not_be_shown_is_shown_later(club, alice, monkeypatch):
    table = await start(alice)
    await table.press(alice, "Pick for us")
    with monkeypatch.context() as broken:
        broken.setattr(discord.PartialMessage, "edit", failing(503, 0))
        await table.press(alice, "Close the vote")
    assert "have voted" in table.text
    await club.env.advance_time(40)
    assert "nobody approved" in table.text


async def test_a_card_in_an_archived_thread_comes_anew(club, alice, bob, monkeypatch):
    table = await start(alice)
    cards = len(club.channel.history())
    with monkeypatch.context() as archived:
        archived.setattr(discord.PartialMessage, "edit", failing(400, 50083))
        await table.press(bob, "Join")
    assert len(club.channel.history()) == cards + 1
    [container] = club.channel.last_message.components
    assert f"<@{bob.id}>" in container.children[0].content


async def test_a_press_on_a_card_that_is_out_of_date_brings_it_up_to_date(club, alice):
    table = await start(alice)
    night = await club.store.nights.latest(alice.channel.id)
    await steps.begin_vote(club.bot, night)  # and the card was not edited
    assert "Press **Vote**" in (await table.press(alice, "Pick for us")).text
    assert "0 of 1 have voted" in table.text


async def test_an_evening_counts_for_the_day_it_began(club, alice):
    table = await planned(club, alice)
    night = await club.store.nights.latest(alice.channel.id)
    yesterday = club.bot.now() - 20 * 3600
    await club.store.nights.set_start(night.id, yesterday)
    await table.press(alice, "We watched it")
    assert f"<t:{yesterday}:D>" in (await alice.says("night history")).text


async def test_who_asks_for_what_is_over_hears_that_and_changes_nothing(club, alice, bob):
    table = await start(alice)
    await table.press(bob, "Join")
    await table.press(alice, "Pick for us")
    await table.press(alice, "Close the vote")
    await table.press(alice, "We watched it")
    club.guild.remove_member(alice.actor)
    assert "This evening is over" in (await bob.says("night cancel")).text
    night = await club.store.nights.latest(bob.channel.id)
    assert await club.store.nights.members(night.id) == [alice.id, bob.id]
