"""Films from Wikidata's query service. What is in Wikidata is CC0: free for any use.

A query must end within 60 seconds, and only so many seconds of them a minute are allowed. So the films are asked for by the
time they were first published, in two steps: which films those are, then what is known of them, some hundred at once.
"""

import asyncio
import json
import logging
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import NamedTuple

from bot.films.fetch import BusyError, FetchError, RefusedError, UnreachableError, Web
from bot.films.film import MOST_OTHERS, Film, title_of
from bot.films.shelf import Shelf
from bot.films.source import Progress

URL = "https://query.wikidata.org/sparql"
BUSY = 2000  # from this year on a year has too many films for one piece
FIRST = 1900  # what is older is one piece
AT_ONCE = 250  # films in one question
MOST_BYTES = 32_000_000  # of an answer; 250 films take about two
MOST_SECONDS = 70.0  # for an answer; the service itself gives up after 60
LEAST_PAUSE = 1.0  # seconds between two questions; and no less than the last answer took, so that half the time is idle
FAULTS = 3  # pieces in a row that failed: then the service is down
BELIEVED = 20  # films; that so many and more are gone at once is not believed

# Direct instances of these; following the subclasses of film takes the service too long.
KINDS = (
    "Q11424",  # film
    "Q24869",  # feature film
    "Q202866",  # animated film
    "Q29168811",  # animated feature film
    "Q20650540",  # anime film
    "Q506240",  # television film
    "Q93204",  # documentary film
    "Q226730",  # silent film
)
# Of the title: the first that a film has. "mul" is the name that most languages share.
TITLES = ("en", "mul")
OTHER_TITLES = ("de", "es", "fr", "it", "pt")

# MovieLens's genres by words in the English names of Wikidata's, of which there are hundreds.
GENRES = {
    "Action": r"(?<!live-)(?<!live )action|martial arts|superhero|swashbuckler",
    "Adventure": r"adventure|swashbuckler",
    "Animation": r"animat|anime|cartoon",
    "Children": r"child|family film",
    "Comedy": r"comed|comic film|parody|slapstick|satir|mockumentary",
    "Crime": r"crime|gangster|heist|mafia|yakuza|police",
    "Documentary": r"documentary",
    "Drama": r"dram|tragedy",
    "Fantasy": r"fantas|fairy tale",
    "Film-Noir": r"noir",
    "Horror": r"horror|slasher|zombie|vampire|splatter|giallo|monster",
    "Musical": r"musical|operetta",
    "Mystery": r"myster|whodunit|detective",
    "Romance": r"roman(?:ce|tic)",
    "Sci-Fi": r"sci(?:ence |-)?fi|cyberpunk|dystopia|kaiju",
    "Thriller": r"thriller|suspense",
    "War": r"\b(?:anti-)?war\b",
    "Western": r"western\b",
}
_GENRES = {genre: re.compile(words) for genre, words in GENRES.items()}

PREFIXES = """\
PREFIX wd: <http://www.wikidata.org/entity/>
PREFIX wdt: <http://www.wikidata.org/prop/direct/>
PREFIX p: <http://www.wikidata.org/prop/>
PREFIX psv: <http://www.wikidata.org/prop/statement/value/>
PREFIX wikibase: <http://wikiba.se/ontology#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
"""

_Term = dict[str, str]  # {"type": "literal", "value": "The Matrix", "xml:lang": "en"}
_Told = defaultdict[str, list[_Term]]  # what is known of a film, by fact

log = logging.getLogger(__name__)


class Piece(NamedTuple):
    """Films that were first published from `start` on, and before `end`."""

    name: str  # of its file: "1999", "2019-07"
    start: date
    end: date


@dataclass(frozen=True)
class Wikidata:
    """The source. `url`: where a test's service listens."""

    url: str = URL
    name: str = "wikidata"

    async def update(self, web: Web, shelf: Shelf, older_than: datetime, progress: Progress) -> int:
        """As a `Source` does it: piece by piece. One that failed keeps what it had, and the next one is tried.

        Raises FetchError where the service can't be reached, wants to be left alone, or fails at piece after piece.
        """
        service = _Service(web, self.url)
        wanted = pieces(datetime.fromtimestamp(web.clock(), UTC).year)
        have = await asyncio.to_thread(shelf.pieces, self.name)
        failed = in_a_row = 0
        for done, piece in enumerate(wanted):
            progress(piece.name, done, len(wanted))
            kept = have.get(piece.name)
            if kept is not None and kept.at > older_than:
                continue
            at = datetime.fromtimestamp(web.clock(), UTC)
            try:
                films = await service.films(piece)
                if not films and kept is not None and kept.films >= BELIEVED:
                    raise FetchError("Wikidata says that there are none any more, which can't be.")
            except (UnreachableError, BusyError, RefusedError):
                raise
            except FetchError as error:
                log.warning("Films of %s could not be fetched: %s", piece.name, error)
                failed, in_a_row = failed + 1, in_a_row + 1
                if in_a_row == FAULTS:
                    raise
            else:
                await asyncio.to_thread(shelf.write, self.name, films, at, piece.name)
                in_a_row = 0
        progress("", len(wanted), len(wanted))
        return failed


