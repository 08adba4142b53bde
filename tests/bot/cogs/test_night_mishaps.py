"""Movie nights when things go wrong, or two things happen at once."""

import asyncio
import sys
from datetime import timedelta

import discord
from simcord.components import walk_components

from bot.night import event, steps
from bot.night.tally import RULE
from tests.bot.cogs.test_night import choices, half_voted, planned, start
from tests.bot.simulated import Card


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
    others = range(10**17, 10**17 + steps.MOST_MEMBERS - 1)
    await club.store.nights.join(night.id, others, club.bot.now() + 1)
    assert "You are in already" in (await table.press(alice, "Join")).text


async def test_a_card_that_was_deleted_comes_again(club, alice, bob):
    table = await start(alice)
    status = await bob.says("night status")
    club.env.backend.delete_message(club.channel.id, table.first.message.id)
    await club.env.settle()
    await bob.presses(status, "Join")
    [container] = club.channel.last_message.components
    assert f"<@{bob.id}>" in container.children[0].content


async def test_picking_twice_at_once_makes_one_slate(club, alice, bob):
    await start(alice)
    night = await club.store.nights.latest(alice.channel.id)
    picked = await asyncio.gather(*(steps.begin_vote(club.bot, night) for _ in range(2)), return_exceptions=True)
    assert sorted(map(str, picked))[0] == "None"
    assert len(await club.store.nights.films(night.id)) == 5


async def test_the_card_shows_the_film_before_the_event_is_made(club, alice, monkeypatch):
    """Discord may take its time over an event, and the last voter is waiting."""
    make, shown = discord.Guild.create_scheduled_event, []

    async def slow(guild, **options):
        shown.append(table.text)
        return await make(guild, **options)

    monkeypatch.setattr(discord.Guild, "create_scheduled_event", slow)
    table = await start(alice, when="in 2 hours")
    await table.press(alice, "Pick for us")
    first, *_ = await choices(table, alice)
    await table.vote(alice, first)
    [before] = shown
    assert "won with 1 of 1" in before
    assert "discord.com/events" in table.text


async def test_an_event_that_somebody_cancels_leaves_the_evening(club, alice):
    table = await planned(club, alice, when="in 2 hours")
    [event] = club.bot.get_guild(club.guild.id).scheduled_events
    club.env.backend.edit_scheduled_event(club.guild.id, event.id, {"status": 4})
    await club.env.settle()
    assert "discord.com/events" not in table.text
    assert "no event" in table.text


async def test_an_event_that_somebody_moves_moves_the_evening(club, alice):
    table = await planned(club, alice, when="in 2 hours")
    [event] = club.bot.get_guild(club.guild.id).scheduled_events
    later = event.start_time + timedelta(days=1)
    club.env.backend.edit_scheduled_event(
        club.guild.id, event.id, {"scheduled_start_time": later.isoformat(), "scheduled_end_time": None}
    )
    await club.env.settle()
    assert f"<t:{int(later.timestamp())}:F>" in table.text


async def test_an_event_that_went_while_the_bot_was_away_is_let_go(club, alice, monkeypatch):
    table = await planned(club, alice, when="in 2 hours")
    night = await club.store.nights.latest(alice.channel.id)
    assert await club.store.nights.over(night.starts_at - 1) == []
    assert [over.id for over in await club.store.nights.over(night.starts_at)] == [night.id]
    await club.store.nights.set_event(night.id, 404)
    await club.store.nights.set_start(night.id, club.bot.now() - event.HOURS * 3600)
    await club.env.advance_time(40)
    assert "We watched it" in table.card.labels
    assert "discord.com/events" not in table.text


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


async def test_the_vote_is_over_before_the_evening_begins(club, alice):
    table = await start(alice, when="in 30 minutes")
    await table.press(alice, "Pick for us")
    night = await club.store.nights.latest(alice.channel.id)
    assert night.closes_at == night.starts_at - steps.BEFORE_START


