"""/import: ratings from elsewhere."""

import discord
from discord import app_commands
from discord.ext import commands

from bot import importing
from bot.app import Marquee
from bot.gate import refusable
from bot.replies import answer


class Importing(commands.GroupCog, name="import", description="Bring your ratings from elsewhere"):
    """What a member brings along."""

    def __init__(self, bot: Marquee) -> None:
        super().__init__()
        self.bot = bot

    @app_commands.command()
    @app_commands.describe(
        file="What Letterboxd, IMDb, Trakt or another site gives you: a zip, CSV or JSON of up to 10 MB"
    )
    @refusable
    async def file(self, interaction: discord.Interaction[Marquee], file: discord.Attachment) -> None:
        """Your ratings from Letterboxd, IMDb, Trakt and others. You see what it changes before it does."""
        importing.check(interaction, file)
        await interaction.response.defer(ephemeral=True, thinking=True)
        await importing.arrive(interaction, file)

    @app_commands.command()
    @refusable
    async def undo(self, interaction: discord.Interaction[Marquee]) -> None:
        """Take your last import back."""
        await answer(interaction, await importing.last_import(interaction))


async def setup(bot: Marquee) -> None:
    await bot.add_cog(Importing(bot))
