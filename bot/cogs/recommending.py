"""/recommend, /similar and /top."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace

import discord
from discord import app_commands, ui
from discord.app_commands import Choice
from discord.ext import commands

from bot import advice, cards, filtering, looking, reasons, services
from bot.advice import Wish
from bot.app import Marquee
from bot.gate import refusable
from bot.items import film_buttons, page_buttons
from bot.options import DECADE, Count, Film, FromYear, Genre, Language, MaxMinutes, Phrases, ToYear
from bot.refusal import Refusal
from bot.replies import Card, answer
from bot.store import SavedList
from recommender import Movie, Pick

PAGE = 5
TOP_LENGTH = 25
# Up to so many ratings the card asks for more.
FEW_RATINGS = 5
STYLE = [
    Choice(name="familiar: well-known films that fit you", value="familiar"),
    Choice(name="balanced: what fits you best, known or not", value="balanced"),
    Choice(name="adventurous: more lesser-known films that fit you", value="adventurous"),
]
FROM = [Choice(name="my watchlist", value="watchlist")]
# What the options that leave films out are for.
FILTERS = {
    "genre": "Only this genre",
    "from_year": "Not older than this",
    "to_year": "Not newer than this",
    "max_minutes": "Not longer than so many minutes",
    "language": "Only films made in this language",
    "decade": "Only films of these ten years",
}


class Recommending(commands.Cog):
    """Lists of films."""

    def __init__(self, bot: Marquee) -> None:
        self.bot = bot
        bot.pages.update(recommend=self.recommend_page, similar=self.similar_page, top=self.top_page)

    @app_commands.command()
    @app_commands.describe(
        count="How many films, 1 to 25",
        style="How well known the films should be",
        without="Leave out titles with these words, for example: Star Wars, Lord of the Rings",
        include_seen="Films you rated or marked as seen may come up too",
        from_="Only what you want to see",
        on_our_services="Only films on this server's streaming services",
        share="Show the list to everyone here",
        **FILTERS,
    )
    @app_commands.rename(from_="from")
    @app_commands.choices(style=STYLE, from_=FROM)
    @app_commands.choices(decade=DECADE)
    @refusable
    async def recommend(
        self,
        interaction: discord.Interaction[Marquee],
        count: Count = 5,
        style: str = "balanced",
        genre: Genre | None = None,
        from_year: FromYear | None = None,
        to_year: ToYear | None = None,
        max_minutes: MaxMinutes | None = None,
        language: Language | None = None,
        decade: int | None = None,
        without: Phrases | None = None,
        include_seen: bool = False,
        from_: str | None = None,
        on_our_services: bool = False,
        share: bool = False,
    ) -> None:
        """The films that fit you best."""
        wish = Wish(
            count,
            without,
            include_seen,
            share,
            style,
            on_our_services,
            from_watchlist=from_ is not None,
            genre=genre,
            from_year=from_year,
            to_year=to_year,
            decade=decade,
            max_minutes=max_minutes,
            language=language,
        )
        wish, picks = await (self._on_services if on_our_services else self._best)(interaction, wish)
        movies, matches = [pick.movie for pick in picks], [pick.match for pick in picks]
        saved = await self._save(interaction.user.id, "recommend", wish.to_json(), movies, matches)
        await answer(interaction, await self.recommend_page(interaction, saved, 0), share=share)

    @app_commands.command()
    @app_commands.describe(
        movie="Any part of the title", count="How many films, 1 to 25", share="Show the list to everyone here"
    )
    @refusable
    async def similar(
        self, interaction: discord.Interaction[Marquee], movie: Film, count: Count = 5, share: bool = False
    ) -> None:
        """Films like one you name."""
        unwanted = advice.unwanted_films(self.bot.serving, await self.bot.store.exclusions(interaction.user.id))
        neighbours = self.bot.serving.recommender.similar(movie.id, count, exclude=unwanted)
        if not neighbours:
            raise Refusal("No film like it is left. See `/exclude list`.")
        saved = await self._save(interaction.user.id, "similar", {"movie": movie.id}, [n.movie for n in neighbours])
        await answer(interaction, await self.similar_page(interaction, saved, 0), share=share)

    @app_commands.command()
    @app_commands.describe(**FILTERS)
    @app_commands.choices(decade=DECADE)
    @refusable
    async def top(
        self,
        interaction: discord.Interaction[Marquee],
        genre: Genre | None = None,
        from_year: FromYear | None = None,
        to_year: ToYear | None = None,
        max_minutes: MaxMinutes | None = None,
        language: Language | None = None,
        decade: int | None = None,
    ) -> None:
        """The best films, whatever one's taste."""
        wish = Wish(
            TOP_LENGTH,
            genre=genre,
            from_year=from_year,
            to_year=to_year,
            decade=decade,
            max_minutes=max_minutes,
            language=language,
        )
        unwanted = advice.unwanted_films(self.bot.serving, await self.bot.store.exclusions(interaction.user.id))
        among = filtering.admitted(self.bot.serving, wish)
        best = self.bot.serving.recommender.top(wish.count, unwanted, among=among)
        if not best:
            widen = f" Widen {filtering.widen(wish)}, or ask `/recommend`." if wish.given else ""
            raise Refusal(f"No film that fits has enough ratings to be among the best.{widen}")
        saved = await self._save(interaction.user.id, "top", wish.to_json(), best)
        await answer(interaction, await self.top_page(interaction, saved, 0))

    async def _best(self, interaction: discord.Interaction[Marquee], wish: Wish) -> tuple[Wish, list[Pick]]:
        picks = await advice.recommend(self.bot.store, self.bot.serving, interaction.user.id, wish)
        if not picks:
            widen = f"Widen {filtering.widen(wish)}, or see" if wish.given else "See"
            if wish.from_watchlist:
                raise Refusal(f"No film on your watchlist fits. {widen} `/watchlist list` and `/exclude list`.")
            raise Refusal(f"You have rated, seen or left out every film that fits. {widen} `/exclude list`.")
        return wish, picks

    async def _on_services(self, interaction: discord.Interaction[Marquee], wish: Wish) -> tuple[Wish, list[Pick]]:
        """The best that are on the server's services, and the wish with how many were looked up."""
        place = await services.where(self.bot, interaction.guild_id)
        _, picks = await self._best(interaction, replace(wish, count=services.MOST_LOOKED_UP))
        ranked = {pick.movie: pick for pick in picks}
        found = await services.find(self.bot, place, ranked, wish.count, interaction.locale.value)
        if not found.movies:
            raise Refusal(services.none_of(found, place))
        # Posters may take as long again. Not earlier: what follows is for all if the list is, and a refusal never is.
        await interaction.response.defer(ephemeral=not wish.share, thinking=True)
        return replace(wish, looked_up=found.looked_up), [ranked[movie] for movie in found.movies]

    async def recommend_page(
        self, interaction: discord.Interaction[Marquee], saved: SavedList, page: int
    ) -> ui.LayoutView:
        """Predictions and reasons are the caller's as of now; the films and their matches stay those of the list."""
        recommender, page = self.bot.serving.recommender, _there(saved, page)
        shown = self._shown(saved, page)
        looks = await looking.looks_for(interaction, shown)
        history = await self.bot.store.history(saved.member)
        wish = Wish(**saved.request)
        # Reasons depend on the pages before.
        so_far = [movie for movie in saved.movies[: (page + 1) * PAGE] if movie in recommender.catalogue]

        def solved() -> tuple[list[tuple[float, float]], dict[int, list[int]]]:
            taste = recommender.taste(history)
            values = zip(*taste.predict_mean([film.id for film in shown]), strict=True)
            return list(values), reasons.of_list(taste, so_far, history, wish.style)

        values, named = await asyncio.to_thread(solved)
        share, wished = wish.share, (wish.genre,)
        matches = dict(zip(saved.movies, map(cards.match, saved.matches), strict=False))
        lines, glyphs = {}, self.bot.glyphs
        for film, (value, doubt) in zip(shown, values, strict=True):
            stars = history.get(film.id)
            figures = cards.predicted(value, doubt, glyphs) if stars is None else f"Rated {glyphs.stars(stars)}"
            lines[film] = " · ".join(filter(None, (matches.get(film.id), figures, looking.about(film, looks, wished))))
            if stars is None:
                because = cards.because(named[film.id], history, recommender.catalogue, "they" if share else "you")
                lines[film] += f"\n-# {because or cards.general(recommender.count(film.id))}"
        # A mention shows the member's name. It notifies nobody, since the bot allows no mentions.
        whom = f"<@{saved.member}>" if share else "you"
        heading = f"### Films for {whom}\n-# {_basis(saved, len(history))}{self._counted(wish)}"
        return self._card(saved, page, heading, lines, looks)

    async def similar_page(
        self, interaction: discord.Interaction[Marquee], saved: SavedList, page: int
    ) -> ui.LayoutView:
        recommender = self.bot.serving.recommender
        seed = self.bot.serving.film(saved.request["movie"])
        page = _there(saved, page)
        shown = self._shown(saved, page)
        neighbours = recommender.similar(seed.id, PAGE, among=[film.id for film in shown])
        why = {near.movie: cards.alike(near, seed, recommender.catalogue[near.movie]) for near in neighbours}
        looks = await looking.looks_for(interaction, shown)
        lines = {film: f"{looking.about(film, looks, seed.genres)}\n-# {why[film.id]}" for film in shown}
        return self._card(saved, page, f"### Like {cards.title(seed)}", lines, looks)

    async def top_page(self, interaction: discord.Interaction[Marquee], saved: SavedList, page: int) -> ui.LayoutView:
        recommender, wish = self.bot.serving.recommender, Wish(**saved.request)
        page = _there(saved, page)
        shown = self._shown(saved, page)
        looks = await looking.looks_for(interaction, shown)
        about = {film: looking.about(film, looks, (wish.genre,)) for film in shown}
        star = self.bot.glyphs.star
        lines = {
            film: f"{star} **{recommender.average_stars(film.id):.1f}** for an average viewer · {about[film]}\n"
            f"-# {cards.count(recommender.count(film.id), 'rating')}"
            for film in shown
        }
        heading = f"### The best films\n-# {_wishes(saved) or 'Whatever your taste'}{self._counted(wish)}"
        return self._card(saved, page, heading, lines, looks)

    def _counted(self, wish: Wish) -> str:
        counted = "" if wish.from_watchlist else filtering.counted(self.bot.serving, wish)
        return f"\n-# {counted}" if counted else ""

    def _shown(self, saved: SavedList, page: int) -> list[Movie]:
        """The films of one page, less those that a later catalogue no longer has."""
        films = map(self.bot.serving.recommender.catalogue.get, saved.movies[page * PAGE : (page + 1) * PAGE])
        return [film for film in films if film is not None]

    async def _save(
        self, member: int, command: str, request: dict[str, object], movies: list[int], matches: Iterable[float] = ()
    ) -> SavedList:
        return await self.bot.store.lists.save(member, command, request, movies, self.bot.now(), matches)

    def _card(
        self, saved: SavedList, page: int, heading: str, lines: dict[Movie, str], looks: looking.Looks
    ) -> ui.LayoutView:
        """With pictures there is no room among Discord's forty parts for lines between the films and for the page's number in a
        button of its own."""
        pages, has_pictures = -(-len(saved.movies) // PAGE), looking.has_pictures(looks.values())
        heading += looking.credit(looks.values(), offers=saved.request.get("on_our_services", False))
        if has_pictures and pages > 1:
            heading += f"\n-# Page {page + 1} of {pages}"
        container: ui.Container[ui.LayoutView] = ui.Container(ui.TextDisplay(heading), accent_colour=cards.ACCENT)
        for place, (film, line) in enumerate(lines.items(), start=page * PAGE + 1):
            if not has_pictures:
                container.add_item(ui.Separator())
            text = f"**{place}** · {cards.film(film)}\n{line}"
            container.add_item(looking.pictured(text, film, looks))
            container.add_item(film_buttons(film.id))
        if (buttons := page_buttons(saved.id, page, pages, counted=not has_pictures)) is not None:
            container.add_item(buttons)
        return Card().add_item(container)


def _there(saved: SavedList, page: int) -> int:
    """The page, or the last one of a list that has fewer."""
    return min(page, max(len(saved.movies) - 1, 0) // PAGE)


def _basis(saved: SavedList, ratings: int) -> str:
    """How a list is ordered, what it is made from, and what was wished."""
    if ratings == 0:
        basis = "what most people like; `/start` makes it personal in a minute"
    elif ratings < FEW_RATINGS:
        basis = f"from {cards.count(ratings, 'rating')}; a few more make it sharper: `/start`"
    else:
        basis = f"from {cards.count(ratings, 'rating')}"
    return " · ".join(filter(None, (f"Best {'match ' if saved.matches else ''}first", basis, _wishes(saved))))


def _wishes(saved: SavedList) -> str:
    wish = Wish(**saved.request)
    style = None if wish.style == "balanced" else wish.style
    without = f"without {cards.escape(wish.without, 100)}" if wish.without else None
    on_services = services.said(wish.looked_up) if wish.on_our_services else None
    wanted = f"from {'their' if wish.share else 'your'} watchlist" if wish.from_watchlist else None
    return " · ".join(filter(None, (wanted, style, cards.wished(wish), without, on_services)))


async def setup(bot: Marquee) -> None:
    await bot.add_cog(Recommending(bot))
