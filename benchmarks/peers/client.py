"""Asks a peer: its interpreter is another process, and data goes to and fro in a temporary folder."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.peers import Peer

ROOT = Path(__file__).parents[2]
INTERPRETER = ROOT / ".venv-peers" / "bin" / "python"


@dataclass(frozen=True)
class Answer:
    """What a peer found: (n,) predicted stars or (lists, LENGTH) movie ids, the seconds of its fit, and its version."""

    output: NDArray[np.float64] | NDArray[np.int64]
    seconds: float
    version: str | None


def chosen(peers: dict[str, Peer], wanted: Sequence[str] | None, patience: float, data: str) -> list[str]:
    """The names of the wanted peers, or of those whose fit on this data takes `patience` seconds at most.

    None, and a word, where they are not installed.
    """
    if wanted is not None:
        names = [name for name in peers if name in wanted]
    else:
        names = [name for name, peer in peers.items() if peer.seconds.get(data, 0.0) <= patience]
    if names and not INTERPRETER.exists():
        print("The peers are not installed (make .venv-peers): Marquee alone.", file=sys.stderr)
        return []
    return names


def rate(name: str, train: pd.DataFrame, test: pd.DataFrame, seed: int) -> Answer | None:
    """Predictions for the pairs of `test` after learning from `train`; None, and a word, where the peer fails."""
    return _ask(name, train, {"test.parquet": test[["user", "movie"]]}, {"seed": seed}, "predictions.npy")


def rank(name: str, train: pd.DataFrame, given: pd.DataFrame, seed: int, data: str) -> Answer | None:
    """A list of films for each history in `given` (list, movie, rating), with the peer's settings for this data set; None, and
    a word, where the peer fails."""
    frames, values = {"given.parquet": given[["list", "movie", "rating"]]}, {"seed": seed, "data": data}
    return _ask(name, train, frames, values, "lists.npy")


def _ask(
    name: str, train: pd.DataFrame, frames: dict[str, pd.DataFrame], values: dict[str, object], output: str
) -> Answer | None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for file, frame in {"train.parquet": train, **frames}.items():
            frame.to_parquet(folder / file, index=False)
        for file, value in values.items():
            (folder / f"{file}.txt").write_text(str(value))
        command = [INTERPRETER, "-W", "ignore", "-m", "benchmarks.peers", name, folder]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            print(f"{name} failed and is left out:\n{done.stderr[-2000:]}", file=sys.stderr)
            return None
        result = json.loads((folder / "result.json").read_text())
        return Answer(np.load(folder / output), result["seconds"], result["version"])