async def test_an_evening_whose_card_could_not_be_sent_blocks_no_other(club, alice, bob, monkeypatch):
    async def refused(*args, **options):
        raise discord.HTTPException(type("Response", (), {"status": 503, "reason": "down"})(), "down")

    with monkeypatch.context() as broken:
        broken.setattr(sys.modules["bot.cogs.night"], "answer", refused)
        assert "went wrong" in (await alice.says("night start")).text
    assert len(club.env.errors) == 1
    await start(bob)


async def test_a_restart_between_the_vote_and_its_event_makes_the_event(club, alice):
    table = await start(alice, when="in 2 hours")
    await table.press(alice, "Pick for us")
    night = await club.store.nights.latest(alice.channel.id)
    await steps.close_vote(club.store, night, club.bot.now())  # and then the process ends
    await club.restart()
    await club.bot.model_ready()
    await club.env.advance_time(40)
    [event] = club.bot.get_guild(club.guild.id).scheduled_events
    assert f"events/{club.guild.id}/{event.id}" in table.text


async def test_an_event_that_somebody_took_away_is_not_made_anew(club, alice):
    await planned(club, alice, when="in 2 hours")
    [event] = club.bot.get_guild(club.guild.id).scheduled_events
    await event.delete()
    await club.env.settle()
    await club.env.advance_time(90)
    assert not club.bot.get_guild(club.guild.id).scheduled_events


async def test_an_evening_whose_card_was_never_noted_gets_one(club, alice, bob):
    await start(alice)
    night = await club.store.nights.latest(alice.channel.id)
    await club.store.nights.set_message(night.id, None)  # as if the process had ended before
    cards = len(club.channel.history())
    await bob.presses(await bob.says("night status"), "Join")
    assert len(club.channel.history()) == cards + 1
    [container] = club.channel.last_message.components
    assert f"<@{bob.id}>" in container.children[0].content


async def test_an_evening_that_was_watched_early_takes_its_event_along(club, alice):
    table = await planned(club, alice, when="in 2 hours")
    await table.press(alice, "We watched it")
    assert "You watched" in table.text
    assert not club.bot.get_guild(club.guild.id).scheduled_events


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


async def test_who_knows_all_the_usual_films_is_not_asked_for_them(club, alice):
    table = await start(alice)
    recommender = club.bot.serving.recommender
    for row in recommender.popularity.argsort()[::-1][:50]:
        await club.store.mark_seen(alice.id, int(recommender.catalogue.ids[row]), club.bot.now())
    assert "`/rate` takes any other" in (await table.press(alice, "Rate three films")).text


async def test_guests_are_invited_to_rate_while_the_vote_is_open_too(club, alice):
    table = await start(alice)
    await table.press(alice, "Pick for us")
    assert "Three films make a start" in (await table.press(alice, "Rate three films")).text


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


async def test_an_evening_in_a_channel_not_open_to_all_becomes_no_event_for_all(club, alice):
    everyone = discord.PermissionOverwrite(view_channel=False)
    member = discord.PermissionOverwrite(view_channel=True)
    hidden = club.guild.create_text_channel(
        "staff", overwrites={club.guild.me.guild.default_role: everyone, alice.actor: member, club.guild.me: member}
    )
    there = type(alice)(alice.env, alice.actor, hidden)
    table = await planned(club, there, when="in 2 hours")
    assert "can't see this channel" in table.text
    assert not club.bot.get_guild(club.guild.id).scheduled_events


async def test_an_evening_that_was_called_off_while_its_event_was_made_leaves_none(club, alice, monkeypatch):
    make = discord.Guild.create_scheduled_event

    async def slow(guild, **options):
        event = await make(guild, **options)
        night = await club.store.nights.latest(alice.channel.id)
        await steps.watched(club.bot, night)
        return event

    monkeypatch.setattr(discord.Guild, "create_scheduled_event", slow)
    await planned(club, alice, when="in 2 hours")
    assert not club.bot.get_guild(club.guild.id).scheduled_events


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
