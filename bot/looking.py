"""What films look like where somebody reads: in their language, for their server's country, and how that comes onto a card.

Without TMDB, or before it has answered, there is nothing to show, and a card is as good in text.
"""

from collections.abc import Collection, Iterable, Mapping

import discord
from discord import ui

from bot import cards
from bot.app import Marquee
from bot.films.film import as_asked
from bot.films.look import CREDIT, JUSTWATCH, Look
from recommender import Movie

Looks = Mapping[int, Look]  # film -> what it looks like, where that is known
UNSEEN: Looks = {}
MOST_PICTURES = 10  # in a gallery, by Discord's rules


async def looks_for(interaction: discord.Interaction[Marquee], films: Iterable[Movie]) -> dict[int, Look]:
    """What films look like to the member, where they are."""
    return await looks_at(interaction.client, films, interaction.locale, interaction.guild_id)


async def looks_at(
    bot: Marquee, films: Iterable[Movie], locale: discord.Locale, server: int | None, patience: float | None = None
) -> dict[int, Look]:
    """What films look like in a language, and for the country of a server. patience: seconds, as `Looks.of_all` takes them."""
    films = list(films)
    if bot.looks is None or not films:
        return {}
    region = None if server is None else (await bot.store.nights.settings(server)).region
    looks = await bot.looks.of_all(list(map(as_asked, films)), locale.value, region, patience)
    return {film.id: look for film, look in zip(films, looks, strict=True) if look is not None}


def about(film: Movie, looks: Looks, first: Iterable[str | None] = ()) -> str:
    """How long a film is, if that is known, and its genres, those in `first` before the others."""
    look = looks.get(film.id)
    return cards.about(film, first, look.minutes if look else None)


def pictured(text: str, film: Movie | None, looks: Looks) -> ui.TextDisplay[ui.LayoutView] | ui.Section[ui.LayoutView]:
    """A text about a film, beside its poster if there is one."""
    look = None if film is None else looks.get(film.id)
    if film is None or look is None or look.poster is None:
        return ui.TextDisplay(text)
    return ui.Section(text, accessory=ui.Thumbnail(look.thumbnail or look.poster, description=film.label))


def gallery(films: Iterable[Movie], looks: Looks) -> list[ui.MediaGallery[ui.LayoutView]]:
    """The posters of films as one gallery, or nothing where there are none; at most MOST_PICTURES."""
    posters = [(film, look.poster) for film in films if (look := looks.get(film.id)) is not None and look.poster]
    items = [discord.MediaGalleryItem(poster, description=film.label) for film, poster in posters[:MOST_PICTURES]]
    return [ui.MediaGallery(*items)] if items else []


def has_pictures(looks: Collection[Look]) -> bool:
    """Whether there is a poster among them."""
    return any(look.poster for look in looks)


def credit(looks: Collection[Look], *, offers: bool = False) -> str:
    """A line of small print, where anything of TMDB's is shown. offers: so is where films can be watched, which TMDB has from
    JustWatch."""
    if not looks and not offers:
        return ""
    return f"\n-# {CREDIT}" + (f" {JUSTWATCH}." if offers else "")
