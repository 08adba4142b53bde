"""A data set in MovieLens's own layout, small enough to learn in a second, and a mirror that has it."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pandas as pd

NAME = "ml-latest"  # the only set whose size is not laid down
UNRATED = 1_000  # a film that nobody there has rated


def ratings() -> pd.DataFrame:
    """120 users with clear tastes, 50 ratings each of 150 films."""
    random = np.random.default_rng(1)
    users = np.repeat(np.arange(120), 50)
    films = np.concatenate([random.choice(150, 50, replace=False) for _ in range(120)])
    tastes, kinds = random.normal(size=(120, 2)), random.normal(size=(150, 2))
    stars = 3.2 + 0.8 * (tastes[users] * kinds[films]).sum(1) + random.normal(0, 0.3, len(users))
    return pd.DataFrame(
        {
            "userId": users + 1,
            "movieId": films + 1,
            "rating": (stars * 2).round().clip(1, 10) / 2,
            "timestamp": 1_500_000_000,
        }
    )


def movies() -> pd.DataFrame:
    ids = [*range(1, 151), UNRATED]
    return pd.DataFrame({"movieId": ids, "title": [f"Film {i} (2001)" for i in ids], "genres": "Drama"})


@contextmanager
def mirror(folder: Path) -> Iterator[str]:
    """A server of the zip on loopback; gives its base address."""
    with zipfile.ZipFile(folder / f"{NAME}.zip", "w") as archive:
        archive.writestr(f"{NAME}/ratings.csv", ratings().to_csv(index=False))
        archive.writestr(f"{NAME}/movies.csv", movies().to_csv(index=False))
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass
