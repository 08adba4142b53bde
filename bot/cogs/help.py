"""/help."""

import discord
from discord import app_commands
from discord.ext import commands

from bot import cards
from bot.app import Marquee
from bot.asking import Start
from bot.films.look import CREDIT, JUSTWATCH
from bot.gate import refusable
from bot.replies import answer, note

TEXT = """### Movie nights with Marquee
Rate films, and I tell you what you are likely to enjoy. Every rating counts at once.

**Start here**
`/start` names films, and you say how you liked them, one press each: after five you get a first list
`/import file` brings your ratings from Letterboxd, IMDb, Trakt and others
`/rate` any film. One I don't know, you can add
`/recommend` the best films for you, and why; `style` makes them familiar, balanced or adventurous
-# The match is how well a film fits you: how much you'd like it and how likely somebody like you picks it. It sets the order.
-# After the star is what I expect you to give it, and after ± how far I may be off, moods aside: less, the more you rate.
`/similar` films like one you name
`/film` one film: what you'd give it and why, and what people here gave it
`/top` the best films, whatever your taste
`/watchlist` what you want to see; `/recommend from: my watchlist` says what of it fits you best

**Decide together**
`/night start` asks who is in, picks five films that suit you all, and lets you vote
`/night suggest` puts a film of yours to the vote
`/night later` what lost a vote here; `/night start from:` picks from that, or from your watchlists

**Know yourselves**
`/taste` a picture of what you like
`/match` how alike you and somebody else are
`/club` what this server loves, and what divides it

**Make it yours**
`/exclude` titles, films or genres you never want to see in a list
`/ratings` what you rated and saw, to change or remove
`/privacy` what I keep about you, and what others may see of it
`/data` take everything stored about you away, or delete it

Answers are private unless you choose `share`. Buttons on a shared list act for whoever presses them."""

NO_TOKEN = (
    "For posters, trailers and where to watch, whoever hosts me makes a free account at themoviedb.org, and copies its API Read "
    "Access Token to `TMDB_TOKEN`."
)


class Help(commands.Cog):
    """What the bot does, in one card."""

    def __init__(self, bot: Marquee) -> None:
        self.bot = bot

    @app_commands.command()
    @refusable
    async def help(self, interaction: discord.Interaction[Marquee]) -> None:
        """What I do and how to start."""
        films = ""
        if self.bot.is_serving:
            serving = self.bot.serving
            films = (
                f"\n\n-# I know {cards.count(len(serving.recommender.catalogue), 'film')}, "
                f"the newest from {serving.newest_year}."
            )
        looks = NO_TOKEN if self.bot.looks is None else f"{CREDIT} {JUSTWATCH}."
        await answer(interaction, note(f"{TEXT}{films}\n-# {looks}", Start(), accent=cards.ACCENT))


async def setup(bot: Marquee) -> None:
    await bot.add_cog(Help(bot))
