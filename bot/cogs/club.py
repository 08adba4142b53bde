"""/club."""

import discord
from discord import app_commands
from discord.ext import commands

from bot import people
from bot.app import Marquee
from bot.gate import refusable
from bot.portraits import club
from bot.refusal import Refusal
from bot.replies import answer

TOO_FEW = "It takes three people here who let themselves be counted. Everyone can choose to, with `/privacy`: tell the others."
NOT_SAID = "Discord doesn't tell me at the moment who is here. Try again in a minute."


class ClubCog(commands.Cog):
    """What a server's people like."""

    def __init__(self, bot: Marquee) -> None:
        self.bot = bot

    @app_commands.command()
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
    @app_commands.describe(share="Show it to everyone here")
    @refusable
    async def club(self, interaction: discord.Interaction[Marquee], share: bool = False) -> None:
        """What this server loves, what divides it, and who has seen most."""
        if interaction.guild is None:
            raise Refusal("A club is a server's: use this on one.")
        catalogue = self.bot.serving.recommender.catalogue
        if people.is_busy(self.bot, interaction.guild):
            raise Refusal(NOT_SAID)
        members = await people.in_club(self.bot, self.bot.store, interaction.guild)
        if len(members) < people.FEWEST:
            raise Refusal(TOO_FEW)
        await interaction.response.defer(ephemeral=not share, thinking=True)
        found = await club.read(self.bot.store, [member.id for member in members])
        await answer(interaction, club.card(found, interaction.guild.name, catalogue, self.bot.glyphs), share=share)


async def setup(bot: Marquee) -> None:
    await bot.add_cog(ClubCog(bot))
