"""What the bot's owner does with films that members added: see them, rename, merge and remove them.

Their buttons say `film` and not `movie`, which would be read as the film that it is today: once it was merged into another, that
one would be renamed, merged or removed.
"""

from typing import Any

import discord
from discord import ui

from bot import adding, cards
from bot.adding import Facts, FilmForm
from bot.app import Marquee
from bot.custom_id import CustomId
from bot.gate import Item, check_owner
from bot.items import page_buttons
from bot.refusal import Refusal
from bot.replies import Card, Form, Question, answer, note
from bot.store import AddedFilm, SavedList
from bot.store.typed import Taken
from bot.titles.known import namesakes
from recommender import Movie
from recommender.text import title_key

PAGE = 5
MOST_NAMESAKES = 3  # films of the same name that a line tells of
RENAMING, MERGING = CustomId("renaming:{movie}"), CustomId("merging:{movie}")
GONE = "That film is no longer among those that members added. `/admin films` shows them."


async def page(bot: Marquee, saved: SavedList, page: int) -> ui.LayoutView:
    """Five of the films, newest first, with what may be done with each."""
    films = sorted(await _films(bot), key=lambda film: -film.id)
    if not films:
        return note("No member has added a film yet, or all of them came to be known.")
    pages = -(-len(films) // PAGE)
    page = min(page, pages - 1)
    shown = films[page * PAGE : (page + 1) * PAGE]
    raters = await bot.store.typed.raters([film.id for film in shown])
    container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=cards.ACCENT)
    container.add_item(ui.TextDisplay(f"### Films that members added\n-# {cards.count(len(films), 'film')}"))
    for film in shown:
        container.add_item(ui.TextDisplay(_line(bot, film, raters[film.id])))
        row: ui.ActionRow[ui.LayoutView] = ui.ActionRow()
        container.add_item(row.add_item(Rename(film.id)).add_item(Merge(film.id)).add_item(Remove(film.id)))
    if (buttons := page_buttons(saved.id, page, pages)) is not None:
        container.add_item(buttons)
    return Card().add_item(container)


async def _films(bot: Marquee) -> list[AddedFilm]:
    """Those that are no other film today."""
    return [film for film in await bot.store.typed.films() if film.movie == film.id]


def _line(bot: Marquee, film: AddedFilm, raters: int) -> str:
    """What a film is, how many rated it, and which others it may be."""
    genres = cards.escape(", ".join(film.genres), 60) or "no genre"
    facts = f"{cards.typed(film.label)}\n-# {genres} · rated by {raters:,} · added <t:{film.added_at}:R>"
    others = [other for other in namesakes(bot.serving.recommender.films, title_key(film.title)) if other.id != film.id]
    if not others:
        return facts
    return f"{facts}\n-# May be {cards.listing(cards.film(other) for other in others[:MOST_NAMESAKES])}"


async def _film(bot: Marquee, movie: int) -> AddedFilm:
    """The film, or a Refusal if there is none such any more."""
    for film in await _films(bot):
        if film.id == movie:
            return film
    raise Refusal(GONE)


class Rename(Item[ui.Button[Any]], custom_id="renamefilm:{film}"):
    """Asks what the film is."""

    def __init__(self, film: int) -> None:
        self._film = film
        custom_id = self.layout.of(film=film)
        super().__init__(ui.Button(label="Rename", style=discord.ButtonStyle.secondary, custom_id=custom_id))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        await check_owner(interaction)
        film = await _film(interaction.client, self._film)
        facts, custom_id = Facts(film.title, film.year, film.genres), RENAMING.of(movie=film.id)
        await interaction.response.send_modal(FilmForm(interaction.client, custom_id, facts))


async def _renamed(interaction: discord.Interaction[Marquee], typed: dict[str, list[str]], movie: int) -> None:
    await check_owner(interaction)
    bot, facts = interaction.client, adding.facts_of(interaction.client, typed)
    await interaction.response.defer(ephemeral=True, thinking=True)
    before = await _film(bot, movie)
    try:
        if not await bot.store.typed.rename(movie, *facts):
            raise Refusal(GONE)
    except Taken as other:
        film = cards.film_of(bot.serving.recommender.catalogue, other.movie)
        raise Refusal(f"{film} was added too. Merge the two with `/admin films`.") from None
    await bot.renew_films()
    after = await _film(bot, movie)
    await answer(
        interaction, note(f"{cards.typed(before.label)} is now {cards.typed(after.label)}.", accent=cards.DONE)
    )


