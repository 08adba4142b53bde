"""/start: a member's first minutes, and a server's."""

import logging

import discord
from discord import app_commands
from discord.ext import commands

from bot import cards
from bot.app import Marquee
from bot.asking import Start, ask
from bot.discord_faults import DISCORD_FAULTS
from bot.gate import refusable
from bot.replies import note

log = logging.getLogger(__name__)

WELCOME = (
    "### Hello, I'm Marquee\n"
    "I find films for each of you, and for all of you on movie nights. For that I learn from the stars you give.\n"
    "*Start* asks about a few films, one press each, and only you see it. `/start` does the same, `/help` shows the rest."
)
NEEDED = discord.Permissions(view_channel=True, send_messages=True)


class Starting(commands.Cog):
    """How members and the bot get to know each other."""

    def __init__(self, bot: Marquee) -> None:
        self.bot = bot

    @app_commands.command()
    @refusable
    async def start(self, interaction: discord.Interaction[Marquee]) -> None:
        """Say how you liked a few films, so that I get to know you."""
        await ask(interaction)

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Say hello where Discord's own messages go, if the bot may write there. discord.py tells of each join once, and not of
        a server that was only away."""
        channel = guild.system_channel
        if channel is None or not channel.permissions_for(guild.me) >= NEEDED:
            return
        try:
            await channel.send(view=note(WELCOME, Start(), accent=cards.ACCENT))
        except DISCORD_FAULTS as error:
            log.warning("could not say hello on a server: %r", error)


async def setup(bot: Marquee) -> None:
    await bot.add_cog(Starting(bot))
