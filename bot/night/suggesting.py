"""A film of one's own for a night: from what a member typed to a candidate."""

from typing import Any

import discord
from discord import ui

from bot import adding, cards
from bot.app import Marquee
from bot.custom_id import CustomId
from bot.gate import Item
from bot.night import steps
from bot.night.ballot import ROW
from bot.night.board import refresh
from bot.night.buttons import Suggestion
from bot.refusal import Refusal
from bot.replies import answer, note
from bot.store import Night
from recommender import Movie
from recommender.text import beginning, visible

LONGEST_TITLE = 80  # characters that fit a button's custom_id
ADDING = CustomId("addingto:{night}:{title}")


async def _suggested(interaction: discord.Interaction[Marquee], typed: dict[str, list[str]], night: int) -> None:
    await suggest(interaction, await steps.find_here(interaction, night), "".join(typed.get("movie", ())))


class AddTyped(Item[ui.Button[Any]], custom_id="addto:{night}:{title}"):
    """Offers to add the film that a member put in by this title."""

    def __init__(self, night: int, title: str) -> None:
        self._night, self._title = night, title
        custom_id = self.layout.of(night=night, title=title)
        super().__init__(ui.Button(label="Add it", style=discord.ButtonStyle.secondary, custom_id=custom_id))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        night = await steps.find_here(interaction, self._night)
        custom_id = ADDING.of(night=night.id, title=self._title)
        await interaction.response.send_modal(
            adding.FilmForm(interaction.client, custom_id, adding.as_typed(self._title))
        )


async def _added(
    interaction: discord.Interaction[Marquee], typed: dict[str, list[str]], night: int, title: str
) -> None:
    bot, member = interaction.client, interaction.user.id
    facts = adding.facts_of(bot, typed)
    evening = await steps.find_here(interaction, night)
    await interaction.response.defer(ephemeral=True, thinking=True)
    film, said = await adding.add(bot, member, facts)
    await bot.store.nights.identify(night, member, title, film.id)
    await answer(interaction, adding.without_stars(member, film, said))
    await steps.score(bot, evening, film.id)
    await refresh(bot, night)


class PutIn(Item[ui.Button[Any]], custom_id="putin:{night}:{movie}:{title}"):
    """Puts in the film that was meant; movie 0: the title as it was typed."""

    replaces = True

    def __init__(self, night: int, movie: int, title: str, label: str = "…") -> None:
        self._night, self._movie, self._title = night, movie, title
        style = discord.ButtonStyle.primary if self._movie else discord.ButtonStyle.secondary
        super().__init__(
            ui.Button(label=label, style=style, custom_id=self.layout.of(night=night, movie=movie, title=title))
        )

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        film = interaction.client.serving.film(self._movie) if self._movie else _as_typed(self._title)
        await _put_in(interaction, await steps.find_here(interaction, self._night), film)


async def suggest(interaction: discord.Interaction[Marquee], night: Night, text: str) -> None:
    """Put in a film as it was typed; ask which, if it could be several."""
    bot = interaction.client
    await steps.check_suggesting(bot.store, night, interaction.user.id)
    title = _as_typed(text)
    found = bot.serving.titles.resolve(text)
    if isinstance(found, Movie):
        await _put_in(interaction, night, found)
    elif not found.movies:
        await _put_in(interaction, night, title)
    else:
        films = found.movies[: ROW - 1]
        buttons = [PutIn(night.id, film.id, "", cards.button(film)) for film in films]
        own = PutIn(night.id, 0, title, "As I typed it")
        await answer(interaction, note(cards.question(title, len(films)), *buttons, own))


def _as_typed(text: str) -> str:
    """The title that people see, as long as a button can carry; a Refusal if there is nothing to see."""
    title = beginning(visible(text), LONGEST_TITLE)
    if not title:
        raise Refusal("Which film? Type its title.")
    return title


async def _put_in(interaction: discord.Interaction[Marquee], night: Night, film: Movie | str) -> None:
    shown = await steps.suggest(interaction.client, night, interaction.user.id, film)
    text = f"{shown} is in. It is voted on like the others."
    if isinstance(film, str):
        hint = "I don't know this film. Add it, and I can say how it suits you all."
        await answer(interaction, note(f"{text}\n-# {hint}", AddTyped(night.id, film), accent=cards.DONE))
    else:
        await answer(interaction, note(text, accent=cards.DONE))
        await steps.score(interaction.client, night, film.id)
    await refresh(interaction.client, night.id)


async def setup(bot: Marquee) -> None:
    bot.forms |= {Suggestion.layout: _suggested, ADDING: _added}
