"""/taste and /match."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import Marquee
from bot.gate import refusable
from bot.portraits import match, picture, taste, words
from bot.refusal import Refusal
from bot.replies import answer

# One sentence for all reasons, so that it tells of nobody whether they turned it on.
HIDDEN = "I can't show you theirs. That takes a server where you both are, and that they turned it on with `/privacy`."
UNMATCHED = (
    "I can't compare you two. That takes a server where you both are, and that they turned it on with `/privacy`."
)


class TasteCog(commands.Cog):
    """What members like, and how alike that is."""

    def __init__(self, bot: Marquee) -> None:
        self.bot = bot

    @app_commands.command()
    @app_commands.describe(member="Whose; without it, yours", share="Show yours to everyone here")
    @refusable
    async def taste(
        self,
        interaction: discord.Interaction[Marquee],
        member: discord.User | None = None,
        share: bool = False,
    ) -> None:
        """A picture of your taste: a map of films, your stars, genres and decades, and what says most about you."""
        whose = member or interaction.user
        other = whose.id != interaction.user.id
        if other and not (_is_here(whose) and (await self.bot.store.privacy.of(whose.id)).picture):
            raise Refusal(HIDDEN)
        if other and share:
            raise Refusal("Only they can show it to everyone. Leave `share` out to see it yourself.")
        films = await taste.films_of(self.bot, whose.id)
        await interaction.response.defer(ephemeral=not share, thinking=True)
        portrait = await taste.portrait(self.bot, interaction.guild, whose.id, films)
        file = await picture.file(portrait, whose.display_name)
        hint = "" if other or share else "Only you see this. `share` shows it to everyone here."
        view = words.card(portrait, file, of=whose.id if other or share else None, hint=hint)
        await answer(interaction, view, share=share, file=file)

    @app_commands.command()
    @app_commands.describe(member="With whom")
    @refusable
    async def match(self, interaction: discord.Interaction[Marquee], member: discord.User) -> None:
        """How alike you and somebody else are, and on which films you differ most."""
        me = interaction.user.id
        if member.id == me:
            raise Refusal("You are just like yourself. Name somebody else.")
        shown = await self.bot.store.privacy.of_all((me, member.id))
        if not shown[me].matches:
            raise Refusal("A match is for two who both agreed to it. Turn yours on first, with `/privacy`.")
        if not (_is_here(member) and shown[member.id].matches):
            raise Refusal(UNMATCHED)
        _ = self.bot.serving  # refuses while there is no model
        await interaction.response.defer(ephemeral=True, thinking=True)
        await answer(interaction, match.card(await match.match(self.bot, me, member.id), member))


def _is_here(person: discord.User | discord.Member) -> bool:
    """Whether somebody who was named is on the server where that was: anyone can be named by their id, who never was and who has
    left. In direct messages nobody is."""
    return isinstance(person, discord.Member)


async def setup(bot: Marquee) -> None:
    await bot.add_cog(TasteCog(bot))
