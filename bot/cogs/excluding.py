"""/exclude: what a member never wants recommended."""

import discord
import numpy as np
from discord import app_commands, ui
from discord.app_commands import Choice
from discord.ext import commands

from bot import advice, cards
from bot.advice import phrases
from bot.app import Marquee
from bot.gate import refusable
from bot.items import LeaveOut, Unexclude, leave_out, page_buttons, with_counts
from bot.options import Film, Genre, Phrases, fitting, meant
from bot.refusal import Refusal
from bot.replies import Card, Question, answer, note
from bot.store import Exclusion, SavedList
from recommender import Filters

PAGE = 8
MANY = 200  # films; words that hide more are asked about first


class Excluding(commands.GroupCog, name="exclude", description="Choose what is never recommended to you"):
    """A member's exclusions."""

    def __init__(self, bot: Marquee) -> None:
        super().__init__()
        self.bot = bot
        bot.pages["exclude list"] = self.page

    @app_commands.command()
    @app_commands.describe(text="Words in a title; commas separate phrases, for example: Star Wars, zombie")
    @refusable
    async def words(self, interaction: discord.Interaction[Marquee], text: Phrases) -> None:
        """Never recommend films with these words in the title."""
        wanted = phrases(text)
        films = self.bot.serving.recommender.films
        useless = [phrase for phrase in wanted if not any(map(str.isalnum, phrase))]
        if not wanted or useless:
            raise Refusal("Give me some words, for example `/exclude words text: Star Wars, zombie`.")
        member = interaction.user.id
        known = advice.unwanted_films(self.bot.serving, await self.bot.store.exclusions(member))
        hidden = np.logical_or.reduce([films.with_phrase(phrase) for phrase in wanted]) & ~known
        if hidden.sum() > MANY:
            request = {"phrases": wanted}
            saved = await self.bot.store.lists.save(member, "exclude words", request, [], self.bot.now())
            if saved.id is None:
                raise Refusal("I can't save anything at the moment, so nothing was left out. Try again later.")
            raise Question(
                f"That would hide {cards.count(int(hidden.sum()), 'film')} from you: "
                f"titles with {with_counts(self.bot, wanted)}. Shall I leave them all out?",
                [LeaveOut(member, saved.id)],
            )
        await leave_out(interaction, wanted)

    @app_commands.command()
    @app_commands.describe(movie="Any part of the title")
    @refusable
    async def movie(self, interaction: discord.Interaction[Marquee], movie: Film) -> None:
        """Never recommend this film."""
        entry = await self.bot.store.exclude(interaction.user.id, "movie", str(movie.id), self.bot.now())
        await self._confirm(interaction, cards.film(movie), entry)

    @app_commands.command()
    @app_commands.describe(genre="The genre to leave out")
    @refusable
    async def genre(self, interaction: discord.Interaction[Marquee], genre: Genre) -> None:
        """Never recommend films of this genre."""
        entry = await self.bot.store.exclude(interaction.user.id, "genre", genre, self.bot.now())
        hides = int(self.bot.serving.recommender.films.admitted(Filters(genre=genre)).sum())
        await self._confirm(
            interaction, f"the genre **{cards.escape(genre)}**", entry, f" That hides {cards.count(hides, 'film')}."
        )

    async def _confirm(
        self, interaction: discord.Interaction[Marquee], what: str, entry: Exclusion | None, more: str = ""
    ) -> None:
        if entry is None:
            await answer(interaction, note(f"You left out {what} already.\n-# See `/exclude list`"))
            return
        undo = Unexclude(interaction.user.id, entry.id, True)
        await answer(interaction, note(f"I won't recommend {what} to you.{more}", undo, accent=cards.DONE))

    @app_commands.command(name="list")
    @refusable
    async def list_(self, interaction: discord.Interaction[Marquee]) -> None:
        """What is never recommended to you, each with a way to bring it back."""
        saved = await self.bot.store.lists.save(interaction.user.id, "exclude list", {}, [], self.bot.now())
        await answer(interaction, await self.page(interaction, saved, 0))

    @app_commands.command()
    @app_commands.describe(entry="One of your exclusions")
    @refusable
    async def remove(self, interaction: discord.Interaction[Marquee], entry: str) -> None:
        """Bring something back that you left out."""
        member = interaction.user.id
        names = {e.id: self._plain(e) for e in await self.bot.store.exclusions(member)}
        found = meant(entry, names)
        removed = None if found is None else await self.bot.store.unexclude(member, found)
        if removed is None:
            raise Refusal(
                f"You haven't excluded anything like “{cards.escape(entry, 100)}”. `/exclude list` shows what there is."
            )
        await answer(interaction, note(f"No longer excluded: {self._name(removed)}.", accent=cards.DONE))

    @remove.autocomplete("entry")
    async def _entries(self, interaction: discord.Interaction[Marquee], typed: str) -> list[Choice[str]]:
        if not self.bot.is_serving:
            return []
        return fitting(typed, map(self._plain, await self.bot.store.exclusions(interaction.user.id)))

    async def page(self, _: discord.Interaction[Marquee], saved: SavedList, page: int) -> ui.LayoutView:
        """Some of the member's exclusions, as they are now."""
        entries = await self.bot.store.exclusions(saved.member)
        if not entries:
            return note(
                "You haven't excluded anything yet. Use `/exclude words`, `/exclude movie` or `/exclude genre`."
            )
        pages = -(-len(entries) // PAGE)
        page = min(page, pages - 1)
        container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=cards.ACCENT)
        container.add_item(ui.TextDisplay(f"### Never recommended to you\n-# {len(entries):,} in all"))
        for entry in entries[page * PAGE : (page + 1) * PAGE]:
            button = Unexclude(saved.member, entry.id, label="Remove")
            container.add_item(ui.Section(ui.TextDisplay(_sentence(self._name(entry))), accessory=button))
        if (buttons := page_buttons(saved.id, page, pages)) is not None:
            container.add_item(buttons)
        return Card().add_item(container)

    def _name(self, entry: Exclusion) -> str:
        return cards.exclusion(entry, self.bot.serving.recommender.catalogue)

    def _plain(self, entry: Exclusion) -> str:
        """What `remove` offers and reads: the title, the genre or the words alone."""
        if entry.kind != "movie":
            return entry.value
        film = self.bot.serving.recommender.catalogue.get(int(entry.value))
        return film.label if film else f"film {entry.value}"


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


async def setup(bot: Marquee) -> None:
    await bot.add_cog(Excluding(bot))
