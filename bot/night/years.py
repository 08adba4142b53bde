"""One year of a server's evenings: what was watched, who picked best, and the evening that was loved most."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean

import discord
from discord import ui

from bot import cards, people
from bot.app import Marquee
from bot.night import history
from bot.night.history import Past
from bot.refusal import Refusal
from bot.replies import Card
from bot.store import WatchedNight
from bot.zones import zone
from recommender import Catalogue

LOVED = 4.0  # stars on average, from which an evening was loved
ALTERNATIVE = 256  # characters that a picture's description may have


@dataclass(frozen=True)
class Picker:
    """Who suggested films that were watched: how many of them have stars, and the mean of these."""

    person: discord.Member
    films: int
    stars: float


@dataclass(frozen=True)
class Year:
    """Its evenings, newest first; the one that was loved most; and who picked best of those who let themselves be shown. Each may
    be missing."""

    number: int
    evenings: tuple[WatchedNight, ...]
    loved: WatchedNight | None
    picker: Picker | None


def evenings(past: Past, number: int) -> list[WatchedNight]:
    """Those of a year by the server's clocks, newest first; a Refusal where nothing was watched."""
    place = zone(past.time_zone)
    found = [each for each in past.nights if datetime.fromtimestamp(history.when(each.night), place).year == number]
    if not found:
        raise Refusal(f"You watched nothing together in {number}. `/night history` shows what there is.")
    return found


async def told(bot: Marquee, guild: discord.Guild, past: Past, number: int, evenings: Sequence[WatchedNight]) -> Year:
    """What there is to tell of a year with these evenings."""
    return Year(number, tuple(evenings), _loved(past, evenings), await _picker(bot, guild, past, evenings))


async def _picker(bot: Marquee, guild: discord.Guild, past: Past, evenings: Sequence[WatchedNight]) -> Picker | None:
    suggested, means = await bot.store.past.suggested(guild.id), defaultdict[int, list[float]](list)
    for each in evenings:
        if (member := suggested.get(each.night.id)) is not None and (given := past.stars.get(each.night.id)):
            means[member].append(fmean(given))
    shown = await bot.store.privacy.of_all(means)
    here = await people.of_server(bot, guild, [member for member in means if shown[member].clubs])
    pickers = [Picker(person, len(means[person.id]), fmean(means[person.id])) for person in here]
    return max(pickers, key=lambda each: (each.stars, each.films), default=None)


def _loved(past: Past, evenings: Sequence[WatchedNight]) -> WatchedNight | None:
    """By the mean alone: that everybody gave so many stars would tell what each who was there gave."""
    rated = ((each, past.stars[each.night.id]) for each in evenings if each.night.id in past.stars)
    loved = [(fmean(given), len(given), each) for each, given in rated if fmean(given) >= LOVED]
    return max(loved, key=lambda each: each[:2])[2] if loved else None


async def card(year: Year, past: Past, catalogue: Catalogue) -> tuple[ui.LayoutView, discord.File]:
    """The year as a picture, with the same in words."""
    evenings = len(year.evenings)
    heading = f"{year.number}: {cards.count(evenings, 'evening')}"
    drawn = f", the last {history.PICTURED} of them here" if evenings > history.PICTURED else ""
    head = [(heading, drawn)]
    lines = []
    if year.loved is not None:
        given = past.stars[year.loved.night.id]
        label, stars = cards.candidate_label(year.loved.film, catalogue), f"★ {fmean(given):.1f} by {len(given)}"
        head.append((f"Loved most: {label}", f", {stars}"))
        lines.append(f"Loved most: {cards.candidate(year.loved.film, catalogue)}, {stars}")
    if (picker := year.picker) is not None:
        best = f"{cards.count(picker.films, 'suggestion')} watched, ★ {picker.stars:.1f}"
        head.append((f"Picked best: {picker.person.display_name}", f", {best}"))
        lines.append(f"Picked best: <@{picker.person.id}>, {best}")
    file = await history.drawn(past, year.evenings, catalogue, head)
    gallery: ui.MediaGallery[ui.LayoutView] = ui.MediaGallery(
        discord.MediaGalleryItem(file, description=". ".join(map("".join, head))[:ALTERNATIVE])
    )
    container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=cards.ACCENT)
    hint = "-# `/night history` lists each evening in words"
    container.add_item(ui.TextDisplay("\n".join([f"### {heading}", *lines]))).add_item(gallery)
    container.add_item(ui.TextDisplay(hint))
    return Card().add_item(container), file