class _Service:
    """The query service, asked one question at a time and at its pace."""

    def __init__(self, web: Web, url: str) -> None:
        self._web = web
        self._url = url
        self._ready = 0.0  # when it may be asked again, in seconds since 1970

    async def films(self, piece: Piece) -> list[Film]:
        """All films of a piece. Raises FetchError."""
        items = await asyncio.to_thread(items_of, await self._ask(which(piece)))
        films: list[Film] = []
        for first in range(0, len(items), AT_ONCE):
            answer = await self._ask(facts(items[first : first + AT_ONCE]))
            # In a thread: an answer of megabytes would hold up the bot's own.
            films += await asyncio.to_thread(films_of, answer)
        return films

    async def _ask(self, query: str) -> bytes:
        web = self._web
        await web.sleep(min(max(self._ready - web.clock(), 0.0), MOST_SECONDS))  # no longer, if the clock is set back
        started = web.clock()
        try:
            return await web.post(
                self._url,
                {"query": query},
                accept="application/sparql-results+json",
                most_bytes=MOST_BYTES,
                most_seconds=MOST_SECONDS,
            )
        finally:
            self._ready = web.clock() + min(max(web.clock() - started, LEAST_PAUSE), MOST_SECONDS)


def pieces(year: int) -> list[Piece]:
    """The pieces in which films up to the next year are fetched, the newest first: those are asked for most."""
    found = [Piece(f"before-{FIRST}", date(1850, 1, 1), date(FIRST, 1, 1))]
    found += [Piece(str(y), date(y, 1, 1), date(y + 1, 1, 1)) for y in range(FIRST, BUSY)]
    months = [date(y, month, 1) for y in range(BUSY, year + 2) for month in range(1, 13)]
    ends = [*months[1:], date(year + 2, 1, 1)]
    found += [Piece(f"{start:%Y-%m}", start, end) for start, end in zip(months, ends, strict=True)]
    return found[::-1]


def which(piece: Piece) -> str:
    """The query for the films of a piece. A film is in one piece only, however often it was published."""
    kinds = " ".join(f"wd:{kind}" for kind in KINDS)
    start, end = (f'"{day.isoformat()}T00:00:00Z"^^xsd:dateTime' for day in (piece.start, piece.end))
    return f"""{PREFIXES}
SELECT DISTINCT ?film WHERE {{
  VALUES ?kind {{ {kinds} }}
  ?film wdt:P31 ?kind ; wdt:P345 ?imdb ; wdt:P577 ?published .
  FILTER(?published >= {start} && ?published < {end})
  FILTER NOT EXISTS {{ ?film wdt:P577 ?earlier . FILTER(?earlier < {start}) }}
}}"""


def facts(items: Iterable[str]) -> str:
    """The query for what is known of some films: a row a fact, so that many dates and many genres don't multiply."""
    films = " ".join(f"wd:{item}" for item in items)
    languages = ", ".join(f'"{language}"' for language in (*TITLES, *OTHER_TITLES))
    any_title = f"SELECT ?film (SAMPLE(?label) AS ?value) {{ VALUES ?film {{ {films} }} ?film rdfs:label ?label }} GROUP BY ?film"
    return f"""{PREFIXES}
SELECT ?film ?fact ?value WHERE {{
  VALUES ?film {{ {films} }}
  {{ ?film wdt:P345 ?value . BIND("imdb" AS ?fact) }}
  UNION {{ ?film wdt:P4947 ?value . BIND("tmdb" AS ?fact) }}
  UNION {{ ?film wdt:P577 ?value . BIND("published" AS ?fact) }}
  UNION {{ ?film wdt:P1476 ?value . BIND("original" AS ?fact) }}
  UNION {{ ?film wikibase:sitelinks ?value . BIND("sitelinks" AS ?fact) }}
  UNION {{ ?film wdt:P364/wdt:P218 ?value . BIND("language" AS ?fact) }}
  UNION {{ ?film rdfs:label ?value . FILTER(LANG(?value) IN ({languages})) BIND("title" AS ?fact) }}
  UNION {{ {{ {any_title} }} BIND("any title" AS ?fact) }}
  UNION {{ ?film (wdt:P136|wdt:P31)/rdfs:label ?value . FILTER(LANG(?value) = "en") BIND("genre" AS ?fact) }}
  UNION {{ ?film p:P2047 ?length . ?length a wikibase:BestRank ; psv:P2047 ?amount .
    ?amount wikibase:quantityAmount ?value ; wikibase:quantityUnit wd:Q7727 . BIND("minutes" AS ?fact) }}
}}"""


