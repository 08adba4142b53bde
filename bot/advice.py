"""What to recommend to one member: their history, their exclusions and the wish of the moment, put to the model."""

import asyncio
import re
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot import filtering
from bot.refusal import Refusal
from bot.serving import Serving
from bot.store import Exclusion, Store
from recommender import LIST_STYLES, Filters, Movie, Pick
from recommender.text import spaced_words, visible

NOTHING_WANTED = "Nothing is on your watchlist yet. Press **Want to see** under a film, or use `/watchlist add`."


@dataclass(frozen=True)
class Wish(Filters):
    """The options of one `/recommend` or `/top`. A Refusal if there is no such style."""

    count: int = 5
    without: str | None = None
    include_seen: bool = False
    share: bool = False
    style: str = "balanced"  # lists that were stored before there were styles have this one
    on_our_services: bool = False
    from_watchlist: bool = False
    looked_up: int = 0  # of how many films it was asked whether they are on the services

    def __post_init__(self) -> None:
        if self.style not in LIST_STYLES:
            raise Refusal(f"I don't know that style. Choose one of: {', '.join(LIST_STYLES)}.")

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


async def recommend(store: Store, serving: Serving, member: int, wish: Wish) -> list[Pick]:
    """The best films, best first: never a rated, seen or excluded one, unless the wish includes what is seen. A Refusal where it
    asks for those of a watchlist that is empty."""
    history = await store.history(member)
    unwanted = unwanted_films(serving, await store.exclusions(member))
    for phrase in phrases(wish.without or ""):
        unwanted |= serving.recommender.films.with_phrase(phrase)
    if not wish.include_seen:
        unwanted |= serving.recommender.model.mask(await store.seen(member))
    among = filtering.admitted(serving, wish)
    if wish.from_watchlist:
        if not (wanted := await store.watchlists.of(member)):
            raise Refusal(NOTHING_WANTED)
        among = among & serving.recommender.model.mask(wanted)
    # In a thread, as all that is solved from a history: thousands of ratings take tens of milliseconds.
    return await asyncio.to_thread(
        lambda: serving.recommender.taste(history).recommend(
            wish.count, unwanted, among=among, style=wish.style, include_history=wish.include_seen
        )
    )


async def next_question(store: Store, serving: Serving, member: int) -> Movie | None:
    """The film whose answer would teach most about a member; None if none is left. Never one that they rated, marked as seen,
    have not seen, want to see, or excluded, nor one of their lists: stars drift towards a prediction that was shown."""
    history, recommender = await store.history(member), serving.recommender
    asked = [*await store.unseen.of(member), *await store.watchlists.of(member)]
    unwanted = unwanted_films(serving, await store.exclusions(member))
    unwanted |= recommender.model.mask({*await store.seen(member), *await store.lists.recommended(member)})
    # In a thread: a tenth of a second where there are very many films.
    best = await asyncio.to_thread(lambda: recommender.taste(history).questions(1, asked, among=~unwanted))
    return recommender.catalogue[best[0]] if best else None


def unwanted_films(serving: Serving, exclusions: list[Exclusion]) -> NDArray[np.bool_]:
    """(films,) True for those that a member's exclusions hide."""
    recommender = serving.recommender
    unwanted = recommender.model.mask([int(each.value) for each in exclusions if each.kind == "movie"])
    for each in exclusions:
        if each.kind == "genre":
            unwanted |= recommender.films.admitted(Filters(genre=each.value))
        elif each.kind == "words":
            unwanted |= recommender.films.with_phrase(each.value)
    return unwanted


def hiding(serving: Serving, film: Movie, exclusions: list[Exclusion]) -> list[Exclusion]:
    """Those of a member's exclusions that hide a film of the catalogue."""
    row = serving.recommender.catalogue.row(film.id)
    return [entry for entry in exclusions if unwanted_films(serving, [entry])[row]]


def phrases(text: str) -> list[str]:
    """ "Star Wars, Lord of the Rings" -> its phrases, without repeats."""
    parts = (visible(part) for part in re.split("[,，、]", text))
    return list({spaced_words(part): part for part in parts if part}.values())
