"""What the buttons of a night do. The first answer is private, and the channel's card follows."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Protocol

import discord

from bot import cards, looking
from bot.app import Marquee, Press
from bot.asking import ask
from bot.night import steps
from bot.night.ballot import ballot_card, cast_card, mine
from bot.night.board import decided, refresh
from bot.night.buttons import Approve, NightButton, NightPeople, Suggestion
from bot.refusal import Refusal
from bot.replies import answer, note, refuse
from bot.store import Ballot, Night, NightFilm

_NEXT = {
    "gathering": "**Suggest a film**, or wait for the vote.",
    "voting": "Press **Vote** on the card.",
    "planned": "The film is chosen: see the card.",
}

Step = Callable[[discord.Interaction[Marquee], Night], Awaitable[None]]


class _Pressed(Protocol):
    night: int


@asynccontextmanager
async def _night_of(interaction: discord.Interaction[Marquee], pressed: _Pressed) -> AsyncIterator[Night]:
    """The night of what was pressed. A WrongState means that the card is out of date: the channel's is brought up to date, a
    private one gives way to the sentence."""
    night = await steps.find_here(interaction, pressed.night)
    try:
        yield night
    except steps.WrongState as refusal:
        interaction.extras["replace"] = interaction.message is not None and interaction.message.flags.ephemeral
        await refuse(interaction, refusal)
        await refresh(interaction.client, night.id)


def _press(step: Step) -> Press:
    """A button of the card that takes this step."""

    async def pressed(interaction: discord.Interaction[Marquee], button: NightButton) -> None:
        async with _night_of(interaction, button) as night:
            await step(interaction, night)

    return pressed


def _by_host(
    step: Callable[[Marquee, Night], Awaitable[object]],
    *states: str,
    then: Callable[[Marquee, int], Awaitable[object]] = refresh,
) -> Step:
    """A step that only the host may take, in these states, and that shows on the channel's card."""

    async def act(interaction: discord.Interaction[Marquee], night: Night) -> None:
        if night.state not in states:
            raise steps.WrongState(night)
        await steps.check_host(interaction.client, night, interaction.user)
        # A slate or an event may take longer than the 3 s that Discord waits.
        await interaction.response.defer()
        await step(interaction.client, night)
        await then(interaction.client, night.id)

    return act


async def _join(interaction: discord.Interaction[Marquee], night: Night) -> None:
    bot = interaction.client
    if not await steps.join(bot.store, night, [interaction.user.id], bot.now()):
        raise Refusal(f"You are in already. {_NEXT[night.state]}")
    await interaction.response.defer()
    await refresh(bot, night.id)


async def _leave(interaction: discord.Interaction[Marquee], night: Night) -> None:
    bot = interaction.client
    closed = await steps.leave(bot.store, night, interaction.user.id)
    await interaction.response.defer()
    await (decided if closed else refresh)(bot, night.id)


async def _people(interaction: discord.Interaction[Marquee], select: NightPeople) -> None:
    bot = interaction.client
    async with _night_of(interaction, select) as night:
        if night.over:
            raise steps.WrongState(night)
        await steps.check_host(bot, night, interaction.user)
        people = [user.id for user in select.item.values if not user.bot]
        added = await steps.join(bot.store, night, people, bot.now())
        names = " ".join(f"<@{member}>" for member in added) or "Nobody new"
        await answer(interaction, note(f"{names} joined.", accent=cards.DONE))
        await refresh(bot, night.id)


async def _suggest(interaction: discord.Interaction[Marquee], night: Night) -> None:
    await steps.check_suggesting(interaction.client.store, night, interaction.user.id)
    await interaction.response.send_modal(Suggestion(night.id))


async def _vote(interaction: discord.Interaction[Marquee], night: Night) -> None:
    bot, member = interaction.client, interaction.user.id
    if night.state != "voting":
        raise steps.WrongState(night)
    await steps.check_member(bot.store, night, member)
    films, ballot = await bot.store.nights.films(night.id), await bot.store.votes.ballot(night.id, member)
    await _show_ballot(interaction, night, films, ballot)


async def _show_ballot(
    interaction: discord.Interaction[Marquee], night: Night, films: list[NightFilm], ballot: Ballot
) -> None:
    catalogue = interaction.client.serving.recommender.catalogue
    known = [movie for film in films if (movie := catalogue.get(film.movie or 0)) is not None]
    looks = await looking.looks_for(interaction, known)
    await answer(interaction, ballot_card(catalogue, night, films, interaction.user.id, ballot, looks))


async def _approve(interaction: discord.Interaction[Marquee], button: Approve) -> None:
    bot, member = interaction.client, interaction.user.id
    async with _night_of(interaction, button) as night:
        before = await bot.store.votes.ballot(night.id, member)
        ballot, closed = await steps.vote(bot.store, night, member, button.film or None)
        films = await bot.store.nights.films(night.id)
        if ballot.cast:
            catalogue = bot.serving.recommender.catalogue
            await answer(interaction, cast_card(catalogue, night, films, ballot, closed))
        else:
            await _show_ballot(interaction, night, films, ballot)
        if closed:
            await decided(bot, night.id)
        elif ballot.cast != before.cast:
            await refresh(bot, night.id)


async def _close(bot: Marquee, night: Night) -> None:
    await steps.close_vote(bot.store, night)


async def _watched(interaction: discord.Interaction[Marquee], night: Night) -> None:
    """Before the night begins, ask: a press by mistake would end it, and take its event away."""
    bot = interaction.client
    if night.state != "planned" or night.starts_at is None or night.starts_at <= bot.now():
        await _by_host(steps.watched, "planned")(interaction, night)
        return
    await steps.check_host(bot, night, interaction.user)
    yes = NightButton(night.id, "already", "We have watched it", discord.ButtonStyle.primary)
    text = f"It begins only <t:{night.starts_at}:R>. Have you watched it already?\n-# If not, leave this be."
    await answer(interaction, note(text, yes))


async def _already(interaction: discord.Interaction[Marquee], night: Night) -> None:
    """The answer to that question, in its place."""
    await _by_host(steps.watched, "planned")(interaction, night)
    await interaction.edit_original_response(view=note("It is noted: the card asks for stars.", accent=cards.DONE))


async def _mine(interaction: discord.Interaction[Marquee], night: Night) -> None:
    bot, member = interaction.client, interaction.user.id
    await steps.check_member(bot.store, night, member)
    films, history = await bot.store.nights.films(night.id), await bot.store.history(member)
    await answer(interaction, await asyncio.to_thread(mine, bot.serving, films, history, bot.glyphs))


async def _rate(interaction: discord.Interaction[Marquee], _: Night) -> None:
    await ask(interaction)


# By the action that stands in a button's custom_id. The two in capitals are not buttons, and no custom_id can name them.
PRESSES: dict[str, Press] = {
    "join": _press(_join),
    "leave": _press(_leave),
    "People": _people,
    "suggest": _press(_suggest),
    "pick": _press(_by_host(steps.begin_vote, "gathering")),
    "vote": _press(_vote),
    "Approve": _approve,
    "mine": _press(_mine),
    "close": _press(_by_host(_close, "voting", then=decided)),
    "watched": _press(_watched),
    "already": _press(_already),
    "cancel": _press(_by_host(steps.cancel, "gathering", "voting", "planned")),
    "rate": _press(_rate),
}


async def setup(bot: Marquee) -> None:
    bot.presses.update(PRESSES)
