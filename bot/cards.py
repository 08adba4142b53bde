"""How a film, its stars, a reason and an evening's time look in text. All of it is escaped and fits Discord's limits."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

import discord

from bot import languages, zones
from bot.glyphs import Glyphs
from bot.store import Exclusion, NightFilm
from recommender import Catalogue, Filters, Movie

if TYPE_CHECKING:
    from recommender import Neighbour  # it brings torch, which takes seconds

ACCENT = discord.Colour(0xE0A030)
DONE = discord.Colour(0x3BA55D)
QUIET = discord.Colour(0x4E5058)

# Characters. A message holds 4,000: enough for five films, each with two more titles in its reason.
TITLE_LENGTH = 90
BUTTON_LENGTH = 78  # of the 80 that a button holds: a mark stands before some labels
# Ratings from which a film is called widely liked.
MANY_RATINGS = 50
# Ratings from which they say more of a film's stars than its genres and its year do.
TELLING_RATINGS = 10
# Likeness of titles (0 to 1) from which the card mentions it. It doesn't say "same series": too often that would be wrong.
ALIKE_TITLE = 0.5


def film(movie: Movie) -> str:
    """The film's label, bold and escaped."""
    return f"**{escape(movie.label, TITLE_LENGTH)}**"


def question(text: str, films: int) -> str:
    """Asks which of so many films was meant by what was typed."""
    shown = escape(text, 100)
    return f"By “{shown}”, do you mean this one?" if films == 1 else f"Which film do you mean by “{shown}”?"


def film_of(catalogue: Catalogue, movie: int) -> str:
    """The film's label, or its number: what members saved outlives a catalogue that had the film."""
    known = catalogue.get(movie)
    return film(known) if known else f"Film {movie} (not in the present catalogue)"


def typed(title: str) -> str:
    """A title as somebody typed it, bold and escaped."""
    return f"**{escape(title, TITLE_LENGTH)}**"


def candidate(entry: NightFilm, catalogue: Catalogue) -> str:
    """What may be watched on a night, in bold: a film of the catalogue, or a title as somebody typed it."""
    if entry.movie is None:
        return typed(entry.title or "")
    return film_of(catalogue, entry.movie)


def candidate_label(entry: NightFilm, catalogue: Catalogue) -> str:
    """The same without markdown, for pictures, events and buttons."""
    known = None if entry.movie is None else catalogue.get(entry.movie)
    return known.label if known else entry.title or f"Film {entry.movie}"


def button(movie: Movie) -> str:
    """The film's label for a button: a long title is cut, its year is kept."""
    if len(movie.label) <= BUTTON_LENGTH:
        return movie.label
    name, _, ending = movie.label.rpartition(" (")
    return f"{name[: BUTTON_LENGTH - len(ending) - 3]}… ({ending}" if name else movie.label[: BUTTON_LENGTH - 1] + "…"


def title(movie: Movie) -> str:
    """The film's title alone, for the middle of a sentence."""
    return escape(movie.title, 50)


def escape(text: str, limit: int = 1000) -> str:
    """Text from members or data sets, shown as it is: no markdown, no mentions, no links, at most `limit` characters of it."""
    shown = text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
    # A space without width breaks what discord.py leaves alone: all within a [link](address), if it knows it for one, and
    # <#channels>, <t:times>, <:emojis:> and bare addresses.
    shown = discord.utils.escape_mentions(shown.replace("\n", " ").replace("](", "]\u200b("))
    shown = discord.utils.escape_markdown(shown, ignore_links=False)
    return shown.replace("<", "<\u200b").replace("://", ":\u200b//")


def number(value: float) -> str:
    """Stars as a number: 4, 3.5."""
    return f"{value:g}"


def count(number: int, noun: str, plural: str | None = None) -> str:
    """1 rating; 0 ratings, 1,000 ratings; with a plural of its own: 2 entries."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def predicted(value: float, sd_mean: float, glyphs: Glyphs) -> str:
    """Predicted stars, and how sure the model is of them: one word for each number that ± may show. Without ratings it is
    a guess; by five most often a good one, by twenty it gets fairly sure, and by two hundred very."""
    if sd_mean < 0.25:
        sure = "very sure"
    elif sd_mean < 0.35:
        sure = "fairly sure"
    elif sd_mean < 0.45:
        sure = "a good guess"
    else:
        sure = "a guess"
    return f"{glyphs.mean(value)} · {sure} (±{sd_mean:.1f})"


def match(share: float) -> str:
    """How well a film fits, 0 to 1, in per cent. Nothing is a sure hit, so 99 is the most."""
    return f"**{min(max(round(100 * share), 1), 99)}% match**"


def genres(movie: Movie, first: Iterable[str | None] = ()) -> str:
    """Up to three genres, those in `first` before the others."""
    wished = list(first)
    ordered = sorted(movie.genres, key=lambda genre: genre not in wished)
    return escape(", ".join(ordered[:3]), 60) if ordered else "no genre"


def about(movie: Movie, first: Iterable[str | None] = (), minutes: int | None = None) -> str:
    """How long it is, if that is known, and its genres. minutes: what is said elsewhere where the catalogue doesn't know."""
    length = movie.minutes or minutes
    return f"{length} min · {genres(movie, first)}" if length else genres(movie, first)


