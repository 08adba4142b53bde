"""One reading of a night: made once, and passed on to whoever shows it or acts on it."""

from dataclasses import dataclass

from bot.night import tally
from bot.night.tally import Tally
from bot.store import Ballot, GuildSettings, Night, NightFilm, Store


@dataclass(frozen=True)
class Reading:
    """A night, its members with the host first, how many of them have no ratings, the candidates, the ballots by member, and how
    the server holds its nights.
    """

    night: Night
    members: list[int]
    guests: int
    films: list[NightFilm]
    ballots: dict[int, Ballot]
    settings: GuildSettings

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
    films, ballots = await nights.films(night.id), await nights.ballots(night.id)
    return Reading(night, members, guests, films, ballots, await nights.settings(night.guild))