class Merge(Item[ui.Button[Any]], custom_id="mergefilm:{film}"):
    """Asks which other film it is."""

    def __init__(self, film: int) -> None:
        self._film = film
        custom_id = self.layout.of(film=film)
        super().__init__(ui.Button(label="Merge", style=discord.ButtonStyle.secondary, custom_id=custom_id))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        await check_owner(interaction)
        film = await _film(interaction.client, self._film)
        await interaction.response.send_modal(MergeForm(film))


class MergeForm(Form, title="Which film is it?"):
    """Asks for a film by its title."""

    def __init__(self, film: AddedFilm) -> None:
        super().__init__(custom_id=MERGING.of(movie=film.id))
        title: ui.TextInput[Any] = ui.TextInput(default=film.title, max_length=adding.LONGEST_TITLE, custom_id="title")
        self.add_item(ui.Label(text="The other film", description="I ask again before they are one.", component=title))


async def _other_named(interaction: discord.Interaction[Marquee], typed: dict[str, list[str]], movie: int) -> None:
    await check_owner(interaction)
    bot, text = interaction.client, "".join(typed.get("title", ()))
    film, found = await _film(bot, movie), bot.serving.titles.resolve(text)
    others = [found] if isinstance(found, Movie) else list(found.movies)
    others += namesakes(bot.serving.recommender.films, title_key(film.title))
    offered = list({other.id: other for other in others if other.id != movie}.values())[:5]
    if not offered:
        raise Refusal(f"I know no other film like “{cards.escape(text, 100)}”. Try another spelling.")
    raise Question(
        f"Which film is {cards.typed(film.label)}? Its ratings, marks, exclusions and evenings move there, for good.",
        [MergeInto(movie, other.id, cards.button(other)) for other in offered],
    )


class MergeInto(Item[ui.Button[Any]], custom_id="mergeinto:{film}:{movie}"):
    """Lets a film be another one from now on."""

    replaces = True

    def __init__(self, film: int, movie: int, label: str = "…") -> None:
        self._film, self._other = film, movie
        custom_id = self.layout.of(film=film, movie=movie)
        super().__init__(ui.Button(label=label, style=discord.ButtonStyle.danger, custom_id=custom_id))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        await check_owner(interaction)
        bot = interaction.client
        film, other = await _film(bot, self._film), bot.serving.film(self._other)
        if other.id == film.id:
            raise Refusal("That is the same film. Choose another.")
        await interaction.response.defer()
        if (moved := await bot.store.typed.merge(film.id, other.id)) is None:
            raise Refusal(GONE)
        await bot.renew_films()
        entries = cards.count(moved, "entry", "entries")
        text = f"{cards.typed(film.label)} is {cards.film(other)} now: {entries} moved."
        await interaction.edit_original_response(view=note(text, accent=cards.DONE))


class Remove(Item[ui.Button[Any]], custom_id="removefilm:{film}"):
    """Asks whether the film shall go."""

    def __init__(self, film: int) -> None:
        self._film = film
        custom_id = self.layout.of(film=film)
        super().__init__(ui.Button(label="Remove", style=discord.ButtonStyle.secondary, custom_id=custom_id))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        await check_owner(interaction)
        bot = interaction.client
        film = await _film(bot, self._film)
        raters = (await bot.store.typed.raters([film.id]))[film.id]
        text = f"Remove {cards.typed(film.label)}? Nobody finds it any more."
        if raters:
            stars = cards.count(raters, "rating")
            text += f" {stars} stay with those who gave them, under the title, and count again if it comes back."
        raise Question(text, [RemoveNow(film.id)])


class RemoveNow(Item[ui.Button[Any]], custom_id="removefilmnow:{film}"):
    """The one confirmation."""

    replaces = True

    def __init__(self, film: int) -> None:
        self._film = film
        custom_id = self.layout.of(film=film)
        super().__init__(ui.Button(label="Remove it", style=discord.ButtonStyle.danger, custom_id=custom_id))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        await check_owner(interaction)
        bot = interaction.client
        film = await _film(bot, self._film)
        await interaction.response.defer()
        if not await bot.store.typed.remove(film.id):
            raise Refusal(GONE)
        await bot.renew_films()
        text = f"{cards.typed(film.label)} is no film here any more."
        await interaction.edit_original_response(view=note(text, accent=cards.QUIET))


async def setup(bot: Marquee) -> None:
    bot.pages["admin films"] = lambda _, saved, number: page(bot, saved, number)
    bot.forms |= {RENAMING: _renamed, MERGING: _other_named}
