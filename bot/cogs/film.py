"""/film: one film, and what it is to a member."""

import asyncio

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot import advice, cards, looking, people, reasons
from bot.app import Marquee
from bot.films.look import Look
from bot.gate import refusable
from bot.glyphs import Glyphs
from bot.items import AskStars, Say, Seen, Unexclude, Unseen
from bot.looking import Looks
from bot.options import Film
from bot.replies import Card, answer
from bot.serving import Serving
from bot.store import Exclusion
from bot.wanting import Unwant, Want
from recommender import Movie

# Stars below an average viewer's from which a card says why they are fewer, not what speaks for the film.
LESS = 0.25
SERVICES = 5  # of a kind that are named


class FilmCard(commands.Cog):
    """One film."""

    def __init__(self, bot: Marquee) -> None:
        self.bot = bot

    @app_commands.command()
    @app_commands.describe(movie="Any part of the title")
    @refusable
    async def film(self, interaction: discord.Interaction[Marquee], movie: Film) -> None:
        """One film: what it is to you, and what people here gave it."""
        member, store, serving = interaction.user.id, self.bot.store, self.bot.serving
        history = await store.history(member)
        rated, seen = movie.id in history, movie.id in await store.seen(member)
        wanted = movie.id in await store.watchlists.of(member)
        hiding = advice.hiding(serving, movie, await store.exclusions(member))
        glyphs = self.bot.glyphs
        yours, here, looks = await asyncio.gather(
            _yours(serving, movie, history, glyphs),
            self._stars_here(interaction.guild_id, movie),
            looking.looks_for(interaction, [movie]),
        )
        look = looks.get(movie.id)
        credit = looking.credit(looks.values(), offers=look is not None and look.offers is not None)
        where = await self._asks_where(interaction.guild_id, look)
        left_out = _left_out(hiding, seen and not rated)
        lines = [yours, _average(serving, movie, glyphs), _people(here, glyphs), left_out, where]
        container: ui.Container[ui.LayoutView] = ui.Container(
            looking.pictured(_heading(movie, looks), movie, looks),
            ui.Separator(),
            ui.TextDisplay("\n".join(filter(None, lines)) + credit),
            _buttons(member, movie, rated, seen, wanted, hiding),
            accent_colour=cards.ACCENT,
        )
        if links := _links(look):
            container.add_item(ui.ActionRow(*links))
        await answer(interaction, Card().add_item(container))

    async def _asks_where(self, server: int | None, look: Look | None) -> str | None:
        """That a server can see where films run, once it says in which country it is."""
        if look is None or server is None or (await self.bot.store.nights.settings(server)).region is not None:
            return None
        return "-# Where to watch it: whoever manages this server can say its country with `/night settings region`"

    async def _stars_here(self, server: int | None, movie: Movie) -> list[float]:
        """What people who are on a server gave a film; nothing where too few did, or where Discord doesn't say who is there."""
        guild = self.bot.get_guild(server or 0)
        given = await self.bot.store.stars_of(movie.id, guild.id, people.MOST) if guild else {}
        if guild is None or len(given) < people.FEWEST:
            return []
        stars = [given[person.id] for person in await people.of_server(self.bot, guild, given)]
        return stars if len(stars) >= people.FEWEST else []


def _heading(movie: Movie, looks: Looks) -> str:
    """The label, how long it is, for what age, the genres, one more title, what it is about, and where it can be watched."""
    others = [name for name in movie.names[1:] if name != movie.title]
    also = f"\n-# Also: {cards.escape(others[0], 60)}" if others else ""
    about = looking.about(movie, looks)
    if (look := looks.get(movie.id)) is None:
        return f"### {cards.film(movie)}\n{about}{also}"
    age = f" · rated {cards.escape(look.certification, 20)}" if look.certification else ""
    plot = f"\n{cards.escape(look.overview, 400)}" if look.overview else ""
    return f"### {cards.film(movie)}\n{about}{age}{also}{plot}{_offers(look)}"


