"""How an evening looks in the channel, and to one member."""

import discord
from discord import ui

from bot import cards
from bot.app import Marquee
from bot.night import event
from bot.night.steps import Reading, name
from bot.night.tally import RULE, Tally
from bot.replies import note

LONGEST = 4000  # characters that a message holds, by Discord's rules
# Beyond so many films a line each has to do.
DETAILED = 8
NAMED = 12  # members


def fitted(lines: list[str], last: str) -> str:
    """As many lines as a message holds, and always the last."""
    text, room = "\n".join(lines), LONGEST - len(last) - 1
    if len(text) > room:
        text = text[: room - 1].rpartition("\n")[0] + "\n…"
    return f"{text}\n{last}".rstrip()


def heading(reading: Reading) -> str:
    title = cards.escape(reading.night.wish.get("title") or "Movie night", 80)
    when = f" · <t:{reading.night.starts_at}:F> (<t:{reading.night.starts_at}:R>)" if reading.night.starts_at else ""
    return f"### {title}{when}"


def people(reading: Reading) -> str:
    if not reading.members:
        return "Nobody is in yet."
    guests = sum(not history for history in reading.group.histories)
    typical = ""
    if guests:
        typical = f"\n-# {guests} without ratings so far count{'s' if guests == 1 else ''} as a typical viewer"
    return f"**In:** {_mentions(reading)}{typical}"


def _mentions(reading: Reading) -> str:
    shown = " ".join(f"<@{member}>" for member in reading.members[:NAMED])
    return shown + (f" and {len(reading.members) - NAMED} more" if len(reading.members) > NAMED else "")


def film_lines(bot: Marquee, reading: Reading, result: Tally | None = None) -> list[str]:
    """One film each: its name, and what it was for those who were in when the vote began; once that is over, its votes."""
    detailed = result is None and len(reading.films) <= DETAILED
    why = reading.night.wish.get("why", {})
    lines = []
    for film in reading.films:
        votes = f"  ·  {result.approvals[film.id]} approve" if result else ""
        line = f"{name(bot, film)}{votes}"
        if film.suggested:
            line += " · suggested"
        if detailed and film.movie is not None and film.movie in bot.serving.recommender.catalogue:
            parts = [cards.genres(bot.serving.film(film.movie)), why.get(str(film.movie), "")]
            line += "\n-# " + " · ".join(part for part in parts if part)
        lines.append(line)
    return lines


def gathering(bot: Marquee, reading: Reading) -> str:
    lines = [heading(reading), people(reading)]
    if reading.films:
        lines.append("**Put in so far**\n" + "\n".join(film_lines(bot, reading)))
    return fitted(
        lines,
        "-# Join if you are coming. Anyone may suggest up to three films; **Pick for us** adds five that suit you all, "
        "and opens the vote.",
    )


def voting(bot: Marquee, reading: Reading) -> str:
    cast = sum(ballot.cast for ballot in reading.ballots.values())
    lines = [heading(reading), people(reading), *film_lines(bot, reading)]
    if vetoed := reading.night.wish.get("vetoed"):
        lines.append(f"-# {vetoed:,} films are left out by somebody's exclusions")
    closes = f"<t:{reading.night.closes_at}:R>"
    how = f"**{cast} of {len(reading.members)} have voted** · closes {closes} or when all have\n-# {RULE}"
    return fitted(lines, how)


def planned(bot: Marquee, reading: Reading) -> str:
    result, winner = reading.tally, reading.winner
    assert result is not None
    assert winner is not None
    lines = [heading(reading), f"## {name(bot, winner)}", _decided(reading, result), people(reading)]
    lines += film_lines(bot, reading, result)
    return fitted([line for line in lines if line], _event(bot, reading))


def _decided(reading: Reading, result: Tally) -> str:
    votes = result.approvals[result.winner.id]
    if result.winner.id != reading.night.winner:  # a voter has deleted what was stored of them
        return ""
    if not votes and result.by != "draw":
        return "nobody approved of any; this has the highest group score"
    if result.by == "approvals":
        return f"won with {votes} of {max(len(reading.members), len(reading.ballots))}"
    if result.by == "score":
        return f"tied at {votes}; the higher group score decides"
    return f"tied at {votes} and in the group's score; drawn by lot (seed {reading.night.seed})"


def _event(bot: Marquee, reading: Reading) -> str:
    night = reading.night
    if night.event is not None:
        return f"[The event](https://discord.com/events/{night.guild}/{night.event})"
    if night.starts_at is None or night.starts_at <= bot.now():
        return ""
    if (reason := event.hindrance(bot, night)) is not None:
        return f"-# {reason}"
    return "-# There is no event for it in the server, so remember the time."


def watched(bot: Marquee, reading: Reading) -> str:
    assert reading.winner is not None
    unknown = reading.winner.movie is None
    hint = (
        "It isn't among my films, so I can't take ratings for it."
        if unknown
        else "How was it? Each rating counts at once."
    )
    return f"{heading(reading)}\nYou watched {name(bot, reading.winner)}.\n{_mentions(reading)}\n-# {hint}"


def mine(bot: Marquee, reading: Reading, member: int) -> ui.LayoutView:
    """A member's own predicted stars for the films, and why."""
    history = reading.group.histories[reading.members.index(member)]
    recommender = bot.serving.recommender
    taste = recommender.taste(history)
    movies = [film.movie for film in reading.films if film.movie is not None]
    figures = dict(zip(movies, zip(*taste.predict_mean(movies), strict=True), strict=True))
    films = {movie: recommender.catalogue[movie] for movie in history if movie in recommender.catalogue}
    lines = []
    for film in reading.films:
        line = name(bot, film)
        if film.movie is None:
            lines.append(f"{line}\n-# not in my films, so I can't tell")
            continue
        reason = None
        if film.movie in history:
            line += f"\nRated {cards.stars(history[film.movie])}"
        else:
            line += f"\n{cards.predicted(*figures[film.movie])}"
            if film.movie in recommender.catalogue and len(reading.films) <= DETAILED:
                reason = cards.because(taste.explain(film.movie), history, films)
        lines.append(line + (f"\n-# {reason}" if reason else ""))
    hint = (
        "" if history else "-# You have no ratings, so these are a typical viewer's. Rate three films to change that."
    )
    return note(fitted(["### What you would give them", *lines], hint), accent=cards.ACCENT)


def body(bot: Marquee, reading: Reading) -> tuple[str, discord.Colour]:
    """The card's text and colour."""
    match reading.night.state:
        case "gathering":
            return gathering(bot, reading), cards.ACCENT
        case "voting":
            return voting(bot, reading), cards.ACCENT
        case "planned":
            return planned(bot, reading), cards.DONE
        case "watched":
            return watched(bot, reading), cards.DONE
    return f"{heading(reading)}\nThis evening was cancelled.\n-# Start another with `/night start`", cards.QUIET
