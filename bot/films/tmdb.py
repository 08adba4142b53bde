"""TMDB's API, version 3: which of its films is meant, and what it says of it.

https://developer.themoviedb.org/reference. The token goes in a header, and nothing that is raised or logged here has one:
aiohttp's own errors carry the request's headers, so none of them is passed on.
"""

import asyncio
import json
import logging
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, NamedTuple, Self

import aiohttp
from pydantic import SecretStr

from bot.films.fetch import CONNECT_SECONDS, UNTOLD_WAIT, BusyError, FetchError, limited, retry_after, user_agent
from bot.films.film import Film
from bot.films.look import Details, Offers
from recommender.text import beginning, title_key, visible

ADDRESS = "https://api.themoviedb.org/3"
IMAGES = "https://image.tmdb.org/t/p"
FALLBACK = "en-US"  # for films that nobody has described in a language
LANGUAGES = {"es-419": "es-MX"}  # Discord's Spanish of Latin America, which TMDB has by countries alone
AT_ONCE = 4  # requests
MOST_SECONDS = 8.0  # for one answer
MOST_BYTES = 2_000_000
SILENT_WAIT = 60.0  # seconds after no connection could be made, or no answer came
OVERVIEW = 300  # characters
SERVICES = 20  # of one kind in a region
THEATRICAL = 3  # the type of a release

_TITLES = ("title", "original_title")
_SENTENCE = re.compile(r".+?[.!?…。！？](?=\s|$)|.+$", re.DOTALL)

log = logging.getLogger(__name__)


class TokenError(FetchError):
    """TMDB doesn't accept the token."""


class Found(NamedTuple):
    """A film's details in a language, and its offers by region (ISO 3166-1)."""

    details: Details
    offers: dict[str, Offers]


