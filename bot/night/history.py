"""What a server watched together, as a list and as a picture of its year."""

import asyncio
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import discord
from discord import ui

from bot import cards, people
from bot.glyphs import Glyphs
from bot.items import page_buttons
from bot.night import picture
from bot.replies import Card, note
from bot.store import Night, SavedList, Store, WatchedNight
from bot.zones import zone
from recommender import Catalogue

PAGE = 8
PICTURED, YEAR = 30, 365 * 24 * 3600  # nights at most; seconds


@dataclass(frozen=True)
class Past:
    """A server's watched nights, newest first; night -> the stars given to its film, where people.FEWEST gave any, since fewer
    would tell what each gave; and the server's time zone."""

    nights: list[WatchedNight]
    stars: dict[int, list[float]]
    time_zone: str


async def read_past(store: Store, guild: int) -> Past:
    """What a server watched together."""
    nights, given = await store.past.watched(guild), await store.past.ratings(guild)
    stars = {night: each for night, each in given.items() if len(each) >= people.FEWEST}
    return Past(nights, stars, (await store.nights.settings(guild)).time_zone)


def page(past: Past, catalogue: Catalogue, saved: SavedList, number: int, glyphs: Glyphs) -> ui.LayoutView:
    """One page of the nights, newest first."""
    nights = past.nights
    if not nights:
        return note("You haven't watched anything together yet. Begin with `/night start`.")
    pages = -(-len(nights) // PAGE)
    number = min(number, pages - 1)
    shown = nights[number * PAGE : (number + 1) * PAGE]
    lines = [_line(catalogue, each, past.stars.get(each.night.id, []), glyphs) for each in shown]
    head = f"### Watched together\n-# {cards.count(len(nights), 'evening')} · stars are shown from three ratings up"
    container: ui.Container[ui.LayoutView] = ui.Container(
        ui.TextDisplay("\n".join([head, *lines])), accent_colour=cards.ACCENT
    )
    if (buttons := page_buttons(saved.id, number, pages)) is not None:
        container.add_item(buttons)
    return Card().add_item(container)


def _line(catalogue: Catalogue, each: WatchedNight, given: list[float], glyphs: Glyphs) -> str:
    average = f" · {glyphs.mean(sum(given) / len(given))} by {len(given)}" if given else ""
    there = f"<t:{when(each.night)}:D> · {len(each.satisfaction)} there{average}"
    return f"{cards.candidate(each.film, catalogue)}\n-# {there}"


async def year(past: Past, catalogue: Catalogue, now: int) -> discord.File | None:
    """The last year's nights and how they were liked, as a PNG; of a single one there is nothing to see."""
    watched = [each for each in past.nights if when(each.night) > now - YEAR]
    return await drawn(past, watched, catalogue) if len(watched) >= 2 else None


async def drawn(
    past: Past, watched: Sequence[WatchedNight], catalogue: Catalogue, head: Sequence[tuple[str, str]] = ()
) -> discord.File:
    """Nights, newest first, the last PICTURED of them, as a PNG below these lines: see `picture.year`."""
    place = zone(past.time_zone)
    marks = []
    for each in reversed(watched[:PICTURED]):
        given = past.stars.get(each.night.id)
        at = datetime.fromtimestamp(when(each.night), place)
        stars = sum(given) / len(given) if given else None
        marks.append(picture.Mark(at, cards.candidate_label(each.film, catalogue), stars))
    return discord.File(io.BytesIO(await asyncio.to_thread(picture.year, marks, head)), "evenings.png")


def when(night: Night) -> int:
    """When a night took place: its start if it had one, for it may end after midnight, or be marked as watched the next day."""
    ended = night.ended_at or night.created_at
    return ended if night.starts_at is None else min(night.starts_at, ended)
