"""/watchlist: what a member wants to see."""

import asyncio

import discord
from discord import app_commands, ui
from discord.app_commands import Choice
from discord.ext import commands

from bot import advice, cards, looking
from bot.app import Marquee
from bot.gate import refusable
from bot.items import Seen, page_buttons
from bot.options import Film, fitting, meant
from bot.refusal import Refusal
from bot.replies import Card, answer, note
from bot.store import SavedList, UnknownMark
from bot.wanting import Unmark, Unwant, taken_off, want

PAGE = 5


class Watchlist(commands.GroupCog, name="watchlist", description="What you want to see"):
    """A member's watchlist."""

    def __init__(self, bot: Marquee) -> None:
        super().__init__()
        self.bot = bot
        bot.pages["watchlist list"] = self.page

    @app_commands.command()
    @app_commands.describe(movie="Any part of the title")
    @refusable
    async def add(self, interaction: discord.Interaction[Marquee], movie: Film) -> None:
        """Put a film on your watchlist."""
        await want(interaction, movie)

    @app_commands.command()
    @app_commands.describe(movie="One of the films on your watchlist")
    @refusable
    async def remove(self, interaction: discord.Interaction[Marquee], movie: str) -> None:
        """Take a film off your watchlist."""
        found = meant(movie, await self._names(interaction.user.id))
        if found is None or not await self.bot.store.watchlists.remove(interaction.user.id, found):
            raise Refusal(
                f"Nothing like “{cards.escape(movie, 100)}” is on your watchlist. `/watchlist list` shows what is."
            )
        name = cards.film_of(self.bot.serving.recommender.catalogue, found)
        await answer(interaction, taken_off(name, found))

    @remove.autocomplete("movie")
    async def _wanted(self, interaction: discord.Interaction[Marquee], typed: str) -> list[Choice[str]]:
        if not self.bot.is_serving:
            return []
        return fitting(typed, (await self._names(interaction.user.id)).values())

    @app_commands.command(name="list")
    @refusable
    async def list_(self, interaction: discord.Interaction[Marquee]) -> None:
        """What you want to see, newest first, and what you would give it."""
        saved = await self.bot.store.lists.save(interaction.user.id, "watchlist list", {}, [], self.bot.now())
        await answer(interaction, await self.page(interaction, saved, 0))

    async def page(self, interaction: discord.Interaction[Marquee], saved: SavedList, page: int) -> ui.LayoutView:
        """Five films of the member's list, as it is now; those that no data set knows come last."""
        recommender, store = self.bot.serving.recommender, self.bot.store
        unknown = [mark for mark in await store.unknown.marks(saved.member) if mark.kind == "wanted"]
        wanted: list[int | UnknownMark] = [*await store.watchlists.of(saved.member), *unknown]
        if not wanted:
            return note(advice.NOTHING_WANTED)
        pages = -(-len(wanted) // PAGE)
        page = min(page, pages - 1)
        shown = wanted[page * PAGE : (page + 1) * PAGE]
        films = [entry for entry in shown if isinstance(entry, int)]
        known = [film for movie in films if (film := recommender.catalogue.get(movie)) is not None]
        looks = await looking.looks_for(interaction, known)
        history = await store.history(saved.member)
        values = await asyncio.to_thread(lambda: recommender.taste(history).predict_mean([film.id for film in known]))
        lines = {
            film.id: f"For you: {cards.predicted(stars, doubt, self.bot.glyphs)}\n-# {looking.about(film, looks)}"
            for film, stars, doubt in zip(known, *values, strict=True)
        }
        container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=cards.ACCENT)
        container.add_item(ui.TextDisplay(_heading(len(wanted)) + looking.credit(looks.values())))
        for movie in films:
            text = "\n".join(filter(None, (cards.film_of(recommender.catalogue, movie), lines.get(movie))))
            container.add_item(looking.pictured(text, recommender.catalogue.get(movie), looks))
            container.add_item(_buttons(movie, movie in lines))
        for entry in (entry for entry in shown if isinstance(entry, UnknownMark)):
            container.add_item(
                ui.TextDisplay(f"{cards.typed(entry.written)}\n-# It joins the others as soon as I know the film")
            )
            container.add_item(ui.ActionRow(Unmark(saved.member, entry.id)))
        if (buttons := page_buttons(saved.id, page, pages)) is not None:
            container.add_item(buttons)
        return Card().add_item(container)

    async def _names(self, member: int) -> dict[int, str]:
        """Film on the member's list -> its label; those that the catalogue lacks are named by their number."""
        get = self.bot.serving.recommender.catalogue.get
        wanted = await self.bot.store.watchlists.of(member)
        return {movie: film.label if (film := get(movie)) else f"Film {movie}" for movie in wanted}


def _heading(wanted: int) -> str:
    best = "`/recommend from: my watchlist` puts what fits you best first"
    return f"### Your watchlist\n-# {cards.count(wanted, 'film')}, newest first · {best}"


def _buttons(movie: int, known: bool) -> ui.ActionRow[ui.LayoutView]:
    row: ui.ActionRow[ui.LayoutView] = ui.ActionRow()
    if known:
        row.add_item(Seen(movie))
    return row.add_item(Unwant(movie, label="Remove"))


async def setup(bot: Marquee) -> None:
    await bot.add_cog(Watchlist(bot))