class Tmdb:
    """A client, open in `async with`. `images`: where posters are shown from. `clock` gives seconds since 1970."""

    def __init__(
        self,
        token: SecretStr,
        address: str = ADDRESS,
        images: str = IMAGES,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.images = images
        self._token = token
        self._address = address
        self._clock = clock
        self._places = asyncio.Semaphore(AT_ONCE)
        self._quiet_until = 0.0
        self.accepted: bool | None = None  # the token; None until TMDB has answered, False for good

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            headers={"User-Agent": user_agent(), "Accept": "application/json"},
            timeout=aiohttp.ClientTimeout(total=MOST_SECONDS, sock_connect=CONNECT_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def find(self, film: Film, language: str) -> Found | None:
        """A film, described in a language ("de", "pt-BR"). None if TMDB has no film that is surely this one.

        Raises TokenError where TMDB doesn't accept the token, BusyError where it is to be left alone, otherwise FetchError.
        """
        language = LANGUAGES.get(language, language)
        async for number in self._candidates(film):
            found = await self._movie(number, language)
            # Whatever led here, another IMDb id is another film.
            if found is None or (film.imdb and found.details.imdb and film.imdb != found.details.imdb):
                continue
            if (found.details.overview and found.details.trailer) or language == FALLBACK:
                return found
            return _completed(found, await self._movie(number, FALLBACK))
        return None

    async def picture(self, address: str) -> bytes:
        """A poster, by its address: bytes of an image, as far as the service says. Raises FetchError where it can't be had."""
        if not address.startswith(f"{self.images}/"):
            raise FetchError("That picture isn't TMDB's.")
        try:
            # Without the token: pictures are for all.
            async with self._places, self._session.get(address, allow_redirects=False) as response:
                if response.status != 200 or not response.content_type.startswith("image/"):
                    raise FetchError(f"TMDB answered {response.status} with {response.content_type} for a picture.")
                return b"".join([chunk async for chunk in limited(response, MOST_BYTES)])
        except (aiohttp.ClientError, TimeoutError) as error:
            raise FetchError(f"A picture of TMDB's didn't come: {type(error).__name__}.") from None

    async def _candidates(self, film: Film) -> AsyncIterator[int]:
        """Numbers of films that may be meant, the surest first."""
        if film.imdb is not None:
            answer = await self._get(f"/find/tt{film.imdb:07d}", external_source="imdb_id")
            for row in _rows(answer, "movie_results"):
                if (number := _number(row.get("id"))) is not None:
                    yield number
        if film.tmdb is not None:
            yield film.tmdb
        if film.year is not None:
            # A film's year here may be that of a later release elsewhere, hence the search without one.
            for options in ({"year": str(film.year)}, {}):
                answer = await self._get("/search/movie", query=film.title, **options)
                if (number := matching(_rows(answer, "results"), film.title, film.year)) is not None:
                    yield number
                    return

    async def _movie(self, number: int, language: str) -> Found | None:
        path, parts = f"/movie/{number}", "videos,release_dates,watch/providers"
        answer = await self._get(path, language=language, append_to_response=parts)
        found = parsed(answer)
        if found is None and answer is not None:
            raise FetchError(f"TMDB's answer to {path} is no film.")
        return found

    async def _get(self, path: str, **options: str) -> dict[str, Any] | None:
        """An answer's JSON; None for what TMDB doesn't have."""
        async with self._places:
            if self.accepted is False:
                raise TokenError("TMDB doesn't accept TMDB_TOKEN.")
            if (wait := self._quiet_until - self._clock()) > 0:
                raise BusyError("TMDB is left alone for now.", wait)
            try:
                return await self._answer(path, options)
            except (aiohttp.ClientConnectorError, TimeoutError):
                # Else every film would be waited for in turn.
                raise self._rest("TMDB can't be reached, or doesn't answer.", SILENT_WAIT) from None
            except (aiohttp.ClientError, ValueError, RecursionError) as error:
                raise FetchError(
                    f"TMDB's answer to {path} broke off or makes no sense: {type(error).__name__}."
                ) from None

    async def _answer(self, path: str, options: dict[str, str]) -> dict[str, Any] | None:
        authorization = {"Authorization": f"Bearer {self._token.get_secret_value()}"}
        request = self._session.get(self._address + path, params=options, headers=authorization, allow_redirects=False)
        async with request as response:
            if response.status == 401:
                self.accepted = False
                raise TokenError("TMDB doesn't accept TMDB_TOKEN.")
            if response.status == 404:
                return None
            if response.status == 429:
                wait = retry_after(response.headers.get("Retry-After"), self._clock())
                raise self._rest("TMDB asks to be left alone.", UNTOLD_WAIT if wait is None else wait)
            if response.status != 200:
                raise FetchError(f"TMDB answered {response.status} to {path}.")
            if self.accepted is None:  # a refusal may have come meanwhile
                self.accepted = True
            answer = json.loads(b"".join([chunk async for chunk in limited(response, MOST_BYTES)]))
        if not isinstance(answer, dict):
            raise ValueError("not an object")
        return answer

    def _rest(self, sentence: str, seconds: float) -> BusyError:
        self._quiet_until = max(self._quiet_until, self._clock() + seconds)
        log.info("%s No film is looked up for %.0f s.", sentence, seconds)
        return BusyError(sentence, seconds)


def matching(rows: list[dict[str, Any]], title: str, year: int) -> int | None:
    """The film of exactly this title and year, or of a year beside it; None where none or several fit.

    A film of the right year hides those of the years beside it, also where two of it leave the choice open.
    """
    named = [row for row in rows if title_key(title) in {title_key(_text(row.get(name)) or "") for name in _TITLES}]
    for distance in (0, 1):
        fitting = {
            number
            for row in named
            if (number := _number(row.get("id"))) is not None
            and (published := _year(row.get("release_date"))) is not None
            and abs(published - year) == distance
        }
        if fitting:
            return fitting.pop() if len(fitting) == 1 else None
    return None


def parsed(answer: object) -> Found | None:
    """A film from what /movie answers, or None if that isn't one. Every part that isn't as it should be counts as missing."""
    film = _object(answer)
    number = _number(film.get("id"))
    if number is None:
        return None
    imdb = re.fullmatch(r"tt(\d{1,10})", _text(film.get("imdb_id")) or "", re.ASCII)
    poster = re.fullmatch(r"/[\w-]{1,100}\.(?:jpg|png)", _text(film.get("poster_path")) or "", re.ASCII)
    details = Details(
        tmdb=number,
        imdb=int(imdb[1]) if imdb else None,
        poster=poster[0] if poster else None,
        minutes=_number(film.get("runtime"), most=1_000),
        overview=brief(_text(film.get("overview")) or "") or None,
        trailer=_trailer(_rows(film.get("videos"), "results")),
        certifications=dict(_certifications(_rows(film.get("release_dates"), "results"))),
    )
    regions = _object(_object(film.get("watch/providers")).get("results"))
    return Found(details, {region: _offers(_object(here)) for region, here in regions.items() if _is_region(region)})


def brief(text: str) -> str:
    """The first sentence or two of a text, at most OVERVIEW characters."""
    sentences = [sentence.strip() for sentence in _SENTENCE.findall(visible(text))[:2]]
    both = " ".join(sentences)
    if len(both) <= OVERVIEW:
        return both
    return sentences[0] if len(sentences[0]) <= OVERVIEW else beginning(both, OVERVIEW - 1) + "…"


def _completed(found: Found, other: Found | None) -> Found:
    """With the overview and the trailer of another language where there are none."""
    if other is None:
        return found
    own, more = found.details, other.details
    details = own._replace(overview=own.overview or more.overview, trailer=own.trailer or more.trailer)
    return found._replace(details=details)


def _trailer(videos: list[dict[str, Any]]) -> str | None:
    """An address on YouTube, of an official trailer if there is one."""
    trailers = [video for video in videos if video.get("site") == "YouTube" and video.get("type") == "Trailer"]
    for video in sorted(trailers, key=lambda video: video.get("official") is not True):
        if re.fullmatch(r"[\w-]{5,20}", key := _text(video.get("key")) or "", re.ASCII):
            return f"https://www.youtube.com/watch?v={key}"
    return None


def _certifications(countries: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for country in countries:
        region = _text(country.get("iso_3166_1")) or ""
        releases = sorted(_rows(country, "release_dates"), key=lambda release: release.get("type") != THEATRICAL)
        given = (visible(_text(release.get("certification")) or "")[:20] for release in releases)
        if _is_region(region) and (certification := next(filter(None, given), None)):
            yield region, certification


def _offers(here: dict[str, Any]) -> Offers:
    link = _text(here.get("link")) or ""
    services = {
        kind: tuple(
            name
            for service in _rows(here, kind)[:SERVICES]
            if (name := visible(_text(service.get("provider_name")) or "")[:100])
        )
        for kind in Offers._fields[1:]
    }
    is_link = re.fullmatch(r"https://www\.themoviedb\.org/[\w./?=&%-]{1,200}", link, re.ASCII)
    return Offers(link if is_link else None, **services)


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _rows(value: object, name: str) -> list[dict[str, Any]]:
    rows = _object(value).get(name)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: object, most: int = 10**9) -> int | None:
    return value if type(value) is int and 0 < value <= most else None


def _year(value: object) -> int | None:
    date = re.match(r"\d{4}(?=-)", _text(value) or "", re.ASCII)
    return int(date[0]) if date else None


def _is_region(text: str) -> bool:
    return re.fullmatch("[A-Z]{2}", text) is not None
