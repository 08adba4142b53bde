"""The buttons of an evening: on the channel's card, which everyone uses, and on a member's own ballot."""

import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, ClassVar

import discord
from discord import ui

from bot import cards
from bot.app import Marquee
from bot.custom_id import CustomId
from bot.gate import ANYONE, Item
from bot.items import STARS, AskStars, Say
from bot.night import event, look, steps
from bot.night.steps import Reading
from bot.refusal import Refusal
from bot.replies import answer, note, refusal_card
from bot.store import Ballot, Night, NightFilm

log = logging.getLogger(__name__)

ROW = 5  # buttons in a row, by Discord's rules
FIRST_FILMS = 3  # that a guest is invited to rate
# Discord's codes and the first of HTTP's for "not now".
UNKNOWN_MESSAGE, THREAD_ARCHIVED, SERVER_ERROR = 10008, 50083, 500


class NightButton(Item[ui.Button[Any]], custom_id="night:{night}:{action}"):
    """A step of an evening."""

    def __init__(
        self,
        night: int,
        action: str,
        label: str = "…",
        style: discord.ButtonStyle = discord.ButtonStyle.secondary,
    ) -> None:
        self._night, self._action = night, action
        super().__init__(ui.Button(label=label, style=style, custom_id=self.layout.of(night=night, action=action)))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        night = await steps.find(interaction.client, self._night)
        try:
            await ACTIONS[self._action](interaction, night)
        except steps.WrongState as refusal:
            # The card that offered it may not have been brought up to date.
            await answer(interaction, refusal_card(refusal))
            await refresh(interaction.client, night.id)


class NightPeople(Item[ui.UserSelect[Any]], custom_id="nightpeople:{night}"):
    """Adds people to an evening."""

    def __init__(self, night: int) -> None:
        self._night = night
        super().__init__(
            ui.UserSelect(
                placeholder="Host: add people", max_values=steps.MOST_MEMBERS, custom_id=self.layout.of(night=night)
            )
        )

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        bot = interaction.client
        night = await steps.find(bot, self._night)
        if night.state in steps.OVER:
            raise steps.WrongState(night)
        await steps.check_host(bot, night, interaction.user)
        people = [user.id for user in self.item.values if not user.bot]
        added = await steps.join(bot, night, people)
        names = " ".join(f"<@{member}>" for member in added) or "Nobody new"
        await answer(interaction, note(f"{names} joined.", accent=cards.DONE))
        await refresh(bot, night.id)


class Approve(Item[ui.Button[Any]], custom_id="approve:{owner}:{night}:{film}"):
    """Adds a film to a member's ballot, or takes it off; film 0 says that this is all."""

    replaces = True

    def __init__(
        self,
        owner: int,
        night: int,
        film: int,
        label: str = "…",
        style: discord.ButtonStyle = discord.ButtonStyle.secondary,
    ) -> None:
        self._night, self._film = night, film
        custom_id = self.layout.of(owner=owner, night=night, film=film)
        super().__init__(ui.Button(label=label[:80], style=style, custom_id=custom_id))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        bot, member = interaction.client, interaction.user.id
        night = await steps.find(bot, self._night)
        before = await bot.store.nights.ballot(night.id, member)
        ballot, closed = await steps.vote(bot, night, member, self._film or None)
        await answer(interaction, await ballot_card(bot, night, member, ballot, closed))
        if closed:
            await decided(bot, night.id)
        elif ballot.cast != before.cast:
            await refresh(bot, night.id)


class Suggestion(ui.Modal, title="Suggest a film"):
    """Asks for a film. What is typed comes to `suggesting.submitted`: discord.py would give it to this object alone, and no
    longer to the second of two members who have it open, or after a restart."""

    layout: ClassVar[CustomId] = CustomId("suggestion:{night}")

    movie: ui.TextInput[Any] = ui.TextInput(
        label="Film", placeholder="Any part of the title; one I don't know is put in as you type it", max_length=100
    )

    def __init__(self, night: int) -> None:
        super().__init__(timeout=600, custom_id=self.layout.of(night=night))


async def decided(bot: Marquee, night_id: int) -> None:
    """Show that the vote is over, and make the event. If this breaks off, it is done anew (see `Nights.due`)."""
    shown = await refresh(bot, night_id)
    async with steps.editing(night_id):  # so that it is made once
        night = await steps.find(bot, night_id)
        if night.closes_at is not None:
            winner = (await steps.read_night(bot, night)).winner
            if winner is not None:
                await event.make(bot, night, steps.plain_name(bot, winner))
            if shown:
                await bot.store.nights.concluded(night_id)
    if (await steps.find(bot, night_id)).event is not None:
        await refresh(bot, night_id)


