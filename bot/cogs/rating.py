"""/rate and /ratings."""

import asyncio
from collections.abc import Iterable

import discord
from discord import app_commands, ui
from discord.app_commands import Choice
from discord.ext import commands

from bot import adding, cards, looking
from bot.adding import Add
from bot.app import Marquee
from bot.gate import refusable
from bot.glyphs import TEXT, Glyphs
from bot.items import STARS, AskStars, Unrate, UnrateTyped, Unseen, page_buttons, rated
from bot.options import Film, Phrases, stars_fitting
from bot.refusal import Refusal
from bot.replies import Card, answer, note
from bot.store import SavedList, UnknownMark, UnknownRating
from bot.wanting import Unmark
from recommender.text import spaced_words

PAGE = 5


class Rating(commands.Cog):
    """Members' own ratings."""

    def __init__(self, bot: Marquee) -> None:
        self.bot = bot
        bot.pages["ratings"] = self.page

    @app_commands.command()
    @app_commands.describe(movie="Any part of the title", stars="Half a star to five")
    @refusable
    async def rate(self, interaction: discord.Interaction[Marquee], movie: Film, stars: float) -> None:
        """Rate a film: it counts at once."""
        if stars not in STARS:
            raise Refusal("Stars go from half a star to five, in half steps. Pick one from the list.")
        member = interaction.user.id
        before = await self.bot.store.rate(member, movie.id, stars, self.bot.now())
        count = await self.bot.store.rating_count(member)
        looks = await looking.looks_for(interaction, [movie])
        await answer(interaction, rated(member, movie, stars, before, count, self.bot.glyphs, looks=looks))

    # Fixed choices keep their order whatever is typed: "4" would offer 4.5 before 4.
    @rate.autocomplete("stars")
    async def _stars(self, interaction: discord.Interaction[Marquee], typed: str | float) -> list[Choice[float]]:
        # discord.py gives NaN where nothing is typed into a number.
        fitting = stars_fitting("" if typed != typed else str(typed))
        return [Choice(name=f"{TEXT.stars(stars)}  {cards.number(stars)}", value=stars) for stars in fitting]

    @app_commands.command()
    @app_commands.describe(words="Only films with these words in the title")
    @refusable
    async def ratings(self, interaction: discord.Interaction[Marquee], words: Phrases | None = None) -> None:
        """Your ratings and the films you marked as seen, newest first."""
        member = interaction.user.id
        saved = await self.bot.store.lists.save(member, "ratings", {"words": words}, [], self.bot.now())
        await answer(interaction, await self.page(interaction, saved, 0))

    async def page(self, _: discord.Interaction[Marquee], saved: SavedList, page: int) -> ui.LayoutView:
        """Five of the member's films, as they are now; those that no data set knows come last."""
        store, words = self.bot.store, saved.request["words"]
        given = await store.history(saved.member)
        seen = [movie for movie in await store.seen(saved.member) if movie not in given]
        # In a thread: thousands of titles are read.
        films = await asyncio.to_thread(lambda: [movie for movie in (*given, *seen) if self._matches(movie, words)])
        marks = [mark for mark in await store.unknown.marks(saved.member) if mark.kind == "seen"]
        unknown: list[UnknownRating | UnknownMark] = [*await store.unknown.ratings(saved.member), *marks]
        typed = [entry for entry in unknown if _has_words([entry.written], words)]
        entries: list[int | UnknownRating | UnknownMark] = [*films, *typed]
        total = len(given) + len(seen) + len(unknown)
        if not entries:
            return note(_nothing(bool(total)))
        pages = -(-len(entries) // PAGE)
        page = min(page, pages - 1)
        container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=cards.ACCENT)
        stars = [*(given.get(film) for film in films), *(_stars(entry) for entry in typed)]
        container.add_item(ui.TextDisplay(f"### Your films\n-# {_summary(stars, total, words)}"))
        for entry in entries[page * PAGE : (page + 1) * PAGE]:
            if isinstance(entry, int):
                self._add_film(container, saved.member, entry, given.get(entry))
            else:
                _add_unknown(container, saved.member, entry, self.bot.glyphs)
        if (buttons := page_buttons(saved.id, page, pages)) is not None:
            container.add_item(buttons)
        return Card().add_item(container)

    def _add_film(self, container: ui.Container[ui.LayoutView], member: int, movie: int, stars: float | None) -> None:
        catalogue = self.bot.serving.recommender.catalogue
        name = cards.film_of(catalogue, movie)
        container.add_item(ui.TextDisplay(f"{'Seen' if stars is None else self.bot.glyphs.stars(stars)}  {name}"))
        row: ui.ActionRow[ui.LayoutView] = ui.ActionRow()
        if movie in catalogue:
            row.add_item(AskStars(member, movie, label="Rate it" if stars is None else "Change"))
        row.add_item(
            Unseen(member, movie, label="Not seen") if stars is None else Unrate(member, movie, label="Remove")
        )
        container.add_item(row)

    def _matches(self, movie: int, words: str | None) -> bool:
        film = self.bot.serving.recommender.catalogue.get(movie)
        return _has_words(film.names if film else (), words)


def _stars(entry: UnknownRating | UnknownMark) -> float | None:
    return entry.stars if isinstance(entry, UnknownRating) else None


def _add_unknown(
    container: ui.Container[ui.LayoutView], member: int, entry: UnknownRating | UnknownMark, glyphs: Glyphs
) -> None:
    said = glyphs.stars(entry.stars) if isinstance(entry, UnknownRating) else "Seen"
    container.add_item(ui.TextDisplay(f"{said}  {cards.typed(entry.written)}\n-# Counts as soon as I know the film"))
    row: ui.ActionRow[ui.LayoutView] = ui.ActionRow()
    row.add_item(Add(member, None, entry.written))
    row.add_item(
        UnrateTyped(member, entry.id, label="Remove") if isinstance(entry, UnknownRating) else Unmark(member, entry.id)
    )
    container.add_item(row)


def _has_words(names: Iterable[str], words: str | None) -> bool:
    return not words or spaced_words(words).strip() in spaced_words(" ".join(names))


def _summary(listed: list[float | None], films: int, words: str | None) -> str:
    """What is listed: the stars of each film, None where it is marked as seen; of so many in all, if words narrow them."""
    stars = [given for given in listed if given is not None]
    narrowed = (
        f"{len(listed):,} of your {cards.count(films, 'film')} with “{cards.escape(words, 100)}” in the title"
        if words
        else None
    )
    average = f"{sum(stars) / len(stars):.1f} on average" if stars else None
    marked = f"{len(listed) - len(stars):,} marked as seen" if len(listed) > len(stars) else None
    return " · ".join(filter(None, (narrowed or f"{len(stars):,} rated", average, marked)))


def _nothing(any_films: bool) -> str:
    if any_films:
        return "None of your films has these words in its title. `/ratings` shows all of them."
    return "You haven't rated a film yet. `/start` asks you about some, one press each."


async def setup(bot: Marquee) -> None:
    await adding.setup(bot)
    await bot.add_cog(Rating(bot))
