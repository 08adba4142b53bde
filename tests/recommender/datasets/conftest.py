from collections.abc import Iterator

import pytest

from tests.recommender.datasets.download_site import LINKS_CSV, MOVIES_CSV, RATINGS_CSV, Site, zipped


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


@pytest.fixture
def small_latest(site: Site) -> Site:
    """A site that holds a small ml-latest, the set without fixed counts."""
    tables = {"ratings": RATINGS_CSV, "movies": MOVIES_CSV, "links": LINKS_CSV}
    site.files["/ml-latest.zip"] = zipped({f"ml-latest/{name}.csv": text for name, text in tables.items()})
    return site