async def refresh(bot: Marquee, night_id: int) -> bool:
    """Bring the channel's card up to date; if there is none, or somebody deleted it, show it anew. False if Discord could not
    take it just now."""
    async with steps.editing(night_id):
        night = await steps.find(bot, night_id)
        try:
            await _show(bot, night, card(bot, await steps.read_night(bot, night)))
        except discord.HTTPException as error:
            log.warning("the card of an evening can't be shown: %s", error)
            return error.status < SERVER_ERROR  # what isn't allowed will not be later
    return True


async def _show(bot: Marquee, night: Night, view: ui.LayoutView) -> None:
    channel = steps.channel(bot, night)
    if night.message is not None:
        try:
            await channel.get_partial_message(night.message).edit(view=view)
            return
        except discord.HTTPException as error:
            # A message in an archived thread can't be edited, but a new one opens the thread again.
            if error.code not in (UNKNOWN_MESSAGE, THREAD_ARCHIVED):
                raise
    await bot.store.nights.set_message(night.id, (await channel.send(view=view)).id)


def card(bot: Marquee, reading: Reading) -> ui.LayoutView:
    """The channel's card."""
    text, colour = look.body(bot, reading)
    container: ui.Container[ui.LayoutView] = ui.Container(ui.TextDisplay(text), accent_colour=colour)
    for row in _rows(reading):
        container.add_item(row)
    return ui.LayoutView(timeout=None).add_item(container)


def _rows(reading: Reading) -> list[ui.ActionRow[ui.LayoutView]]:
    night, primary, secondary = reading.night, discord.ButtonStyle.primary, discord.ButtonStyle.secondary

    def buttons(first: str | None = None, **labels: str) -> ui.ActionRow[ui.LayoutView]:
        return _row(
            NightButton(night.id, action, label, primary if action == first else secondary)
            for action, label in labels.items()
        )

    guests = any(not history for history in reading.group.histories)
    rate = {"rate": "Rate three films"} if guests else {}
    match night.state:
        case "gathering":
            steps = buttons("join", join="Join", leave="Leave", suggest="Suggest a film", pick="Pick for us")
            return [steps, _row([NightPeople(night.id)]), *([buttons(**rate)] if rate else [])]
        case "voting":
            return [
                buttons("vote", vote="Vote", mine="What would I think?", close="Close the vote"),
                buttons(join="Join", leave="Leave", suggest="Suggest a film", **rate),
            ]
        case "planned":
            return [buttons("watched", watched="We watched it", join="Join", leave="Leave", cancel="Cancel")]
        case "watched":
            movie = reading.winner.movie if reading.winner else None
            return [] if movie is None else [_row(_star_buttons(movie))]
    return []


def _row(parts: Iterable[Item[Any]]) -> ui.ActionRow[ui.LayoutView]:
    row: ui.ActionRow[ui.LayoutView] = ui.ActionRow()
    for part in parts:
        row.add_item(part)
    return row


def _star_buttons(movie: int) -> list[Item[Any]]:
    whole = [stars for stars in reversed(STARS) if stars % 1 == 0]
    quick = [Say(ANYONE, "rate", movie, False, {"stars": stars}, label=cards.stars(stars)) for stars in whole]
    return [*quick[1:], AskStars(ANYONE, movie, label="Other stars")]


async def ballot_card(bot: Marquee, night: Night, member: int, ballot: Ballot, closed: bool = False) -> ui.LayoutView:
    """A member's own ballot: press a film to approve of it, again to take that back."""
    films = await bot.store.nights.films(night.id)
    if ballot.cast:
        chosen = [steps.name(bot, film) for film in films if film.id in ballot.films]
        text = f"Your vote is in: {cards.listing(chosen) if chosen else 'none of them'}."
        if closed:
            return note(f"{text}\n-# It was the last one, so the vote is over: see the card.", accent=cards.DONE)
        again = NightButton(night.id, "vote", "Change it")
        return note(f"{text}\n-# Until the vote closes you can change it.", again, accent=cards.DONE)
    container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=cards.ACCENT)
    container.add_item(ui.TextDisplay("### Your vote\nPress every film you'd be glad to watch, then **Done**."))
    for start in range(0, len(films), ROW):
        row = (_approve(bot, night, member, film, ballot) for film in films[start : start + ROW])
        container.add_item(_row(row))
    done = Approve(member, night.id, 0, "Done", discord.ButtonStyle.primary)
    return ui.LayoutView(timeout=None).add_item(container.add_item(_row([done])))


