from collections.abc import Iterator

import pytest

from tests.recommender.datasets.download_site import MOVIES_CSV, RATINGS_CSV, Site, zipped


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


@pytest.fixture
def small_latest(site: Site) -> Site:
    """A site that holds a small ml-latest, the set without fixed counts."""
    site.files["/ml-latest.zip"] = zipped({"ml-latest/ratings.csv": RATINGS_CSV, "ml-latest/movies.csv": MOVIES_CSV})
    return site
