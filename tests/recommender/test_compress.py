"""From many draws to one model."""

import torch
from torch import Tensor

from recommender.compress import WIDTH, compressed

USERS, FILMS, FACTORS = 50, 30, 4


def drawn(draws: int, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    """Users, films, and ratings of each film: draws that scatter about a common middle."""
    generator = torch.Generator().manual_seed(seed)
    users, items = (torch.randn(rows, 1, FACTORS + 1, generator=generator) for rows in (USERS, FILMS))
    users = users + 0.1 * torch.randn(USERS, draws, FACTORS + 1, generator=generator)
    items = items + 0.1 * torch.randn(FILMS, draws, FACTORS + 1, generator=generator)
    return users, items, torch.arange(FILMS).float()


def scores(users: Tensor, items: Tensor) -> Tensor:
    """(users, films) of rows that end in a bias."""
    return users[:, :-1] @ items[:, :-1].mT + users[:, -1:] + items[:, -1]


def each(users: Tensor, items: Tensor) -> Tensor:
    """(draws, users, films)."""
    return torch.stack([scores(users[:, draw], items[:, draw]) for draw in range(users.shape[1])])


def test_with_room_for_every_dimension_nothing_is_lost() -> None:
    users, items, counts = drawn(draws=WIDTH)
    found = compressed(users, items, counts)
    torch.testing.assert_close(scores(found.users, found.items), each(users, items).mean(0), atol=1e-4, rtol=0)


def test_of_many_draws_little_is_lost_and_no_more_is_kept_than_fits() -> None:
    users, items, counts = drawn(draws=20)
    found = compressed(users, items, counts)
    assert found.items.shape == (FILMS, WIDTH * FACTORS + 1)
    lost = scores(found.users, found.items) - each(users, items).mean(0)
    assert lost.square().mean().sqrt() < 0.02


def test_a_person_solved_against_each_draw_finds_their_place_by_the_projection() -> None:
    users, items, counts = drawn(draws=5)
    found = compressed(users, items, counts)
    factors = torch.einsum("nsk,skc->nc", users[:, :, :-1], found.projection)
    torch.testing.assert_close(factors, found.users[:, :-1], atol=1e-4, rtol=1e-4)


def test_the_doubt_of_a_film_is_how_much_the_draws_differ_on_it() -> None:
    users, items, counts = drawn(draws=6)
    found = compressed(users, items, counts).item_doubt
    torch.testing.assert_close(found, each(users, items).var(0, correction=0).mean(0).sqrt(), atol=1e-4, rtol=0)


def test_draws_that_agree_leave_no_doubt() -> None:
    users, items, counts = drawn(draws=1)
    found = compressed(users.expand(-1, 4, -1), items.expand(-1, 4, -1), counts)
    assert found.item_doubt.max() < 0.01