def rows_of(answer: bytes) -> list[dict[str, _Term]]:
    """The rows of a result in SPARQL's JSON (https://www.w3.org/TR/sparql11-results-json/), each a binding a variable.

    Raises FetchError for anything else: a query that runs too long ends in the middle of the result with a Java exception.
    """
    try:
        rows = json.loads(answer)["results"]["bindings"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise FetchError(f"Wikidata's answer is not a result of a query ({type(error).__name__}).") from error
    if not isinstance(rows, list) or not all(map(_is_row, rows)):
        raise FetchError("Wikidata's answer is not a result of a query (its rows are not as expected).")
    return rows


def items_of(answer: bytes) -> list[str]:
    """The films in an answer to `which`, by their names in Wikidata: "Q83495"."""
    found = (
        re.fullmatch(r"https?://www\.wikidata\.org/entity/(Q[1-9]\d{0,11})", row["film"]["value"], re.ASCII)
        for row in rows_of(answer)
        if "film" in row
    )
    return sorted({item[1] for item in found if item is not None})


def films_of(answer: bytes) -> list[Film]:
    """The films in an answer to `facts`; those without a title or a well-formed IMDb id are left out."""
    known: defaultdict[str, _Told] = defaultdict(lambda: defaultdict(list))
    for row in rows_of(answer):
        if {"film", "fact", "value"} <= row.keys():
            known[row["film"]["value"]][row["fact"]["value"]].append(row["value"])
    return [film for told in known.values() if (film := _film(told)) is not None]


def genres_of(names: Iterable[str]) -> tuple[str, ...]:
    """MovieLens's words for Wikidata's genres.

    >>> genres_of(["romantic comedy film", "flashback film"])
    ('Comedy', 'Romance')
    """
    text = "\n".join(names).lower()
    return tuple(genre for genre, words in _GENRES.items() if words.search(text))


def _film(told: _Told) -> Film | None:
    # Sorted, so that of several the same is taken every week: the service has no order.
    values = {fact: sorted(term["value"] for term in terms) for fact, terms in told.items()}
    named = {term.get("xml:lang", ""): term["value"] for term in told["title"]}
    titles, elsewhere = (_titles(named.get(language, "") for language in some) for some in (TITLES, OTHER_TITLES))
    original, any_title = (_titles(values.get(fact, [])) for fact in ("original", "any title"))
    title = next(iter([*titles, *original, *elsewhere, *any_title]), None)
    imdb = min(_numbers(r"tt(\d{7,9})", values.get("imdb", [])), default=None)
    if title is None or not imdb:
        return None
    return Film(
        title=title,
        year=min(_numbers(r"(1[89]\d\d|20\d\d)-.*", values.get("published", [])), default=None),
        imdb=imdb,
        tmdb=min(_numbers(r"([1-9]\d{0,8})", values.get("tmdb", [])), default=None),
        others=tuple(other for other in dict.fromkeys([*original, *elsewhere]) if other != title)[:MOST_OTHERS],
        # The shortest of several cuts, which is mostly the one that cinemas had.
        minutes=min(_numbers(r"\+?([1-9]\d{0,2})(?:\.\d*)?", values.get("minutes", [])), default=None),
        genres=genres_of(values.get("genre", [])),
        language=_language(values.get("language", []), told["original"]),
        fame=next(map(float, _numbers(r"(\d{1,6})", values.get("sitelinks", []))), None),
    )


def _titles(texts: Iterable[str]) -> list[str]:
    return [title for text in texts if (title := title_of(text))]


def _language(codes: list[str], originals: list[_Term]) -> str | None:
    """Of the languages that are spoken in a film, the one that its original title is in."""
    spoken = [code for code in codes if re.fullmatch("[a-z]{2}", code)]
    titled = {value.get("xml:lang") for value in originals}
    return next((code for code in spoken if code in titled), next(iter(spoken), None))


def _numbers(pattern: str, texts: Iterable[str]) -> list[int]:
    """The numbers in the texts that have this form."""
    return [int(found[1]) for text in texts if (found := re.fullmatch(pattern, text, re.ASCII)) is not None]


def _is_row(row: object) -> bool:
    """A row is a mapping from variables to terms, and a term has a value, which is a string."""
    return isinstance(row, dict) and all(
        isinstance(term, dict) and all(isinstance(text, str) for text in (term.get("value"), term.get("xml:lang", "")))
        for term in row.values()
    )
