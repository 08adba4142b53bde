"""Command options that are more than text: a film, a genre."""

from typing import Any

import discord
from discord import app_commands, ui
from discord.app_commands import Choice
from rapidfuzz import fuzz, process

from bot import cards
from bot.app import Marquee
from bot.items import Say
from bot.tree import Refusal, note
from recommender import Movie

CHOICES = 25
# A genre is accepted from this similarity on: "scifi" is Sci-Fi, "cowboys" is nothing.
GENRE_CUTOFF = 70


class Unsure(Refusal):
    """A title that could be several films. Each button says the same command again, about the film that was meant."""

    def __init__(self, text: str, owner: int, command: str, options: dict[str, Any], films: list[Movie]) -> None:
        super().__init__(f"Which film do you mean by “{cards.escape(text, 100)}”?")
        self._buttons = [
            Say(owner, command, film.id, True, options, label=film.label, style=discord.ButtonStyle.primary)
            for film in films[:5]
        ]

    def view(self) -> ui.LayoutView:
        return note(str(self), *self._buttons)


class FilmOption(app_commands.Transformer):
    """Free text with autocomplete -> Movie, or a refusal if it isn't clear which."""

    async def transform(self, interaction: discord.Interaction[Any], value: Any, /) -> Movie | Refusal:
        bot: Marquee = interaction.client
        if bot.starting is not None:
            return bot.starting
        serving = bot.serving
        found = serving.titles.resolve(str(value))
        if isinstance(found, Movie):
            return found
        if found.movies:
            options = {name: option for name, option in interaction.namespace if name != "movie" and option is not None}
            command = interaction.command.qualified_name if interaction.command else ""
            return Unsure(str(value), interaction.user.id, command, options, list(found.movies))
        newest = serving.newest_year
        return Refusal(
            f"I know no film like “{cards.escape(str(value), 100)}”. My films end in {newest}: try another spelling, "
            "or a part of the title and pick from the list."
        )

    async def autocomplete(
        self, interaction: discord.Interaction[Any], value: Any, /
    ) -> list[Choice[str | int | float]]:
        bot: Marquee = interaction.client
        if not bot.is_serving:
            return []
        matches = bot.serving.titles.search(str(value), CHOICES)
        return [Choice(name=match.movie.label, value=match.movie.label) for match in matches]


class GenreOption(app_commands.Transformer):
    """Free text with autocomplete -> one of the data's genres."""

    async def transform(self, interaction: discord.Interaction[Any], value: Any, /) -> str | Refusal:
        bot: Marquee = interaction.client
        if bot.starting is not None:
            return bot.starting
        genres = bot.serving.recommender.catalogue.genres
        found = process.extractOne(
            str(value), genres, scorer=fuzz.WRatio, processor=_letters, score_cutoff=GENRE_CUTOFF
        )
        if found is None:
            return Refusal(f"I know no genre “{cards.escape(str(value), 50)}”. There are: {', '.join(genres)}.")
        return str(found[0])

    async def autocomplete(
        self, interaction: discord.Interaction[Any], value: Any, /
    ) -> list[Choice[str | int | float]]:
        bot: Marquee = interaction.client
        if not bot.is_serving:
            return []
        typed = _letters(str(value))
        genres = [genre for genre in bot.serving.recommender.catalogue.genres if typed in _letters(genre)]
        return [Choice(name=genre, value=genre) for genre in genres[:CHOICES]]


def _letters(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


Film = app_commands.Transform[Movie, FilmOption]
Genre = app_commands.Transform[str, GenreOption]
FromYear = app_commands.Range[int, 1870, 2100]
ToYear = app_commands.Range[int, 1870, 2100]
Count = app_commands.Range[int, 1, 25]
