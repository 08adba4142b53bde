"""The ten nearest films by implicit's models. `benchmarks.similar` runs this in an environment that has implicit:
python -m benchmarks.peers_neighbours pairs.npz neighbours.npz

pairs.npz: users and films (n,), row numbers, and size, (users, films). Writes one array (films, 10) a model.
"""

import os
import sys

import numpy as np

os.environ.setdefault(
    "OPENBLAS_NUM_THREADS", "1"
)  # implicit asks for it: its threads and BLAS's get in each other's way

import implicit
from implicit.als import AlternatingLeastSquares
from implicit.nearest_neighbours import BM25Recommender, CosineRecommender, TFIDFRecommender
from scipy.sparse import csr_matrix

NEIGHBOURS = 10


def main(pairs: str, neighbours: str) -> None:
    given = np.load(pairs)
    ones = np.ones(len(given["users"]), dtype=np.float32)
    rated = csr_matrix((ones, (given["users"], given["films"])), shape=given["size"])
    models = {
        "ALS, 64 factors": AlternatingLeastSquares(factors=64, random_state=0),
        "cosine": CosineRecommender(K=NEIGHBOURS + 1),
        "TF-IDF": TFIDFRecommender(K=NEIGHBOURS + 1),
        "BM25": BM25Recommender(K=NEIGHBOURS + 1),
    }
    films = np.arange(rated.shape[1])
    found = {}
    for name, model in models.items():
        model.fit(rated, show_progress=False)
        near, _ = model.similar_items(films, N=NEIGHBOURS + 1)
        found[f"implicit {implicit.__version__}, {name}"] = np.array(
            [
                ([other for other in row if other != film] + [-1] * NEIGHBOURS)[:NEIGHBOURS]
                for film, row in zip(films, near, strict=True)
            ]
        )
    np.savez(neighbours, **found)


if __name__ == "__main__":
    main(*sys.argv[1:])
