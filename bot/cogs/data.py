"""/data: what is stored about a member, to take away or to delete."""

import io
import json

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot import cards
from bot.app import Marquee
from bot.gate import refusable
from bot.items import DeleteEverything
from bot.refusal import Refusal
from bot.replies import answer, note


class Data(commands.GroupCog, name="data", description="What is stored about you"):
    """Export and deletion."""

    def __init__(self, bot: Marquee) -> None:
        super().__init__()
        self.bot = bot

    @app_commands.command()
    @refusable
    async def export(self, interaction: discord.Interaction[Marquee]) -> None:
        """Everything stored under your id, as a file."""
        tables = await self.bot.store.export(interaction.user.id)
        document = {"member": str(interaction.user.id), "tables": tables}
        text = json.dumps(document, indent=2, ensure_ascii=False)
        file = discord.File(io.BytesIO(text.encode()), "marquee-data.json")
        rows = sum(map(len, tables.values()))
        view = note(
            f"Everything stored under your id: {cards.count(rows, 'entry', 'entries')}.\n-# `/privacy` says what is kept and why."
        )
        view.add_item(ui.File(file))
        await answer(interaction, view, file=file)

    @app_commands.command()
    @refusable
    async def delete(self, interaction: discord.Interaction[Marquee]) -> None:
        """Delete everything stored under your id."""
        rows = sum(map(len, (await self.bot.store.export(interaction.user.id)).values()))
        if not rows:
            raise Refusal("Nothing is stored under your id.")
        entries = cards.count(rows, "entry", "entries")
        text = f"This deletes all that is stored under your id, {entries}, for good. `/data export` saves it first."
        await answer(interaction, note(text, DeleteEverything(interaction.user.id)))


async def setup(bot: Marquee) -> None:
    await bot.add_cog(Data(bot))
