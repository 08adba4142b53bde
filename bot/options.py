"""Command options that are more than text: a film, a genre, stars."""

import asyncio
import re
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, cast

import discord
from discord import app_commands
from discord.app_commands import Choice
from rapidfuzz import fuzz, process

from bot import cards, filtering, languages
from bot.adding import Add
from bot.app import Marquee
from bot.items import STARS, Say
from bot.refusal import Refusal
from bot.replies import Question
from recommender import Movie
from recommender.text import beginning, folded, spaced_words, unaccented, visible

CHOICES, LONGEST_VALUE, ROW = 25, 100, 5  # Discord's limits; a row holds so many buttons
LEAST_MINUTES, MOST_MINUTES = 30, 600
ANY_LANGUAGE = "any language"
NAMED = 8  # languages, in an answer
# Similarity, 0 to 100, from which typed text counts as the name of something that the member has.
NAME_CUTOFF = 75
# A genre is accepted from this similarity (0 to 100), or once this many of its first letters are typed.
GENRE_CUTOFF = 70
GENRE_BEGINNING = 3
GENRE_NAMES = {"sciencefiction": "scifi", "cartoon": "animation", "kids": "children", "noir": "filmnoir"}


class Unsure(Question):
    """A title that could be several films. Each button says the same command again, about the film that was meant; other: what
    else there is to press."""

    def __init__(
        self, text: str, owner: int, command: str, options: dict[str, Any], films: list[Movie], other: list[Add]
    ) -> None:
        buttons = [
            Say(owner, command, film.id, True, options, label=cards.button(film), style=discord.ButtonStyle.primary)
            for film in films[: ROW - len(other)]
        ]
        super().__init__(cards.question(text, len(films)), [*buttons, *other])


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
        options = {name: option for name, option in interaction.namespace if name != "movie" and option is not None}
        command = interaction.command.qualified_name if interaction.command else ""
        # Who rates a film has seen it: it exists, whatever the data sets say.
        label = "Another: add it" if found.movies else "Add it"
        add = [Add(interaction.user.id, _stars(options), str(value), label)] if command == "rate" else []
        if found.movies:
            return Unsure(str(value), interaction.user.id, command, options, list(found.movies), add)
        text = (
            f"I don't know “{cards.escape(str(value), 100)}”. My films end in {serving.newest_year}. Try another spelling, "
            "or type part of the title and pick from the list."
        )
        return (
            Question(f"{text} Or add it: then it is a film here, and your stars count.", add) if add else Refusal(text)
        )

    async def autocomplete(
        self, interaction: discord.Interaction[Any], value: Any, /
    ) -> list[Choice[str | int | float]]:
        choices = await film_choices(interaction.client, interaction.user.id, str(value))
        return cast("list[Choice[str | int | float]]", choices)


async def film_choices(bot: Marquee, member: int, typed: str) -> list[Choice[str]]:
    """Films that fit what was typed, or a line that says that none does; where nothing was typed, well-known films that the
    member has neither rated nor seen."""
    if not bot.is_serving:
        return []
    titles = bot.serving.titles
    if not visible(typed):
        known = (await bot.store.history(member)).keys() | (await bot.store.seen(member)).keys()
        films = list(islice((film for film in titles.best_known() if film.id not in known), CHOICES))
    else:
        films = titles.fitting(typed, CHOICES)
        # Where every word is misspelled none fits, and yet all of them may surely name a film.
        if not films and isinstance(meant := titles.resolve(typed), Movie):
            films = [meant]
    if films:
        return [Choice(name=film.label, value=film.label) for film in films]
    return [
        Choice(
            name=f"No film like that here. My films end in {bot.serving.newest_year}.",
            value=beginning(visible(typed), LONGEST_VALUE),
        )
    ]


class LanguageOption(app_commands.Transformer):
    """Free text with autocomplete -> a language that films have, ISO 639-1; or "" for any, where that is offered."""

    def __init__(self, offers_any: bool = False) -> None:
        self._offers_any = offers_any

    async def transform(self, interaction: discord.Interaction[Any], value: Any, /) -> str | Refusal:
        bot: Marquee = interaction.client
        if self._offers_any and unaccented(str(value)) in ("any", ANY_LANGUAGE):
            return ""
        if bot.starting is not None:
            return bot.starting
        codes = bot.serving.recommender.films.languages
        # In a thread: the names that languages have for themselves are read the first time.
        code = await asyncio.to_thread(languages.meant, codes, str(value))
        if code is not None:
            return code
        if not codes:
            return Refusal("I don't know the language of any film yet, so I can't choose by it.")
        most = ", ".join(map(languages.name, codes[:NAMED]))
        return Refusal(
            f"I have no films in “{cards.escape(str(value), 50)}”, or don't know the language by that name. Most of my films are "
            f"in {most}; type a few letters, and pick from the list."
        )

    async def autocomplete(
        self, interaction: discord.Interaction[Any], value: Any, /
    ) -> list[Choice[str | int | float]]:
        bot: Marquee = interaction.client
        typed = unaccented(str(value))
        first = [Choice(name=ANY_LANGUAGE, value="any")] if self._offers_any and ANY_LANGUAGE.startswith(typed) else []
        codes = bot.serving.recommender.films.languages if bot.is_serving else []
        found = await asyncio.to_thread(languages.fitting, codes, typed)
        choices = [*first, *(Choice(name=languages.name(code), value=code) for code in found)]
        return cast("list[Choice[str | int | float]]", choices[:CHOICES])