def _approve(bot: Marquee, night: Night, member: int, film: NightFilm, ballot: Ballot) -> Approve:
    movie = None if film.movie is None else bot.serving.recommender.catalogue.get(film.movie)
    label = cards.button(movie) if movie else (film.title or "?")
    chosen = film.id in ballot.films
    style = discord.ButtonStyle.success if chosen else discord.ButtonStyle.secondary
    return Approve(member, night.id, film.id, f"✓ {label}" if chosen else label, style)


_NEXT = {
    "gathering": "**Suggest a film**, or wait for the vote.",
    "voting": "Press **Vote** on the card.",
    "planned": "The film is chosen: see the card.",
}


# What each button does. The first answer is private, and the channel's card follows.


async def _join(interaction: discord.Interaction[Marquee], night: Night) -> None:
    if not await steps.join(interaction.client, night, [interaction.user.id]):
        raise Refusal(f"You are in already. {_NEXT[night.state]}")
    await interaction.response.defer()
    await refresh(interaction.client, night.id)


async def _leave(interaction: discord.Interaction[Marquee], night: Night) -> None:
    closed = await steps.leave(interaction.client, night, interaction.user.id)
    await interaction.response.defer()
    await (decided if closed else refresh)(interaction.client, night.id)


async def _suggest(interaction: discord.Interaction[Marquee], night: Night) -> None:
    await steps.check_suggesting(interaction.client, night, interaction.user.id)
    await interaction.response.send_modal(Suggestion(night.id))


async def _vote(interaction: discord.Interaction[Marquee], night: Night) -> None:
    bot, member = interaction.client, interaction.user.id
    if night.state != "voting":
        raise steps.WrongState(night)
    await steps.check_member(bot, night, member)
    films = (await bot.store.nights.ballot(night.id, member)).films
    await answer(interaction, await ballot_card(bot, night, member, Ballot(films, cast=False)))


async def _mine(interaction: discord.Interaction[Marquee], night: Night) -> None:
    bot = interaction.client
    await steps.check_member(bot, night, interaction.user.id)
    reading = await steps.read_night(bot, night)
    await answer(interaction, look.mine(bot, reading, interaction.user.id))


def _by_host(
    step: Callable[[Marquee, Night], Awaitable[object]],
    *states: str,
    then: Callable[[Marquee, int], Awaitable[object]] = refresh,
) -> Callable[[discord.Interaction[Marquee], Night], Awaitable[None]]:
    """A step that only the host may take, in these states, and that shows on the channel's card."""

    async def act(interaction: discord.Interaction[Marquee], night: Night) -> None:
        if night.state not in states:
            raise steps.WrongState(night)
        await steps.check_host(interaction.client, night, interaction.user)
        # An event or a slate may take longer than Discord waits.
        await interaction.response.defer()
        await step(interaction.client, night)
        await then(interaction.client, night.id)

    return act


async def _rate(interaction: discord.Interaction[Marquee], night: Night) -> None:
    bot, member = interaction.client, interaction.user.id
    rated = {*await bot.store.history(member), *await bot.store.seen(member)}
    catalogue, popularity = bot.serving.recommender.catalogue, bot.serving.recommender.popularity
    known = [int(movie) for movie in catalogue.ids[popularity.argsort()[::-1][:50]] if movie not in rated]
    buttons = [AskStars(member, movie, label=cards.button(catalogue[movie])) for movie in known[:FIRST_FILMS]]
    if not buttons:
        raise Refusal("You know the films that most people do. `/rate` takes any other.")
    text = "Three films make a start. Which stars would you give them? `/rate` takes any other film."
    await answer(interaction, note(text, *buttons, accent=cards.ACCENT))


ACTIONS: dict[str, Callable[[discord.Interaction[Marquee], Night], Awaitable[None]]] = {
    "join": _join,
    "leave": _leave,
    "suggest": _suggest,
    "pick": _by_host(steps.begin_vote, "gathering"),
    "vote": _vote,
    "mine": _mine,
    "close": _by_host(steps.close_vote, "voting", then=decided),
    "watched": _by_host(steps.watched, "planned"),
    "cancel": _by_host(steps.cancel, "gathering", "voting", "planned"),
    "rate": _rate,
}
