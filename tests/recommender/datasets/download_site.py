"""A download site on loopback, and small zips for it to hold."""

import io
import threading
import zipfile
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from recommender.datasets import movielens
from recommender.datasets.movielens import Counts, MovieLens

RATINGS_CSV = "userId,movieId,rating,timestamp\n1,31,2.5,1260759144\n1,1029,3.0,1260759179\n2,31,5.0,835355493\n"
MOVIES_CSV = (
    'movieId,title,genres\n31,"Net, The (1995)",Action|Thriller\n1029,Dumbo (1941),Animation\n7,Cosmos,Sci-Fi\n'
)
LINKS_CSV = "movieId,imdbId,tmdbId\n31,0113957,1642\n1029,0033563,\n7,,\n"
SMALL = Counts(ratings=3, users=2, movies=3)
CACHE = {"ml-latest.ratings.parquet", "ml-latest.movies.parquet", "ml-latest.links.parquet"}


class Site:
    """A download site on loopback. `cut`: bytes after which it hangs up; `ranges`: whether it resumes."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.cut: int | None = None
        self.ranges = True
        self.asked: list[tuple[str, str | None]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(site) -> type[BaseHTTPRequestHandler]:  # noqa: N805, the handler below has a self of its own
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                wanted = self.headers["Range"]
                site.asked.append((self.path, wanted))
                body = site.files.get(self.path)
                start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and site.ranges else 0
                if body is None:
                    return self.send_error(404)
                if start and start >= len(body):
                    return self.send_error(416)
                self.send_response(206 if start else 200)
                if start:
                    self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
                self.send_header("Content-Length", str(len(body) - start))
                self.end_headers()
                self.wfile.write(body[start : site.cut])
                return None

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


def zipped(members: dict[str, str], encoding: str = "utf-8") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text.encode(encoding))
    return packed.getvalue()


def names_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def expect(monkeypatch: pytest.MonkeyPatch, name: str, counts: Counts) -> None:
    monkeypatch.setitem(movielens.SOURCES, name, replace(movielens.SOURCES[name], counts=counts))


def assert_documented_types(data: MovieLens) -> None:
    types = {"user": "int64", "movie": "int64", "rating": "float64", "timestamp": "int64"}
    assert {column: str(dtype) for column, dtype in data.ratings.dtypes.items()} == types
    types = {"movie": "int64", "title": "str", "year": "Int64", "genres": "str"}
    assert {column: str(dtype) for column, dtype in data.movies.dtypes.items()} == types
    types = {"movie": "int64", "imdb": "Int64", "tmdb": "Int64"}
    assert {column: str(dtype) for column, dtype in data.links.dtypes.items()} == types