class MinutesOption(app_commands.Transformer):
    """The longest that a film may be, in minutes; 0 for any length."""

    type = discord.AppCommandOptionType.integer
    min_value, max_value = 0, MOST_MINUTES

    async def transform(self, _: discord.Interaction[Any], value: Any, /) -> int | Refusal:
        minutes = int(value)
        if 0 < minutes < LEAST_MINUTES:
            return Refusal(f"`max_minutes` takes {LEAST_MINUTES} to {MOST_MINUTES}, or 0 for any length.")
        return minutes


class GenreOption(app_commands.Transformer):
    """Free text with autocomplete -> one of the data's genres."""

    async def transform(self, interaction: discord.Interaction[Any], value: Any, /) -> str | Refusal:
        bot: Marquee = interaction.client
        if bot.starting is not None:
            return bot.starting
        genres = {_letters(genre): genre for genre in bot.serving.recommender.catalogue.genres}
        typed = _letters(str(value))
        typed = GENRE_NAMES.get(typed, typed)
        begun = [name for name in genres if len(typed) >= GENRE_BEGINNING and name.startswith(typed)]
        alike = process.extractOne(typed, list(genres), scorer=fuzz.ratio, score_cutoff=GENRE_CUTOFF)
        if len(begun) != 1 and alike is None:
            return Refusal(
                f"I don't know the genre “{cards.escape(str(value), 50)}”. "
                f"Choose from: {', '.join(map(cards.escape, genres.values()))}."
            )
        return genres[begun[0] if len(begun) == 1 else cast("tuple[str, float, int]", alike)[0]]

    async def autocomplete(
        self, interaction: discord.Interaction[Any], value: Any, /
    ) -> list[Choice[str | int | float]]:
        bot: Marquee = interaction.client
        if not bot.is_serving:
            return []
        typed = _letters(str(value))
        genres = [genre for genre in bot.serving.recommender.catalogue.genres if typed in _letters(genre)]
        return [Choice(name=genre, value=genre) for genre in genres[:CHOICES]]


def meant(typed: str, names: Mapping[int, str]) -> int | None:
    """Which of what a member has was named; None if nothing is called anything like it."""
    found = process.extractOne(typed, names, scorer=fuzz.WRatio, processor=folded, score_cutoff=NAME_CUTOFF)
    return None if found is None else found[2]


def fitting(typed: str, names: Iterable[str]) -> list[Choice[str]]:
    """The names of what a member has that have in them what was typed, each once."""
    parts = dict.fromkeys(name[:LONGEST_VALUE] for name in names if folded(typed).strip() in folded(name))
    return [Choice(name=name, value=name) for name in islice(parts, CHOICES)]


def _letters(text: str) -> str:
    """Letters and digits alone: "Sci-Fi" -> "scifi"."""
    return spaced_words(text).replace(" ", "")


def _stars(options: dict[str, Any]) -> float | None:
    """Those that were chosen beside a film, if they are any."""
    return next((stars for stars in STARS if stars == options.get("stars")), None)


def stars_fitting(typed: str) -> list[float]:
    """The stars that what was typed names or begins to name, what it names first; where nothing was typed, all from the best."""
    plain = re.sub(r"[★⭐*]+", lambda row: str(len(row[0])), "".join(typed.split()), count=1)
    plain = re.sub("½|1/2", ".5", plain).replace(",", ".")
    if not plain:
        return STARS
    return [stars for stars in sorted(STARS) if str(stars).startswith(plain if plain[0].isdigit() else f"0{plain}")]


Film = app_commands.Transform[Movie, FilmOption]
Genre = app_commands.Transform[str, GenreOption]
FromYear = app_commands.Range[int, 1870, 2100]
ToYear = app_commands.Range[int, 1870, 2100]
MaxMinutes = app_commands.Range[int, LEAST_MINUTES, MOST_MINUTES]
Language = app_commands.Transform[str, LanguageOption]
DECADE = [Choice(name=cards.decade(first), value=first) for first in filtering.DECADES]
# In an evening, where 0 or "" is said in place of the server's usual.
MinutesOrAny = app_commands.Transform[int, MinutesOption]
LanguageOrAny = app_commands.Transform[str, LanguageOption(offers_any=True)]
DECADE_OR_ANY = [Choice(name="any decade", value=0), *DECADE]
Phrases = app_commands.Range[str, 1, 200]
Count = app_commands.Range[int, 1, 25]
