"""/data: what is stored about a member, to take away or to delete."""

import asyncio
import io
from collections.abc import Mapping

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot import cards
from bot.app import Marquee
from bot.export import archive
from bot.gate import refusable
from bot.items import DeleteEverything
from bot.refusal import Refusal
from bot.replies import answer, note

# What a row of each table is to its member: one, and several.
ENTRIES: Mapping[str, tuple[str, str]] = {
    "ratings": ("rating", "ratings"),
    "unknown_ratings": ("rating of a film I don't know", "ratings of films I don't know"),
    "unknown_marks": ("mark of a film I don't know", "marks of films I don't know"),
    "seen": ("film marked as seen", "films marked as seen"),
    "unseen": ("film you have not seen", "films you have not seen"),
    "watchlist": ("film you want to see", "films you want to see"),
    "exclusions": ("exclusion", "exclusions"),
    "privacy": ("choice of what others see", "choices of what others see"),
    "additions": ("addition", "additions"),
    "lists": ("list you asked for", "lists you asked for"),
    "imports": ("file you brought", "files you brought"),
    "import_changes": ("change by your last import", "changes by your last import"),
    "night_members": ("evening you joined", "evenings you joined"),
    "night_suggestions": ("suggestion", "suggestions"),
    "night_votes": ("ballot", "ballots"),
}


class Data(commands.GroupCog, name="data", description="What is stored about you"):
    """Export and deletion."""

    def __init__(self, bot: Marquee) -> None:
        super().__init__()
        self.bot = bot

    @app_commands.command()
    @refusable
    async def export(self, interaction: discord.Interaction[Marquee]) -> None:
        """Everything stored under your id, as files: to read, for programs, and for Letterboxd."""
        await interaction.response.defer(ephemeral=True, thinking=True)  # an upload may take longer than 3 s
        bot, member = self.bot, interaction.user.id
        tables, nights = await bot.store.export(member), await bot.store.past.of(member)
        # Nobody has to wait for their data until a model serves: without one, films are named by their ids.
        films = bot.serving.recommender.catalogue.get if bot.is_serving else lambda _: None
        packed = await asyncio.to_thread(archive, member, tables, nights, films)
        if len(packed) > interaction.filesize_limit:
            raise Refusal(
                f"Your data is {len(packed) / 1e6:.0f} MB, more than Discord lets me send here. Lists you asked for are most of "
                "it, and go after 30 days; or ask whoever hosts me."
            )
        file = discord.File(io.BytesIO(packed), "marquee-data.zip")
        rows = sum(map(len, tables.values()))
        view = note(
            f"Everything stored under your id: {cards.count(rows, 'entry', 'entries')}.\n"
            "-# In the zip: all of it as JSON, tables for a spreadsheet, and `letterboxd.csv`, which letterboxd.com/import takes."
            " `/privacy` says what is kept and why."
        )
        view.add_item(ui.File(file))
        await answer(interaction, view, file=file)

    @app_commands.command()
    @refusable
    async def delete(self, interaction: discord.Interaction[Marquee]) -> None:
        """Delete everything stored under your id."""
        tables = await self.bot.store.export(interaction.user.id)
        if not any(tables.values()):
            raise Refusal("Nothing is stored under your id. `/privacy` says what would be.")
        what = [cards.count(len(rows), *ENTRIES[table]) for table, rows in tables.items() if rows]
        text = (
            f"This deletes all that is stored under your id, for good: {cards.listing(what)}.\n"
            "-# Films that you added or suggested stay, without your name. What the shared model learned from your ratings goes "
            "the next time it learns. Backups keep it for a while: those made by the clock go in turn, "
            "others when my host removes them. `/data export` saves all first."
        )
        await answer(interaction, note(text, DeleteEverything(interaction.user.id)))


async def setup(bot: Marquee) -> None:
    await bot.add_cog(Data(bot))
