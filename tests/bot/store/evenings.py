"""Evenings in a store, to test with."""

from bot.store import Night, NightFilm, NightWish, Store
from tests.bot.store import ALIEN, ANNA, BEN, HEAT

CLARA = 10**18 + 9
GUILD, CHANNEL = 10**18 + 100, 10**18 + 200
WISH = NightWish("A title", "few", "fair", 15, genre="Drama", from_year=1980)


async def begun(store: Store, *members: int, channel: int = CHANNEL, at: int = 10) -> Night:
    night = await store.nights.start(GUILD, channel, WISH, 5000, members or (ANNA, BEN), at)
    assert night is not None
    return night


async def voting(store: Store) -> tuple[Night, list[NightFilm]]:
    night = await begun(store)
    return night, await opened(store, night, {HEAT: 0.9, ALIEN: 0.8})


async def opened(store: Store, night: Night, scores: dict[int, float]) -> list[NightFilm]:
    """The films of a night whose vote is opened with these."""
    assert await store.votes.open(night.id, scores, {}, closes_at=100, seed=7, vetoed=0)
    return await store.nights.films(night.id)