def _offers(look: Look) -> str:
    """On which services it is, those first that many have already."""
    if look.offers is None:
        return ""
    ways = {
        "On": (*look.offers.flatrate, *look.offers.free, *look.offers.ads),
        "To rent or buy": (*look.offers.rent, *look.offers.buy),
    }
    lines = [
        f"\n**{way}:** {cards.escape(', '.join(list(dict.fromkeys(names))[:SERVICES]), 200)}"
        for way, names in ways.items()
        if names
    ]
    return "".join(lines)


def _links(look: Look | None) -> list[ui.Button[ui.LayoutView]]:
    """The trailer, and all ways to watch the film."""
    if look is None:
        return []
    where = look.offers.link if look.offers else None
    return [
        ui.Button(label=label, url=url) for label, url in (("Trailer", look.trailer), ("Where to watch", where)) if url
    ]


async def _yours(serving: Serving, movie: Movie, history: dict[int, float], glyphs: Glyphs) -> str:
    """What the member gave it, or would give."""
    if movie.id in history:
        return f"You gave it {glyphs.stars(history[movie.id])}"
    return await asyncio.to_thread(_for_you, serving, movie, history, glyphs)


def _for_you(serving: Serving, movie: Movie, history: dict[int, float], glyphs: Glyphs) -> str:
    """The stars that the member would give, and why."""
    recommender = serving.recommender
    taste = recommender.taste(history)
    [stars], [doubt] = taste.predict_mean([movie.id])
    why = None
    if stars <= recommender.average_stars(movie.id) - LESS:
        named = reasons.lowering(taste, movie.id, history)
        why = cards.lower(named, history, recommender.catalogue)
    elif stars >= reasons.LIKED:
        speaking = reasons.of_list(taste, [movie.id], history)
        why = cards.because(speaking[movie.id], history, recommender.catalogue)
    return f"For you: {cards.predicted(stars, doubt, glyphs)}\n-# {why or cards.basis(recommender.count(movie.id))}"


def _average(serving: Serving, movie: Movie, glyphs: Glyphs) -> str:
    stars, ratings = serving.recommender.average_stars(movie.id), serving.recommender.count(movie.id)
    return f"For an average viewer: {glyphs.mean(stars)} · {cards.count(ratings, 'rating') if ratings else 'no ratings yet'}"


def _people(stars: list[float], glyphs: Glyphs) -> str | None:
    if not stars:
        return None
    return f"On this server: {glyphs.mean(sum(stars) / len(stars))} · {cards.count(len(stars), 'person', 'people')}"


def _left_out(hiding: list[Exclusion], only_seen: bool) -> str | None:
    """Why the film is never recommended to the member, unless they rated it."""
    if _own(hiding) is not None:
        return "-# You left it out: it isn't recommended to you"
    if hiding:
        return "-# It isn't recommended to you: `/exclude list` shows why"
    return "-# You marked it as seen" if only_seen else None


def _own(hiding: list[Exclusion]) -> Exclusion | None:
    """The exclusion of this film alone."""
    return next((entry for entry in hiding if entry.kind == "movie"), None)


def _buttons(
    member: int, movie: Movie, rated: bool, seen: bool, wanted: bool, hiding: list[Exclusion]
) -> ui.ActionRow[ui.LayoutView]:
    """What the member may do with the film, as things stand."""
    row: ui.ActionRow[ui.LayoutView] = ui.ActionRow()
    row.add_item(AskStars(member, movie.id, label="Change" if rated else "Rate it"))
    if not rated:
        row.add_item(Unseen(member, movie.id, label="Not seen") if seen else Seen(movie.id))
    if not rated and not seen:
        row.add_item(Unwant(movie.id, label="Off my watchlist") if wanted else Want(movie.id))
    if (own := _own(hiding)) is not None:
        row.add_item(Unexclude(member, own.id, label="Bring it back"))
    elif not hiding:
        row.add_item(Say(member, "exclude movie", movie.id, label="Not for me"))
    return row.add_item(Say(member, "similar", movie.id, label="More like this"))


async def setup(bot: Marquee) -> None:
    await bot.add_cog(FilmCard(bot))
