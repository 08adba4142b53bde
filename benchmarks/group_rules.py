"""Rules that make one slate of several members' predicted stars: those of the literature, each as it is published, in a few
lines or by the library grouprec.

Each takes stars (members, films) and gives columns, best first.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.client import INTERPRETER, ROOT

MISERY = 3.0  # stars: less than that is misery

Array = NDArray[np.float64]
Rows = NDArray[np.int64]
Rule = Callable[[Array, int], Rows]


def best(scores: Array, n: int) -> Rows:
    return np.argsort(-scores, kind="stable")[:n]


def without_misery(stars: Array, n: int) -> Rows:
    """The average, with films that somebody would give less than 3 stars at the end."""
    return best(stars.mean(0) - 10.0 * (stars.min(0) < MISERY), n)


def borda(stars: Array, n: int) -> Rows:
    """Points by rank: as many as there are films behind."""
    points = np.argsort(np.argsort(stars, axis=1, kind="stable"), axis=1, kind="stable")
    return best(points.sum(0).astype(np.float64), n)


RULES: dict[str, Rule] = {
    "average": lambda stars, n: best(stars.mean(0), n),
    "least misery": lambda stars, n: best(stars.min(0), n),
    "most pleasure": lambda stars, n: best(stars.max(0), n),
    "average without misery": without_misery,
    "multiplicative": lambda stars, n: best(np.log(stars).sum(0), n),
    "Borda": borda,
}


def grouprec(groups: Sequence[Array], length: int, evenings: int = 1) -> dict[str, Rows]:
    """Label -> (groups, evenings * length) columns: of each group's stars one slate after the other, without the films of those
    before. Nothing, and a word, where the library is not installed or fails."""
    if not INTERPRETER.exists():
        print("grouprec is left out: the peers are not installed (make .venv-peers).", file=sys.stderr)
        return {}
    with tempfile.TemporaryDirectory() as folder:
        asked, found = Path(folder) / "groups.npz", Path(folder) / "slates.npz"
        np.savez(asked, length=length, evenings=evenings, **{str(at): stars for at, stars in enumerate(groups)})
        command = [INTERPRETER, "-m", "benchmarks.peers_groups", asked, found]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            print(f"grouprec failed and is left out:\n{done.stderr[-2000:]}", file=sys.stderr)
            return {}
        with np.load(found) as arrays:
            return dict(arrays)
