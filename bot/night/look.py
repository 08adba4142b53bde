"""How a night looks in its channel: the card, and the reminder."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import discord
from discord import ui

from bot import cards, looking, services, zones
from bot.app import Marquee
from bot.gate import ANYONE, Item
from bot.glyphs import TEXT
from bot.items import STARS, AskStars, Say
from bot.looking import Looks
from bot.night import event
from bot.night.body import Body
from bot.night.buttons import HOSTS_MARK, NightButton, NightPeople
from bot.night.group import ANONYMOUS, SLATE
from bot.night.reading import Reading
from bot.night.tally import RULE, Tally
from bot.night.typed import RateTyped
from bot.replies import note
from bot.store import GuildSettings, Lists, Night, NightFilm
from recommender import Catalogue, Movie

# What films are picked from first, and what else is to be known of it.
LISTS: Mapping[Lists, tuple[str, str]] = {
    "watchlists": ("your watchlists", "nobody is named who hasn't allowed it: `/privacy`"),
    "later": ("this server's list", "`/night later` shows it"),
}
# Films up to which each has a second line with its genres and reason.
DETAILED = 8
NAMED, WANTING = 12, 3  # members: of those who are in, and of those who want to see a film
UNKNOWN = "I don't know this film yet: your stars are kept under its title, and count as soon as I do."


async def looks_of(bot: Marquee, reading: Reading, patience: float | None = None) -> Looks:
    """What the films of a night look like to its server. patience: seconds, as `Looks.of_all` takes them."""
    catalogue, guild = bot.serving.recommender.catalogue, bot.get_guild(reading.night.guild)
    films = [film for entry in reading.films if (film := _known(catalogue, entry)) is not None]
    locale = guild.preferred_locale if guild else discord.Locale.american_english
    return await looking.looks_at(bot, films, locale, reading.night.guild, patience)


def card(bot: Marquee, reading: Reading, looks: Looks) -> ui.LayoutView:
    """The channel's card, which everyone uses."""
    return _body(bot, reading, looks).view(looks, _rows(reading))


def _body(bot: Marquee, reading: Reading, looks: Looks) -> Body:
    catalogue = bot.serving.recommender.catalogue
    match reading.night.state:
        case "gathering":
            return _gathering(catalogue, reading, looks)
        case "voting":
            return _voting(catalogue, reading, looks)
        case "planned":
            return _planned(bot, reading)
        case "watched":
            return _watched(catalogue, reading)
    cancelled = ["This evening was cancelled.", "-# Start another with `/night start`"]
    return Body(cards.QUIET, [_heading(reading), *cancelled])


def _gathering(catalogue: Catalogue, reading: Reading, looks: Looks) -> Body:
    head = [
        _heading(reading),
        *_wished(reading),
        _people(reading),
        *_typical(reading),
        *_from_lists(reading),
        *_on_services(reading),
        *(["**Put in so far**"] if reading.films else []),
    ]
    last = (
        "-# Join if you are coming. Whoever is in may suggest up to three films; **Pick for us** adds five that suit you all, "
        f"and opens the vote.{_hosts(reading)}"
    )
    return Body(cards.ACCENT, head, _film_lines(catalogue, reading, looks), last=last)


def _voting(catalogue: Catalogue, reading: Reading, looks: Looks) -> Body:
    cast = sum(ballot.cast for ballot in reading.ballots.values())
    left_out = cards.count(reading.night.vetoed, "film is", "films are")
    vetoed = [f"-# {left_out} left out by somebody's exclusions"] if reading.night.vetoed else []
    closes = f"<t:{reading.night.closes_at}:R>"
    last = f"**{cast} of {len(reading.members)} have voted** · closes {closes} or when all have\n-# {RULE}{_hosts(reading)}"
    head = [_heading(reading), *_wished(reading), _people(reading), *_typical(reading)]
    tail = [*vetoed, *_from_lists(reading), *_on_services(reading)]
    lines = _film_lines(catalogue, reading, looks)
    return Body(cards.ACCENT, head, lines, tail, last, offers=reading.night.wish.on_our_services)


def _planned(bot: Marquee, reading: Reading) -> Body:
    catalogue, result, winner = bot.serving.recommender.catalogue, reading.tally, reading.winner
    assert result is not None
    assert winner is not None
    won = "\n".join(filter(None, [f"## {cards.candidate(winner, catalogue)}", _how_decided(reading, result)]))
    votes = [line for _, line in _film_lines(catalogue, reading, looking.UNSEEN, result)]
    last = f"{_no_event(bot, reading.night)}{_hosts(reading)}".lstrip("\n")
    return Body(cards.DONE, [_heading(reading)], [(_known(catalogue, winner), won)], [_people(reading), *votes], last)


