"""An evening and its time: how long the vote is open, the event on the server, the reminder."""

import asyncio
import sys
from datetime import timedelta

import discord
import pytest

from bot.night import clock, steps
from tests.bot.cogs.test_night import choices, planned, start


def events(club) -> list[discord.ScheduledEvent]:
    return list(club.bot.get_guild(club.guild.id).scheduled_events)


@pytest.mark.parametrize(("options", "title"), [({}, "Movie night"), ({"title": "Friday film"}, "Friday film")])
async def test_an_evening_with_a_time_is_an_event_from_the_start_and_is_named_after_its_film(
    club, alice, options, title
):
    table = await start(alice, when="in 2 hours", **options)
    [event] = events(club)
    assert event.name == title
    assert event.start_time == club.env.now() + timedelta(hours=2)
    assert f"events/{club.guild.id}/{event.id}" in table.text
    await table.press(alice, "Pick for us")
    assert events(club)[0].name == title
    await table.press(alice, "Close the vote")
    [event] = events(club)
    assert event.name.startswith(f"{title}: ")
    assert f"## **{event.name.removeprefix(f'{title}: ')}**" in table.text
    assert f"events/{club.guild.id}/{event.id}" in table.text


async def test_an_evening_without_a_time_is_no_event(club, alice):
    await planned(club, alice)
    assert not events(club)


async def test_an_event_keeps_to_the_length_that_discord_allows(club, alice):
    table = await start(alice, when="in 2 hours", title="t" * 80)
    await alice.says("night suggest", movie="f" * 80)
    await table.press(alice, "Pick for us")
    await table.vote(alice, "f" * 77)
    [event] = events(club)
    assert len(event.name) == 100


HOUR = 3600


@pytest.mark.parametrize(
    ("options", "open_for"),
    [
        ({}, HOUR),
        ({"when": "in 150 hours"}, 148 * HOUR),
        ({"when": "in 5 hours"}, 3 * HOUR),
        ({"when": "in 2 hours"}, HOUR / 4),
        ({"when": "in 20 minutes"}, HOUR / 4),
        ({"when": "in 150 hours", "closes": 360}, 6 * HOUR),
        ({"when": "in 30 minutes", "closes": 60}, HOUR / 2 - steps.BEFORE_START),
        ({"closes": 1440}, 24 * HOUR),
    ],
    ids=str,
)
async def test_a_vote_is_open_until_two_hours_before_the_evening_unless_the_host_says_how_long(
    club, alice, options, open_for
):
    table = await start(alice, **options)
    await table.press(alice, "Pick for us")
    night = await club.store.nights.latest(alice.channel.id)
    assert night.closes_at == club.bot.now() + open_for


async def test_a_vote_goes_along_when_its_evening_is_moved(club, alice):
    table = await start(alice, when="in 6 days")
    await table.press(alice, "Pick for us")
    [event] = events(club)
    later = event.start_time + timedelta(days=1)
    moved = {"scheduled_start_time": later.isoformat(), "scheduled_end_time": (later + timedelta(hours=3)).isoformat()}
    club.env.backend.edit_scheduled_event(club.guild.id, event.id, moved)
    await club.env.settle()
    night = await club.store.nights.latest(alice.channel.id)
    assert night.starts_at == later.timestamp()
    assert night.closes_at == night.starts_at - steps.BEFORE_NIGHT
    assert f"<t:{night.starts_at}:F>" in table.text


async def test_a_vote_that_is_being_opened_goes_along_too(club, alice, monkeypatch):
    await start(alice, when="in 6 days")
    night, pick, moving = await club.store.nights.latest(alice.channel.id), steps.pick_for, []
    later = night.starts_at + 24 * HOUR

    async def meanwhile(*args, **options):
        moving.append(asyncio.create_task(steps.move(club.store, night, later, club.bot.now())))
        await asyncio.sleep(0.1)
        return await pick(*args, **options)

    monkeypatch.setattr(steps, "pick_for", meanwhile)
    await steps.begin_vote(club.bot, night)
    await asyncio.gather(*moving)
    night = await club.store.nights.get(night.id)
    assert (night.starts_at, night.closes_at) == (later, later - steps.BEFORE_NIGHT)