def wished(wish: Filters) -> str:
    """What was asked for: "Drama · since 1990 · 1990s · up to 120 min · in Korean"."""
    years = {
        (True, True): f"{wish.from_year}–{wish.to_year}",
        (True, False): f"since {wish.from_year}",
        (False, True): f"until {wish.to_year}",
        (False, False): None,
    }[wish.from_year is not None, wish.to_year is not None]
    parts = (
        wish.genre and escape(wish.genre),
        years,
        decade(wish.decade) if wish.decade else None,
        f"up to {wish.max_minutes} min" if wish.max_minutes else None,
        wish.language and f"in {escape(languages.name(wish.language), 60)}",
    )
    return " · ".join(filter(None, parts))


def decade(first_year: int) -> str:
    return f"{first_year}s"


def because(named: Sequence[int], history: Mapping[int, float], catalogue: Catalogue, who: str = "you") -> str | None:
    """Why a film is in a list: the films that `who` liked and that speak for it, if there are any."""
    return f"Because {who} rated {_rated(named, history, catalogue)}" if named else None


def lower(named: Sequence[int], history: Mapping[int, float], catalogue: Catalogue) -> str | None:
    """Why a member would give a film less than others do: films that they didn't like, if there are any."""
    return f"Less than others, because you rated {_rated(named, history, catalogue)}" if named else None


def _rated(named: Sequence[int], history: Mapping[int, float], catalogue: Catalogue) -> str:
    return listing(f"*{title(catalogue[movie])}* {number(history[movie])}" for movie in named)


def general(ratings: int) -> str:
    """Why a film with so many ratings is in a list where no film of the member's own speaks for it."""
    return f"Widely liked: {count(ratings, 'rating')}" if ratings >= MANY_RATINGS else "For its genres and its years"


def basis(ratings: int) -> str:
    """What the predicted stars of a film with so many ratings come from, where no film of the member's own speaks for it."""
    return "From how others rated it" if ratings >= TELLING_RATINGS else "From its genres and its year"


def alike(neighbour: "Neighbour", seed: Movie, other: Movie) -> str:
    """Why a film is like another, from what is known of both."""
    reasons = []
    if neighbour.title >= ALIKE_TITLE:
        reasons.append("a similar title")
    if neighbour.audience >= 0.5:
        reasons.append("loved by the same people")
    elif neighbour.audience >= 0.4:
        reasons.append("often liked by the same people")
    if neighbour.genres:
        reasons.append("both " + ", ".join(neighbour.genres[:3]))
    if seed.year and other.year and abs(seed.year - other.year) <= 5:
        apart = abs(seed.year - other.year)
        reasons.append("from the same year" if apart == 0 else f"{count(apart, 'year')} apart")
    line = " · ".join(reasons) or "its closest match"
    return line[0].upper() + line[1:]


def exclusion(entry: Exclusion, catalogue: Catalogue) -> str:
    """What is never recommended, in words."""
    if entry.kind == "movie":
        return film_of(catalogue, int(entry.value))
    if entry.kind == "genre":
        return f"the genre **{escape(entry.value)}**"
    return f"titles with “**{escape(entry.value, 100)}**”"


def listing(parts: Iterable[str]) -> str:
    """a; a and b; a, b and c."""
    *first, last = list(parts)
    return f"{', '.join(first)} and {last}" if first else last


def progress_bar(share: float, width: int = 20) -> str:
    done = round(max(0.0, min(1.0, share)) * width)
    return f"`{'█' * done}{'░' * (width - done)}` {share:.0%}"


def evening(moment: datetime, zone: tzinfo, now: datetime) -> str:
    """When an evening begins by the clocks of a zone: "Fri 4 Dec, 21:00 (Berlin), in 6 days"."""
    there = moment.astimezone(zone)
    days = (there.date() - now.astimezone(zone).date()).days
    minutes = round((moment - now).total_seconds() / 60)
    number, unit = (days, "day") if days else (minutes // 60, "hour") if minutes >= 120 else (minutes, "minute")
    ahead = "tomorrow" if days == 1 else f"in {number} {unit}{'' if number == 1 else 's'}"
    place = zones.shown(zone).rpartition("/")[2].replace("_", " ")
    return f"{there:%a} {there.day} {there:%b}, {there:%H:%M} ({place}), {ahead}"
