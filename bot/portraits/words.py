"""A member's taste in words: for the card, and for those who can't see its picture."""

from collections.abc import Iterable, Sequence

import discord
from discord import ui

from bot import cards
from bot.portraits.taste import Compared, Portrait
from bot.replies import Card

ALTERNATIVE = 256  # characters that a picture's description may have
CLEARLY = 0.05  # the share by which the member's must differ from the others' to be mentioned
MENTIONED = 3


def card(portrait: Portrait, file: discord.File, *, of: int | None, hint: str = "") -> ui.LayoutView:
    """The picture, and what it shows in words. of: whose taste it is; None for that of who reads it."""
    # A mention shows the member's name. It notifies nobody, since the bot allows no mentions.
    heading = "### Your taste in films" if of is None else f"### What <@{of}> likes"
    lines = [cards.escape(line) for line in sentences(portrait)]
    telling = [
        f"**{place}** · {cards.film(each.movie)}: {_given(each.stars, each.expected)}"
        for place, each in enumerate(portrait.telling, start=1)
    ]
    text = "\n".join([*lines, "**These ratings say most**", *telling, *([f"-# {hint}"] if hint else [])])
    gallery: ui.MediaGallery[ui.LayoutView] = ui.MediaGallery(
        discord.MediaGalleryItem(file, description=alternative(portrait))
    )
    container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=cards.ACCENT)
    container.add_item(ui.TextDisplay(heading)).add_item(gallery).add_item(ui.TextDisplay(text))
    return Card().add_item(container)


def alternative(portrait: Portrait) -> str:
    """What stands for the picture where it can't be seen, as far as there is room: the card's text has the rest."""
    whole = " ".join(["A map of films.", *sentences(portrait)])
    return whole if len(whole) <= ALTERNATIVE else whole[: ALTERNATIVE - 1].rstrip() + "…"


def sentences(portrait: Portrait) -> list[str]:
    """What the picture shows, but for the films that say most; without markdown."""
    others = f"{portrait.club} others here" if portrait.club else "everybody"
    lines = [
        f"{len(portrait.films):,} films, {portrait.mean:.1f} stars on average. An average viewer would give the same films "
        f"{portrait.others_mean:.1f}."
    ]
    lines.append(_stars(portrait.stars))
    if portrait.home:
        lines.append(f"Most of the loved films are near {cards.listing(portrait.home)}.")
    differences = filter(None, map(_differences, (portrait.genres, portrait.decades)))
    return [*lines, *(f"Compared with {others}: {told}." for told in differences)]


def _stars(shares: Sequence[Compared]) -> str:
    own = cards.listing(f"{each.own:.0%}" for each in shares)
    others = [f"{each.others:.0%}" for each in shares if each.others is not None]
    return f"One to five stars: {own}" + (f"; everybody: {cards.listing(others)}." if others else ".")


def _differences(kinds: Iterable[Compared]) -> str:
    by_more = sorted(kinds, key=lambda each: -each.more)
    more = [_shares(each) for each in by_more if each.more >= CLEARLY][:MENTIONED]
    less = [_shares(each) for each in reversed(by_more) if each.more <= -CLEARLY][:MENTIONED]
    parts = (f"{word} {cards.listing(names)}" for word, names in (("more", more), ("less", less)) if names)
    return ", ".join(parts)


def _shares(each: Compared) -> str:
    return f"{each.name} ({each.own:.0%}, not {each.others or 0:.0%})"


def _given(stars: float, expected: float) -> str:
    return f"{cards.number(stars)}, expected {expected:.1f}"