@pytest.mark.parametrize("voting", [False, True])
async def test_an_event_that_ends_before_a_film_is_chosen_leaves_the_evening_open(club, alice, voting):
    table = await start(alice, when="in 10 minutes")
    if voting:
        await table.press(alice, "Pick for us")
    [event] = events(club)
    for status in (discord.EventStatus.active, discord.EventStatus.completed):
        club.env.backend.edit_scheduled_event(club.guild.id, event.id, {"status": status.value})
        await club.env.settle()
    assert ("Vote" if voting else "Pick for us") in table.card.labels
    assert "discord.com/events" not in table.text


async def test_a_name_that_discord_could_not_take_is_given_later(club, alice, monkeypatch):
    table = await start(alice, when="in 3 hours")
    await table.press(alice, "Pick for us")

    async def refused(*args, **options):
        raise discord.HTTPException(type("Response", (), {"status": 503, "reason": "down"})(), "down")

    with monkeypatch.context() as broken:
        broken.setattr(discord.ScheduledEvent, "edit", refused)
        await table.press(alice, "Close the vote")
    assert events(club)[0].name == "Movie night"
    await club.env.advance_time(40)
    assert events(club)[0].name.startswith("Movie night: ")


async def test_the_end_of_the_event_is_the_end_of_the_evening(club, alice):
    table = await planned(club, alice, when="in 10 minutes")
    [event] = events(club)
    for status in (discord.EventStatus.active, discord.EventStatus.completed):
        assert "We watched it" in table.card.labels
        club.env.backend.edit_scheduled_event(club.guild.id, event.id, {"status": status.value})
        await club.env.settle()
    assert "You watched" in table.text
    assert "★★★★★" in table.card.labels


@pytest.mark.parametrize("lacking", ["create_events", "manage_events"])
async def test_without_the_permission_or_against_a_refusal_the_evening_goes_on_without_an_event(club, alice, lacking):
    """The first the bot sees for itself; by the second the simulated Discord refuses."""
    club.forbid(lacking)
    table = await planned(club, alice, when="in 2 hours")
    assert "remember the time" in table.text
    assert not events(club)
    await alice.presses(await table.press(alice, "We watched it"), "We have watched it")
    assert "You watched" in table.text


async def test_a_vote_that_ends_after_the_time_blames_no_permission(club, alice):
    table = await start(alice, when="in 1 minute")
    await table.press(alice, "Pick for us")
    await club.env.advance_time(16 * 60)
    assert "nobody approved" in table.text
    assert "Create Events" not in table.text


async def test_the_channel_is_reminded_once_of_an_evening_that_begins_soon(club, alice):
    table = await planned(club, alice, when="in 30 minutes")
    before = len(club.channel.history())
    await club.env.advance_time(14 * 60)
    assert len(club.channel.history()) == before
    await club.env.advance_time(5 * 60)
    assert len(club.channel.history()) == before + 1
    [container] = club.channel.last_message.components
    reminder = container.children[0].content
    assert "begins <t:" in reminder
    assert reminder.split(" begins")[0] in table.text


async def test_reminders_can_be_turned_off(club, alice):
    boss = club.join("boss", manage_guild=True)
    await boss.says("night settings", reminders=False)
    await planned(club, alice, when="in 10 minutes")
    before = len(club.channel.history())
    await club.env.advance_time(11 * 60)
    assert len(club.channel.history()) == before


async def test_an_evening_that_is_called_off_takes_its_event_along(club, alice):
    table = await planned(club, alice, when="in 2 hours")
    await table.press(alice, "Cancel")
    assert not events(club)
    assert "cancelled" in table.text


async def test_the_card_shows_the_film_before_the_event_is_named(club, alice, monkeypatch):
    """Discord may take its time over an event, and the last voter is waiting."""
    edit, shown = discord.ScheduledEvent.edit, []

    async def slow(event, **options):
        shown.append(table.text)
        return await edit(event, **options)

    monkeypatch.setattr(discord.ScheduledEvent, "edit", slow)
    table = await start(alice, when="in 2 hours")
    await table.press(alice, "Pick for us")
    first, *_ = await choices(table, alice)
    await table.vote(alice, first)
    [before] = shown
    assert "won with 1 of 1" in before


