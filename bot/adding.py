"""Films that members add: the button that offers it, the form, and what becomes of what is typed into it."""

import asyncio
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import discord
from discord import ui

from bot import cards
from bot.app import Marquee
from bot.custom_id import CustomId
from bot.gate import Item
from bot.items import AskStars, Say, rated
from bot.refusal import Refusal
from bot.replies import UNFIT, Form, answer, note
from bot.store.typed import MOST_A_DAY, Enough
from bot.titles import known
from recommender import Movie
from recommender.catalogue import name_and_year, names_of
from recommender.text import beginning, title_key, visible

LONGEST_TITLE = 100  # characters
CARRIED_TITLE = 68  # characters that fit an Add's custom_id beside an owner and stars
FIRST_YEAR, YEARS_AHEAD = 1870, 5  # films are announced years before they come
MOST_GENRES, OFFERED_GENRES = 3, 25
FORM = CustomId("adding:{stars}:{title}")


class Facts(NamedTuple):
    """What a member says of a film."""

    title: str
    year: int | None
    genres: tuple[str, ...]


class Add(Item[ui.Button[Any]], custom_id="add:{owner}:{stars}:{title}"):
    """Offers to add a film that nobody knows, and then to give it these stars. title: as much of it as there is room for."""

    def __init__(self, owner: int, stars: float | None, title: str, label: str = "Add it") -> None:
        self._stars, self._title = stars, beginning(visible(title), CARRIED_TITLE)
        custom_id = self.layout.of(owner=owner, stars=stars, title=self._title)
        super().__init__(ui.Button(label=label, style=discord.ButtonStyle.secondary, custom_id=custom_id))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        custom_id = FORM.of(stars=self._stars, title=self._title)
        await interaction.response.send_modal(FilmForm(interaction.client, custom_id, as_typed(self._title)))


class FilmForm(Form, title="What film is it?"):
    """Asks for a film's title, year and genres. What is typed comes to whoever receives this custom_id."""

    def __init__(self, bot: Marquee, custom_id: str, facts: Facts) -> None:
        super().__init__(custom_id=custom_id)
        title: ui.TextInput[Any] = ui.TextInput(
            default=facts.title or None, max_length=LONGEST_TITLE, custom_id="title"
        )
        year: ui.TextInput[Any] = ui.TextInput(
            default=None if facts.year is None else str(facts.year), required=False, max_length=4, custom_id="year"
        )
        self.add_item(ui.Label(text="Title", component=title))
        self.add_item(
            ui.Label(text="Year", description="If you know it. By it I recognise the film later.", component=year)
        )
        if offered := _offered(bot):
            options = [
                discord.SelectOption(label=genre, value=genre, default=genre in facts.genres) for genre in offered
            ]
            genres: ui.Select[Any] = ui.Select(
                options=options,
                min_values=0,
                max_values=min(MOST_GENRES, len(offered)),
                required=False,
                custom_id="genres",
            )
            self.add_item(
                ui.Label(text="Genres", description="Up to three. They tell me who may like it.", component=genres)
            )


def as_typed(text: str) -> Facts:
    """What a title says, with its year or without."""
    title, year = name_and_year(text)
    return Facts(title, year, ())


def facts_of(bot: Marquee, typed: dict[str, list[str]]) -> Facts:
    """What was typed into a FilmForm; a Refusal for what no film has."""
    title, written = (visible("".join(typed.get(name, ()))) for name in ("title", "year"))
    if len(title) > LONGEST_TITLE:
        raise Refusal(f"A title has {LONGEST_TITLE} characters at most. Type its beginning.")
    title, year = name_and_year(title)
    if not any(map(str.isalnum, title)):
        raise Refusal("A title has letters or digits. Type it as it is on the poster.")
    if written or year is not None:
        year = _year(bot, written or str(year))
    genres = tuple(dict.fromkeys(typed.get("genres", ())))
    if len(genres) > MOST_GENRES or not set(genres) <= set(_offered(bot)):
        raise Refusal(UNFIT)
    return Facts(title, year, genres)


def _year(bot: Marquee, written: str) -> int:
    last = datetime.fromtimestamp(bot.now(), UTC).year + YEARS_AHEAD
    if not re.fullmatch(r"[0-9]{4}", written) or not FIRST_YEAR <= int(written) <= last:
        raise Refusal(
            f"“{cards.escape(written, 20)}” is no year of a film. Type four digits, from {FIRST_YEAR} to {last}, "
            "or leave it empty."
        )
    return int(written)


def _offered(bot: Marquee) -> Sequence[str]:
    return bot.serving.recommender.catalogue.genres[:OFFERED_GENRES]


async def add(bot: Marquee, member: int, facts: Facts) -> tuple[Movie, str]:
    """The film with these facts, which is there and served from now on, and a sentence that says so. Stars and evenings that
    waited for it under its title count at once."""
    titles = {(title_key(name), facts.year) for name in names_of(facts.title)}
    found = set((await asyncio.to_thread(known.films_of, bot.serving.recommender.films, titles)).values())
    if len(found) == 1:
        film = bot.serving.film(found.pop())
        return film, f"I know {cards.film(film)} already."
    try:
        movie = await bot.store.typed.add(member, *facts, bot.now())
    except Enough:
        raise Refusal(
            f"You have added {MOST_A_DAY} films within a day, which is as many as one person may. Try again tomorrow."
        ) from None
    await bot.renew_films()
    film = bot.serving.film(bot.aliases.get(movie, movie))
    await known.settle(bot.store, bot.serving.recommender.films, film)
    return film, f"{cards.film(film)} is a film here now: whoever uses me can find and rate it."


async def _added(
    interaction: discord.Interaction[Marquee], typed: dict[str, list[str]], stars: float | None, title: str
) -> None:
    bot, member = interaction.client, interaction.user.id
    facts = facts_of(bot, typed)
    await interaction.response.defer(ephemeral=True, thinking=True)  # a large catalogue takes seconds to make anew
    film, said = await add(bot, member, facts)
    if stars is None:
        await answer(interaction, without_stars(member, film, said))
        return
    before = await bot.store.rate(member, film.id, stars, bot.now())
    await answer(
        interaction, rated(member, film, stars, before, await bot.store.rating_count(member), bot.glyphs, said)
    )


def without_stars(member: int, film: Movie, said: str) -> ui.LayoutView:
    """The card of a film that was added without stars."""
    more = Say(member, "similar", film.id, label="More like this")
    return note(f"{said}\n-# {cards.about(film)}", AskStars(member, film.id), more, accent=cards.DONE)


async def setup(bot: Marquee) -> None:
    bot.forms[FORM] = _added