def _how_decided(reading: Reading, result: Tally) -> str:
    votes = result.approvals[result.winner.id]
    if (
        result.winner.id != reading.night.winner
    ):  # a voter deleted their data, so the ballots no longer give this result
        return ""
    if not votes and result.by != "draw":
        return "nobody approved of any; this suits the group best"
    if result.by == "approvals":
        return f"won with {votes} of {max(len(reading.members), len(reading.ballots))}"
    if result.by == "score":
        return f"tied at {votes}; this suits the group better"
    return f"tied at {votes}, and as good for the group; drawn by lot (seed {reading.night.seed})"


def _no_event(bot: Marquee, night: Night) -> str:
    if night.event is not None or night.starts_at is None or night.starts_at <= bot.now():
        return ""
    if (reason := event.hindrance(bot, night)) is not None:
        return f"-# {reason}"
    return "-# There is no event for it in the server, so remember the time."


def _watched(catalogue: Catalogue, reading: Reading) -> Body:
    assert reading.winner is not None
    hint = "Each rating counts at once." if reading.winner.movie is not None else UNKNOWN
    said = f"You watched {cards.candidate(reading.winner, catalogue)}."
    return Body(
        cards.DONE,
        [_heading(reading)],
        [(_known(catalogue, reading.winner), said)],
        [_mentions(reading)],
        f"-# How was it? {hint}",
    )


def _heading(reading: Reading) -> str:
    night = reading.night
    when = f" · <t:{night.starts_at}:F> (<t:{night.starts_at}:R>)" if night.starts_at else ""
    event = (
        ""
        if night.event is None or night.over
        else f"\n[The event](https://discord.com/events/{night.guild}/{night.event})"
    )
    return f"### {_title(night)}{when}{_zone(reading)}{event}"


def _wished(reading: Reading) -> list[str]:
    """What the films to be picked must be, and how many are."""
    night = reading.night
    return [f"-# {cards.wished(night.wish)} · {night.fit}".removesuffix(" · ")] if night.wish.given else []


def _title(night: Night) -> str:
    return cards.escape(night.wish.title or "Movie night", 80)


def _zone(reading: Reading) -> str:
    """The hour by which it was read, while the server hasn't set its own zone: the card shows each member their own."""
    night, zone = reading.night, GuildSettings().time_zone
    if not night.starts_at or night.over or reading.settings.time_zone != zone:
        return ""
    hour = datetime.fromtimestamp(night.starts_at, zones.zone(zone))
    return f"\n-# {hour:%H:%M} in {zone}, by which times are read here. For another: `/night settings time_zone`"


def _from_lists(reading: Reading) -> list[str]:
    """Which lists films are, or were, picked from first, and how many came from there if that may be said."""
    night, picked = reading.night, sum(not film.suggested for film in reading.films)
    if night.wish.lists is None:
        return []
    lists, hint = LISTS[night.wish.lists]
    if night.state == "gathering":
        return [f"-# Films will be picked from {lists} first ({hint}), then from all that suits you"]
    if night.listed is None or not picked:
        return [f"-# Picked from {lists} first, then from all that suits you"]
    few = "; the others suit you besides" if 0 < night.listed < picked else ""
    return [
        f"-# {night.listed or 'None'} of the {picked} picked films {'is' if night.listed == 1 else 'are'} from {lists}{few}"
    ]


def _who_wants(reading: Reading, film: Movie) -> str:
    """Those who want to see a film and let others know."""
    members = [f"<@{member}>" for member in reading.wanted.get(film.id, ())]
    if not members:
        return ""
    more = [f"{len(members) - WANTING} more"] if len(members) > WANTING else []
    return f"{cards.listing([*members[:WANTING], *more])} {'wants' if len(members) == 1 else 'want'} to see it"


def _on_services(reading: Reading) -> list[str]:
    """What is, or was, picked from, where that is the server's services; and whether few films were found there."""
    if not reading.night.wish.on_our_services:
        return []
    if reading.night.state == "gathering":
        names = services.told(reading.settings.services) or "your services"
        return [f"-# Films will be picked from what TMDB knows to be on {names}"]
    # The services may have been changed since, so they aren't named.
    match picked := sum(not film.suggested for film in reading.films):
        case 0:
            which = "none of the films that suit you best is"
        case 1:
            which = "only one of the films that suit you best is"
        case _:
            which = f"only {picked} of the films that suit you best are" if picked < SLATE else "the picked films are"
    return [f"-# As far as TMDB knows, {which} on your services; others may be there too"]


def _hosts(reading: Reading) -> str:
    """Whose the marked buttons are, for all to read before they press."""
    if reading.settings.hosts == "managers":
        return f"\n-# {HOSTS_MARK} is for those who manage the server's events"
    return f"\n-# {HOSTS_MARK} is for the host, <@{reading.host}>" if reading.host else ""


def _people(reading: Reading) -> str:
    if not reading.members:
        return "Nobody is in yet."
    return f"**In:** {_mentions(reading)}"