async def test_an_event_that_somebody_cancels_leaves_the_evening(club, alice):
    table = await planned(club, alice, when="in 2 hours")
    [event] = events(club)
    club.env.backend.edit_scheduled_event(club.guild.id, event.id, {"status": 4})
    await club.env.settle()
    assert "discord.com/events" not in table.text
    assert "no event" in table.text


async def test_an_event_that_somebody_moves_moves_the_evening(club, alice):
    table = await planned(club, alice, when="in 2 hours")
    [event] = events(club)
    later = event.start_time + timedelta(days=1)
    club.env.backend.edit_scheduled_event(
        club.guild.id, event.id, {"scheduled_start_time": later.isoformat(), "scheduled_end_time": None}
    )
    await club.env.settle()
    assert f"<t:{int(later.timestamp())}:F>" in table.text


async def test_an_event_that_went_while_the_bot_was_away_is_let_go(club, alice):
    table = await planned(club, alice, when="in 2 hours")
    night = await club.store.nights.latest(alice.channel.id)
    await club.store.nights.set_event(night.id, 404)
    await club.env.advance_time(40)
    assert "We watched it" in table.card.labels
    assert "discord.com/events" not in table.text


async def test_an_event_that_was_moved_while_the_bot_was_away_moves_the_evening(club, alice, monkeypatch):
    await start(alice, when="in 3 hours")
    [event] = events(club)
    later = event.start_time + timedelta(days=1)
    moved = {"scheduled_start_time": later.isoformat(), "scheduled_end_time": (later + timedelta(hours=3)).isoformat()}
    with monkeypatch.context() as away:
        away.setattr(clock.Clock, "_event_changed", lambda *_: asyncio.sleep(0))
        club.env.backend.edit_scheduled_event(club.guild.id, event.id, moved)
        await club.env.settle()
    await club.env.advance_time(40)
    assert (await club.store.nights.latest(alice.channel.id)).starts_at == later.timestamp()


async def down(*args, **options):
    raise discord.HTTPException(type("Response", (), {"status": 503, "reason": "down"})(), "down")


