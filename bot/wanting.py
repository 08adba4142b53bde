"""Films that members want to see: the buttons, and what comes of them."""

from typing import Any

import discord
from discord import ui

from bot import cards
from bot.app import Marquee
from bot.gate import Item
from bot.refusal import Refusal
from bot.replies import answer, note
from bot.store.watchlists import MOST_WANTED, Full
from recommender import Movie


class Want(Item[ui.Button[Any]], custom_id="want:{movie}:{replace}"):
    """Puts a film on the watchlist of whoever presses."""

    def __init__(self, movie: int, replace: bool = False, label: str = "Want to see") -> None:
        self._movie = movie
        custom_id = self.layout.of(movie=movie, replace=replace)
        super().__init__(ui.Button(label=label, style=discord.ButtonStyle.secondary, custom_id=custom_id))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        await want(interaction, interaction.client.serving.film(self._movie))


class Unwant(Item[ui.Button[Any]], custom_id="unwant:{movie}:{replace}"):
    """Takes a film off the watchlist of whoever presses."""

    def __init__(self, movie: int, replace: bool = False, label: str = "Undo") -> None:
        self._movie = movie
        custom_id = self.layout.of(movie=movie, replace=replace)
        super().__init__(ui.Button(label=label, style=discord.ButtonStyle.secondary, custom_id=custom_id))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        bot = interaction.client
        name = cards.film_of(bot.serving.recommender.catalogue, self._movie)
        if not await bot.store.watchlists.remove(interaction.user.id, self._movie):
            raise Refusal(f"{name} isn't on your watchlist any more. `/watchlist list` shows what is.")
        await answer(interaction, taken_off(name, self._movie))


class Unmark(Item[ui.Button[Any]], custom_id="unmark:{owner}:{entry}"):
    """Takes a mark of a film that no data set knows back: that it is wanted, or was seen."""

    def __init__(self, owner: int, entry: int, label: str = "Remove") -> None:
        self._entry = entry
        custom_id = self.layout.of(owner=owner, entry=entry)
        super().__init__(ui.Button(label=label, style=discord.ButtonStyle.secondary, custom_id=custom_id))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        removed = await interaction.client.store.unknown.remove_mark(interaction.user.id, self._entry)
        if removed is None:
            raise Refusal("That mark is gone already. `/ratings` and `/watchlist list` show what is left.")
        where = "off your watchlist" if removed.kind == "wanted" else "no longer marked as seen"
        await answer(interaction, note(f"{cards.typed(removed.written)} is {where}.", accent=cards.QUIET))


async def want(interaction: discord.Interaction[Marquee], film: Movie) -> None:
    """Put a film on the member's watchlist, and say so."""
    store, member, name = interaction.client.store, interaction.user.id, cards.film(film)
    if film.id in await store.history(member) or film.id in await store.seen(member):
        raise Refusal(f"You have seen {name}. If you haven't, take its stars or its mark off with `/ratings`.")
    try:
        added = await store.watchlists.add(member, film.id, interaction.client.now())
    except Full:
        raise Refusal(
            f"Your watchlist is full: it holds {MOST_WANTED} films. Take some off with `/watchlist list`."
        ) from None
    if added:
        text = f"{name} is on your watchlist.\n-# It leaves once you rate it or mark it as seen. See `/watchlist list`"
        await answer(interaction, note(text, Unwant(film.id, True), accent=cards.DONE))
    else:
        text = f"{name} is on your watchlist already.\n-# See `/watchlist list`"
        await answer(interaction, note(text, Unwant(film.id, True, "Take it off")))


def taken_off(name: str, movie: int) -> ui.LayoutView:
    """The card of a film that is no longer wanted. name: as cards show it."""
    return note(f"{name} is off your watchlist.", Want(movie, True, "Undo"), accent=cards.QUIET)
