"""Where films lie on the map."""

import numpy as np
import pandas as pd
import pytest

from recommender import FitConfig, Recommender

TOY_STORY = 1
CARTOONS, SHOOTING = [588, 595, 594, 1022], [1036, 380, 733, 1370]  # Aladdin and others; Die Hard and others


def apart(model: Recommender, left: list[int], right: list[int]) -> float:
    """The mean distance of films of the one list to films of the other."""
    between = model.film_map.places(left)[:, None] - model.film_map.places(right)
    return float(np.linalg.norm(between, axis=2).mean())


def test_films_that_the_same_people_like_lie_near_each_other(small: Recommender) -> None:
    across = small.film_map.places(np.arange(5, 405, 10))[:, 0]
    even, odd = across[::2], across[1::2]
    assert even.max() < odd.min() or odd.max() < even.min()


def test_kinds_of_film_lie_together(trained: Recommender) -> None:
    assert apart(trained, CARTOONS, CARTOONS) < apart(trained, CARTOONS, SHOOTING) / 2
    assert apart(trained, SHOOTING, SHOOTING) < apart(trained, CARTOONS, SHOOTING) / 2


def test_every_film_has_a_place_those_without_ratings_too(trained: Recommender) -> None:
    places = trained.film_map.places(trained.model.item_ids.numpy())
    assert places.shape == (len(trained.catalogue), 2)
    assert places.min() >= 0
    assert places.max() <= 1


def test_well_known_films_fill_the_map_evenly(trained: Recommender) -> None:
    places = trained.film_map.places(trained.film_map.known)
    assert places.mean(0) == pytest.approx([0.5, 0.5], abs=0.01)
    assert np.median(places, axis=0) == pytest.approx([0.5, 0.5], abs=0.01)


def test_a_film_that_nobody_knows_has_no_place(trained: Recommender) -> None:
    with pytest.raises(KeyError, match="999999999"):
        trained.film_map.places([TOY_STORY, 999_999_999])


def test_regions_are_named_by_what_is_there(trained: Recommender) -> None:
    regions = trained.film_map.regions()
    [[across, up]] = trained.film_map.places([588])  # Aladdin
    nearest = min(regions, key=lambda region: np.hypot(region.x - across, region.y - up))
    assert set(nearest.genres) & {"Children", "Animation", "Musical"}


def test_no_two_regions_have_the_same_genre(trained: Recommender) -> None:
    names = [name for region in trained.film_map.regions() for name in region.genres]
    assert len(names) >= 6
    assert len(set(names)) == len(names)


def test_a_landmark_lies_in_its_region_and_is_of_its_genres(trained: Recommender) -> None:
    regions = trained.film_map.regions()
    assert regions
    for region in regions:
        [[across, up]] = trained.film_map.places([region.landmark])
        assert max(abs(region.x - across), abs(region.y - up)) <= 1 / 6 + 1e-9
        genres = trained.catalogue[region.landmark].genres
        assert not region.genres or set(region.genres) & set(genres)


def test_a_model_of_one_factor_has_a_map_of_one_line(club: pd.DataFrame, club_films: pd.DataFrame) -> None:
    config = FitConfig(factors=1, set_rank=1, samples=2, thinning=1, burn_in=1)
    model = Recommender.fit(club, club_films, config=config, device="cpu")
    places = model.film_map.places(model.film_map.known)
    assert np.isfinite(places).all()
    assert model.film_map.regions()
