"""One reading of a night: made once, and passed on to whoever shows it or acts on it."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.night import tally
from bot.night.tally import Tally
from bot.night.wanted import read_wanted
from bot.store import Ballot, GuildSettings, Night, NightFilm, Store


@dataclass(frozen=True)
class Reading:
    """A night, its members with the host first, how many of them have no ratings, the candidates, the ballots by member, and how
    the server holds its nights. wanted: film -> who wants to see it and may be named, in a vote on what people want to see; read
    anew each time, so that nobody is named who has changed their mind.
    """

    night: Night
    members: list[int]
    guests: int
    films: list[NightFilm]
    ballots: dict[int, Ballot]
    settings: GuildSettings
    wanted: Mapping[int, list[int]]

    @property
    def tally(self) -> Tally | None:
        """Once the vote is over."""
        if self.night.winner is None or self.night.seed is None:
            return None
        return tally.count(self.films, self.ballots, self.night.seed)

    @property
    def host(self) -> int | None:
        """Who may take the steps that aren't everybody's, besides those who manage events."""
        return self.members[0] if self.members and self.settings.hosts == "everyone" else None

    @property
    def winner(self) -> NightFilm | None:
        return next((film for film in self.films if film.id == self.night.winner), None)


async def read_night(store: Store, night: Night) -> Reading:
    """How a night stands."""
    nights = store.nights
    members, guests = await nights.members(night.id), await nights.guests(night.id)
    films, ballots = await nights.films(night.id), await store.votes.ballots(night.id)
    shows_wanted = night.state == "voting" and night.wish.lists == "watchlists"
    wanted = (await read_wanted(store, members)).named if shows_wanted else {}
    return Reading(night, members, guests, films, ballots, await nights.settings(night.guild), wanted)
