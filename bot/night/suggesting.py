"""A film of one's own for a night: from what a member typed to a candidate."""

from typing import Any

import discord
from discord import ui

from bot import cards
from bot.app import Marquee
from bot.gate import Item
from bot.night import steps
from bot.night.board import refresh
from bot.night.buttons import Suggestion
from bot.night.look import ROW
from bot.refusal import Refusal
from bot.replies import answer, note, report
from bot.store import Night
from recommender import Movie
from recommender.text import beginning, visible

LONGEST_TITLE = 80  # characters that fit a button's custom_id


async def submitted(interaction: discord.Interaction[Any]) -> None:
    """Take what was typed into a Suggestion; anything else is passed over."""
    data: Any = interaction.data or {}
    read = Suggestion.layout.read(data.get("custom_id", ""))
    if interaction.type is not discord.InteractionType.modal_submit or read is None:
        return
    # A modal goes through neither the tree's gate nor its error handler, so both are applied here.
    if not interaction.client.tree.is_fresh(interaction):
        return
    try:
        [row] = data["components"]
        [field] = row["components"]
        await suggest(interaction, await steps.find_here(interaction, read["night"]), field["value"])
    except Exception as error:
        await report(interaction, error)


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
    await answer(interaction, note(f"{shown} is in. It is voted on like the others.", accent=cards.DONE))
    if isinstance(film, Movie):
        await steps.score(interaction.client, night, film.id)
    await refresh(interaction.client, night.id)


async def setup(bot: Marquee) -> None:
    bot.add_listener(submitted, "on_interaction")
