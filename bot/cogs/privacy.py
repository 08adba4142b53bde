"""/privacy: what is kept about a member, and what others may see of it."""

import discord
from discord import app_commands
from discord.ext import commands

from bot import privacy
from bot.app import Marquee
from bot.gate import refusable
from bot.replies import answer


class Privacy(commands.Cog):
    """What is kept, and the switches."""

    def __init__(self, bot: Marquee) -> None:
        self.bot = bot

    @app_commands.command()
    @refusable
    async def privacy(self, interaction: discord.Interaction[Marquee]) -> None:
        """What I keep about you, and what others may see of it."""
        member = interaction.user.id
        await answer(interaction, privacy.card(member, await self.bot.store.privacy.of(member)))


async def setup(bot: Marquee) -> None:
    await bot.add_cog(Privacy(bot))
