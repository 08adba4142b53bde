"""Which films come to an evening's vote besides those that were put in."""

from collections.abc import Collection
from typing import NamedTuple

from bot import services
from bot.app import Marquee
from bot.night.group import SLATE, Group, judge, pick
from bot.night.wanted import read_wanted
from bot.store import Night

# Nights for which a film isn't picked again after fewer than half approved of it.
PASSED_OVER = 5


class Picked(NamedTuple):
    """The films; how many came from the lists that the evening asks for, None where that isn't said; and films of which the card
    may say that somebody wants to see them."""

    movies: list[int]
    listed: int | None = None
    wanted: Collection[int] = ()


async def pick_for(bot: Marquee, night: Night, group: Group, suggested: Collection[int]) -> Picked:
    """The slate of a night for these people: from its lists first, then what suits them besides."""
    stale = await bot.store.past.passed_over(night.guild, PASSED_OVER)
    match night.wish.lists:
        case "watchlists":
            wanted = await read_wanted(bot.store, group.members)
            movies, listed = await _from_list(bot, night, group, suggested, wanted.films, stale, stale)
            return Picked(movies, listed if wanted.can_be_counted else None, wanted.by_somebody)
        case "later":
            later = await bot.store.past.later(night.guild)
            films = {each.film.movie for each in later if each.film.movie is not None}
            # What was passed over is what this list consists of.
            return Picked(*await _from_list(bot, night, group, suggested, films, (), stale))
    return Picked(await _fitting(bot, night, group, suggested, stale, SLATE))


async def _from_list(
    bot: Marquee,
    night: Night,
    group: Group,
    suggested: Collection[int],
    films: Collection[int],
    stale: Collection[int],
    stale_besides: Collection[int],
) -> tuple[list[int], int]:
    """A slate that begins with these films, and how many of them are in it. It is in the order of the group's scores: a film's
    place doesn't tell that it is on somebody's list."""
    first = await _fitting(bot, night, group, suggested, stale, SLATE, films)
    besides = [*suggested, *first]
    rest = await _fitting(bot, night, group, besides, stale_besides, SLATE - len(first)) if len(first) < SLATE else []
    judged = await judge(bot.serving, group, [*first, *rest])
    return [film.movie for film in sorted(judged, key=lambda film: -film.score)], len(first)


async def _fitting(
    bot: Marquee,
    night: Night,
    group: Group,
    suggested: Collection[int],
    stale: Collection[int],
    n: int,
    among: Collection[int] | None = None,
) -> list[int]:
    """The n films that suit these people best together, on the server's services if the night asks for that: of the best, those
    that are there. A Refusal where the services can't be asked."""
    if night.wish.on_our_services:
        place = await services.where(bot, night.guild)
        best = await pick(bot.serving, night, group, suggested, stale, services.MOST_LOOKED_UP, among)
        guild = bot.get_guild(night.guild)
        language = guild.preferred_locale.value if guild else "en-US"
        among = (await services.find(bot, place, best, len(best), language)).movies if best else []
    return await pick(bot.serving, night, group, suggested, stale, n, among)