def _typical(reading: Reading) -> list[str]:
    """How those without ratings count; how many they are, only where that doesn't tell who."""
    if _is_small(reading):
        return ["-# Whoever has no ratings yet counts as a typical viewer"]
    if not reading.guests:
        return []
    count = "counts" if reading.guests == 1 else "count"
    return [f"-# {reading.guests} without ratings so far {count} as a typical viewer"]


def _is_small(reading: Reading) -> bool:
    return len(reading.members) < ANONYMOUS


def _mentions(reading: Reading) -> str:
    shown = " ".join(f"<@{member}>" for member in reading.members[:NAMED])
    return shown + (f" and {len(reading.members) - NAMED} more" if len(reading.members) > NAMED else "")


def _known(catalogue: Catalogue, film: NightFilm) -> Movie | None:
    return None if film.movie is None else catalogue.get(film.movie)


def _film_lines(
    catalogue: Catalogue, reading: Reading, looks: Looks, result: Tally | None = None
) -> list[tuple[Movie | None, str]]:
    """A line for each film: its name, and the reason stored when the vote began, or after the vote its number of approvals."""
    detailed = result is None and len(reading.films) <= DETAILED
    lines = []
    for film in reading.films:
        votes = f"  ·  {cards.count(result.approvals[film.id], 'approves', 'approve')}" if result else ""
        line = f"{cards.candidate(film, catalogue)}{votes}"
        if film.suggested:
            line += " · suggested"
        known = _known(catalogue, film)
        if detailed and known is not None:
            told = looking.about(known, looks), film.why, _who_wants(reading, known)
            line += "\n-# " + " · ".join(part for part in told if part)
        lines.append((known, line))
    return lines


def _rows(reading: Reading) -> list[ui.ActionRow[ui.LayoutView]]:
    night, primary, secondary = reading.night, discord.ButtonStyle.primary, discord.ButtonStyle.secondary

    def buttons(first: str | None = None, **labels: str) -> ui.ActionRow[ui.LayoutView]:
        return row(
            NightButton(night.id, action, label, primary if action == first else secondary)
            for action, label in labels.items()
        )

    rate = {"rate": "Rate some films"} if reading.guests or _is_small(reading) else {}
    match night.state:
        case "gathering":
            steps = buttons("join", join="Join", leave="Leave", suggest="Suggest a film", pick="Pick for us")
            return [steps, row([NightPeople(night.id)]), *([buttons(**rate)] if rate else [])]
        case "voting":
            return [
                buttons("vote", vote="Vote", mine="What would I think?", close="Close the vote"),
                buttons(join="Join", leave="Leave", suggest="Suggest a film", **rate),
            ]
        case "planned":
            return [buttons("watched", watched="We watched it", join="Join", leave="Leave", cancel="Cancel")]
        case "watched":
            return [row(_star_buttons(night, reading.winner))] if reading.winner else []
    return []


def row(parts: Iterable[Item[Any]]) -> ui.ActionRow[ui.LayoutView]:
    row: ui.ActionRow[ui.LayoutView] = ui.ActionRow()
    for part in parts:
        row.add_item(part)
    return row


def _star_buttons(night: Night, film: NightFilm) -> list[Item[Any]]:
    quick = [stars for stars in reversed(STARS) if stars % 1 == 0][1:]
    if (movie := film.movie) is None:
        typed = [RateTyped(night.id, stars, TEXT.stars(stars)) for stars in quick]
        return [*typed, RateTyped(night.id, None, "Other stars")]
    known = [Say(ANYONE, "rate", movie, False, {"stars": stars}, label=TEXT.stars(stars)) for stars in quick]
    return [*known, AskStars(ANYONE, movie, label="Other stars")]


def status(bot: Marquee, reading: Reading, looks: Looks, link: str | None) -> ui.LayoutView:
    """The card's text for one member alone, and the way to the card: its buttons work there, and this copy won't change."""
    body = _body(bot, reading, looks)
    body = replace(body, last=body.last.removesuffix(_hosts(reading).lstrip("\n")).rstrip("\n"))
    way: list[ui.Button[Any]] = [] if link is None else [ui.Button(label="Go to the card", url=link)]
    return note(body.credited(looks).text, *way, accent=body.colour)


def reminder(catalogue: Catalogue, reading: Reading, link: str | None) -> str:
    """That a night begins soon, and what is still to do."""
    night, winner = reading.night, reading.winner
    name = cards.candidate(winner, catalogue) if winner else f"**{_title(night)}**"
    begins = f"{name} begins <t:{night.starts_at}:R>."
    if winner is not None:
        return begins
    card = "the card" if link is None else f"[the card]({link})"
    todo = "The vote is still open" if night.state == "voting" else "No film is chosen yet"
    return f"{begins} {todo}: see {card}."
