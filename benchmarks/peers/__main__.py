"""Runs one peer on a folder's data: `.venv-peers/bin/python -m benchmarks.peers NAME FOLDER`.

Reads train.parquet and seed.txt, and test.parquet (a rating peer), or data.txt and given.parquet (a ranking peer: list, movie,
rating). Writes predictions.npy (n,) or lists.npy (lists, LENGTH; -1 where a list is shorter), and result.json.
"""

import json
import sys
import time
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.peers import LENGTH, PEERS, RATING, Recommend


def main() -> None:
    name, folder = sys.argv[1], Path(sys.argv[2])
    peer = PEERS[name]
    module, function = peer.adapter.split(":")
    fit = getattr(import_module(f"benchmarks.peers.{module}"), function)
    train, seed = pd.read_parquet(folder / "train.parquet"), int((folder / "seed.txt").read_text())
    known = (train, seed) if name in RATING else (train, seed, (folder / "data.txt").read_text())
    started = time.perf_counter()
    fitted = fit(*known)
    seconds = time.perf_counter() - started
    if name in RATING:
        np.save(folder / "predictions.npy", fitted(pd.read_parquet(folder / "test.parquet")))
    else:
        np.save(folder / "lists.npy", _lists(fitted, pd.read_parquet(folder / "given.parquet")))
    result = {"seconds": seconds, "version": version(peer.distribution) if peer.distribution else None}
    (folder / "result.json").write_text(json.dumps(result))


def _lists(recommend: Recommend, given: pd.DataFrame) -> np.ndarray:
    lists = np.full((given["list"].max() + 1, LENGTH), -1, dtype=np.int64)
    for row, history in given.groupby("list"):
        best = recommend(history["movie"].to_numpy(), history["rating"].to_numpy(float), LENGTH)
        lists[row, : len(best)] = best
    return lists


if __name__ == "__main__":
    main()
