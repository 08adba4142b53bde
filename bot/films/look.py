"""What a film looks like: for members' eyes only. Nothing of it may reach what learns, which TMDB's terms forbid."""

from typing import Any, NamedTuple

CREDIT = "This product uses the TMDB API but is not endorsed or certified by TMDB."
JUSTWATCH = "Streaming data: JustWatch"  # beside it where offers are shown


class Offers(NamedTuple):
    """Where a film can be watched in a region: names of services, and a page with all of them."""

    link: str | None
    flatrate: tuple[str, ...] = ()  # for those who subscribe
    free: tuple[str, ...] = ()
    ads: tuple[str, ...] = ()
    rent: tuple[str, ...] = ()
    buy: tuple[str, ...] = ()

    @property
    def included(self) -> tuple[str, ...]:
        """The services where the film itself costs nothing."""
        return (*self.flatrate, *self.free, *self.ads)


class Look(NamedTuple):
    """A film in a language and for a region. What is not known is None."""

    poster: str | None  # an address, 342 pixels wide
    minutes: int | None
    overview: str | None  # a sentence or two
    trailer: str | None
    certification: str | None  # the region's own: "12", "PG-13"
    offers: Offers | None

    @property
    def thumbnail(self) -> str | None:
        """The poster's address, 154 pixels wide."""
        return self.poster and self.poster.replace("/w342/", "/w154/")


class Details(NamedTuple):
    """What is kept of a film in a language, for all regions (ISO 3166-1)."""

    tmdb: int
    imdb: int | None = None
    poster: str | None = None  # a path: "/f89U3ADr1oiB1s9GkdPOEpXUk5H.jpg"
    minutes: int | None = None
    overview: str | None = None
    trailer: str | None = None
    certifications: dict[str, str] = {}  # noqa: RUF012 (never changed)

    def look(self, offers: dict[str, Offers], region: str | None, images: str) -> Look:
        """As a region sees it; without a region there is neither a certification nor an offer. images: TMDB's address of them."""
        poster, here = self.poster and f"{images}/w342{self.poster}", region or ""
        certification = self.certifications.get(here)
        return Look(poster, self.minutes, self.overview, self.trailer, certification, offers.get(here))

    @classmethod
    def of(cls, kept: dict[str, Any]) -> "Details":
        """From what `_asdict` gave, through JSON. Raises TypeError for anything else."""
        return cls(**kept)


def offers_of(kept: dict[str, list[Any]]) -> dict[str, Offers]:
    """Offers by region, through JSON."""
    return {region: Offers(link, *map(tuple, services)) for region, (link, *services) in kept.items()}
