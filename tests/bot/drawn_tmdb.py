"""TMDB on loopback, with posters that are drawn here: for pictures of the preview and for tests in a browser."""

import colorsys
import io
import textwrap
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from zlib import crc32

import matplotlib
from aiohttp import web
from PIL import Image, ImageDraw, ImageFont
from pydantic import SecretStr

from bot.films.tmdb import Tmdb

SIZE = (342, 513)  # pixels
FONT = Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans-Bold.ttf"
SERVICES = ("Netflix", "Disney Plus", "MUBI")


@asynccontextmanager
async def drawn_tmdb() -> AsyncIterator[Tmdb]:
    """A client of a TMDB that has every film that is looked for."""
    films: dict[int, tuple[str, str]] = {}

    async def search(request: web.Request) -> web.Response:
        title, year = request.query["query"], request.query.get("year", "")
        number = crc32(f"{title} {year}".encode()) % 10**8 + 1
        films[number] = title, year
        row = {"id": number, "title": title, "release_date": f"{year}-06-01"}
        return web.json_response({"results": [row] if year else []})

    async def movie(request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        title, _ = films[number]
        return web.json_response(_film(number, title))

    async def image(request: web.Request) -> web.Response:
        title, year = films[int(request.match_info["number"])]
        return web.Response(body=poster(title, year), content_type="image/png")

    app = web.Application()
    app.router.add_get("/3/search/movie", search)
    app.router.add_get("/3/movie/{number}", movie)
    app.router.add_get("/t/p/{width}/{number}.png", image)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        place = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield Tmdb(SecretStr("a token of no service"), f"{place}/3", f"{place}/t/p")
    finally:
        await runner.cleanup()


def _film(number: int, title: str) -> dict[str, object]:
    offers = {"link": f"https://www.themoviedb.org/movie/{number}/watch"}
    service = {"provider_name": SERVICES[number % len(SERVICES)]}
    return {
        "id": number,
        "title": title,
        "runtime": 0,  # not known: minutes that are made up have no place in a picture
        "overview": "Somebody wants something badly. Somebody else is in the way. By the end both have learned a lot.",
        "poster_path": f"/{number}.png",
        "videos": {"results": [{"site": "YouTube", "type": "Trailer", "key": "drawn_here", "official": True}]},
        "release_dates": {
            "results": [
                {"iso_3166_1": "DE", "release_dates": [{"certification": str(12 + 4 * (number % 2)), "type": 3}]}
            ]
        },
        "watch/providers": {"results": {"DE": offers | {"flatrate": [service]}}},
    }


@cache
def poster(title: str, year: str) -> bytes:
    """A PNG: an evening sky over hills in colours of the film's own, and its title."""
    seed = crc32(title.encode())
    hue = seed % 360 / 360
    sky, sun, near, far = (
        _colour(hue + turn, *rest)
        for turn, *rest in ((0, 0.7, 0.28), (0.45, 0.6, 0.95), (0.06, 0.8, 0.14), (0.03, 0.7, 0.2))
    )
    image = Image.new("RGB", SIZE, sky)
    draw = ImageDraw.Draw(image)
    width, height = SIZE
    for row in range(height // 2):
        draw.line((0, row, width, row), fill=_colour(hue + row / 3000, 0.7, 0.28 + row / 900))
    centre, radius = (width * (25 + seed // 7 % 50) // 100, height * 2 // 5), 50 + seed // 11 % 40
    draw.ellipse((centre[0] - radius, centre[1] - radius, centre[0] + radius, centre[1] + radius), fill=sun)
    draw.rectangle((0, height // 2, width, height), fill=far)
    for step, colour in ((0, far), (1, near)):
        top, left = height // 2 + 50 * step, -60 + seed // (13 + step) % 120
        draw.ellipse((left - 200, top, left + 340, top + 500), fill=colour)
        draw.ellipse((left + 120, top + 30, left + 660, top + 500), fill=colour)
    lines = textwrap.wrap(title, 12)[:4]
    size = min(46, int(1.5 * (width - 30) / max(map(len, lines))))
    font = ImageFont.truetype(FONT, size)
    draw.multiline_text((width / 2, height - 40), "\n".join([*lines, year]), "white", font, "md", align="center")
    png = io.BytesIO()
    image.save(png, "PNG")
    return png.getvalue()


def _colour(hue: float, saturation: float, value: float) -> tuple[int, int, int]:
    red, green, blue = colorsys.hsv_to_rgb(hue % 1, saturation, min(value, 1))
    return int(255 * red), int(255 * green), int(255 * blue)