async def test_an_event_that_discord_could_not_make_is_made_soon(club, alice, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(discord.Guild, "create_scheduled_event", down)
        table = await start(alice, when="in 3 days")
    assert not events(club)
    await club.env.advance_time(40)
    [event] = events(club)
    assert f"events/{club.guild.id}/{event.id}" in table.text


async def test_an_event_that_discord_could_not_take_away_goes_soon(club, alice, monkeypatch):
    await start(alice, when="in 3 days")
    with monkeypatch.context() as broken:
        broken.setattr(discord.ScheduledEvent, "delete", down)
        assert "cancelled" in (await alice.says("night cancel")).text
    assert events(club)
    await club.env.advance_time(40)
    assert not events(club)


async def test_an_event_that_may_not_be_made_is_not_tried_again_and_again(club, alice, monkeypatch):
    club.forbid("manage_events")  # by which the simulated Discord refuses
    await start(alice, when="in 3 days")
    monkeypatch.setattr(discord.Guild, "create_scheduled_event", down)  # what would leave the evening unannounced
    await club.env.advance_time(40)
    assert (await club.store.nights.latest(alice.channel.id)).announced


async def test_a_restart_between_the_vote_and_the_naming_of_its_event_names_it(club, alice):
    table = await start(alice, when="in 2 hours")
    await table.press(alice, "Pick for us")
    night = await club.store.nights.latest(alice.channel.id)
    await steps.close_vote(club.store, night)  # and then the process ends
    await club.restart()
    await club.bot.model_ready()
    await club.env.advance_time(40)
    [event] = events(club)
    assert ": " in event.name
    assert f"events/{club.guild.id}/{event.id}" in table.text


async def test_an_event_that_somebody_took_away_is_not_made_anew(club, alice):
    table = await start(alice, when="in 3 hours")
    [event] = events(club)
    await event.delete()
    await club.env.settle()
    assert "discord.com/events" not in table.text
    for step in ("Pick for us", "Close the vote"):
        await table.press(alice, step)
        await club.env.advance_time(90)
        assert not events(club)


async def test_an_evening_that_began_before_events_were_made_at_the_start_gets_its_event_at_the_end_of_the_vote(
    club, alice, monkeypatch
):
    with monkeypatch.context() as older:
        older.setattr(sys.modules["bot.cogs.night"], "announced", lambda bot, night: asyncio.sleep(0))
        table = await start(alice, when="in 3 hours")
    assert not events(club)
    await table.press(alice, "Pick for us")
    await table.press(alice, "Close the vote")
    [event] = events(club)
    assert event.name.startswith("Movie night: ")
    assert f"events/{club.guild.id}/{event.id}" in table.text


async def test_an_evening_that_was_watched_early_takes_its_event_along(club, alice):
    table = await planned(club, alice, when="in 2 hours")
    await alice.presses(await table.press(alice, "We watched it"), "We have watched it")
    assert "You watched" in table.text
    assert not events(club)


async def test_an_evening_in_a_channel_not_open_to_all_becomes_no_event_for_all(club, alice):
    everyone = discord.PermissionOverwrite(view_channel=False)
    member = discord.PermissionOverwrite(view_channel=True)
    hidden = club.guild.create_text_channel(
        "staff", overwrites={club.guild.me.guild.default_role: everyone, alice.actor: member, club.guild.me: member}
    )
    there = type(alice)(alice.env, alice.actor, hidden)
    table = await planned(club, there, when="in 2 hours")
    assert "can't see this channel" in table.text
    assert not events(club)


async def test_an_evening_that_was_called_off_while_its_event_was_made_leaves_none(club, alice, monkeypatch):
    make = discord.Guild.create_scheduled_event

    async def slow(guild, **options):
        event = await make(guild, **options)
        night = await club.store.nights.latest(alice.channel.id)
        await steps.cancel(club.bot, night)
        return event

    monkeypatch.setattr(discord.Guild, "create_scheduled_event", slow)
    await start(alice, when="in 2 hours")
    assert not events(club)


async def reminders(club, minutes: int, sent: int) -> list[str]:
    """What the bot writes into the channel in so many minutes; `sent` messages were there before."""
    await club.env.advance_time(minutes * 60)
    return [message.components[0].children[0].content for message in club.channel.history()[sent:]]


@pytest.mark.parametrize(
    ("presses", "todo"), [([], "No film is chosen yet"), (["Pick for us"], "The vote is still open")]
)
async def test_the_reminder_does_not_wait_for_the_vote(club, alice, presses, todo):
    table = await start(alice, when="in 30 minutes", title="Friday film", closes=60)
    for press in presses:
        await table.press(alice, press)
    sent = len(club.channel.history())
    [reminder] = await reminders(club, 16, sent)
    assert "**Friday film** begins <t:" in reminder
    assert todo in reminder
    assert str(table.first.message.id) in reminder, "it leads to the card"
    assert not await reminders(club, 5, sent + 1)


async def test_a_vote_that_closes_as_the_channel_is_reminded_is_not_called_open(club, alice):
    table = await start(alice, when="in 30 minutes")
    await table.press(alice, "Pick for us")
    [reminder] = await reminders(club, 16, len(club.channel.history()))
    [event] = events(club)
    assert reminder.startswith(f"**{event.name.removeprefix('Movie night: ')}** begins <t:")
    assert "open" not in reminder


async def test_nobody_is_reminded_of_an_evening_that_nobody_comes_to(club, alice):
    table = await start(alice, when="in 30 minutes")
    await table.press(alice, "Leave")
    assert not await reminders(club, 20, len(club.channel.history()))


async def test_before_the_evening_the_host_is_asked_whether_it_was_watched_already(club, alice, bob):
    table = await planned(club, alice, when="in 2 hours")
    assert "Only the host" in (await table.press(bob, "We watched it")).text
    asked = await table.press(alice, "We watched it")
    assert asked.private
    assert "Have you watched it already?" in asked.text
    assert events(club)
    assert "We watched it" in table.card.labels
    assert "Only the host" in (await bob.forges(asked, asked.button("We have watched it"))).text
    await alice.presses(asked, "We have watched it")
    assert "You watched" in table.text
    assert not asked.look_again().labels
    assert not events(club)


async def test_once_it_has_begun_nobody_asks_whether_it_was_watched(club, alice):
    table = await planned(club, alice, when="in 10 minutes")
    await club.env.advance_time(11 * 60)
    await table.press(alice, "We watched it")
    assert "You watched" in table.text
