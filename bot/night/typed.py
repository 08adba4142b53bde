"""Stars for a film that somebody typed and the group watched: kept under its title until the film comes to be known."""

from typing import Any

import discord
from discord import ui

from bot import cards
from bot.adding import Add
from bot.app import Marquee
from bot.gate import Item
from bot.items import UnrateTyped, picked_stars, say, stars_select
from bot.night import steps
from bot.refusal import Refusal
from bot.replies import answer, note


class RateTyped(Item[ui.Button[Any]], custom_id="typed:{night}:{stars}"):
    """Gives a night's film these stars; without any it asks how many."""

    def __init__(self, night: int, stars: float | None, label: str = "…") -> None:
        self._night, self._stars = night, stars
        style, custom_id = discord.ButtonStyle.secondary, self.layout.of(night=night, stars=stars)
        super().__init__(ui.Button(label=label, style=style, custom_id=custom_id))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        if self._stars is not None:
            await _rate(interaction, self._night, self._stars)
        else:
            await answer(interaction, note("How many stars?", TypedStars(self._night)))


class TypedStars(Item[ui.Select[Any]], custom_id="typedstars:{night}"):
    """Half a star to five for a night's film."""

    replaces = True

    def __init__(self, night: int) -> None:
        self._night = night
        super().__init__(stars_select(self.layout.of(night=night)))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        await _rate(interaction, self._night, picked_stars(self.item))


async def _rate(interaction: discord.Interaction[Marquee], night_id: int, stars: float | None) -> None:
    if stars is None:
        raise Refusal("Stars go from half a star to five, in half steps.")
    bot = interaction.client
    night = await steps.find_here(interaction, night_id)
    film = next((film for film in await bot.store.nights.films(night.id) if film.id == night.winner), None)
    if film is None or night.state != "watched":
        raise steps.WrongState(night)
    if film.title is None:  # the film has come to be known meanwhile
        await say(interaction, "rate", film.movie or 0, {"stars": stars})
        return
    kept = await bot.store.unknown.rate(interaction.user.id, film.title, stars, bot.now())
    given = bot.glyphs.stars(stars)
    text = f"{given}  {cards.typed(film.title)}\n-# Kept under this title. It counts as soon as I know the film."
    undo, add = UnrateTyped(interaction.user.id, kept.id, True), Add(interaction.user.id, None, film.title)
    await answer(interaction, note(f"{text} Add it, and it counts now.", undo, add, accent=cards.DONE))
