"""Work that is shared out among threads."""

import threading
from collections.abc import Iterator

import pytest
import torch

from recommender import devices

CPU = torch.device("cpu")
PARTS = [slice(start, start + 7) for start in range(0, 100, 7)]


@pytest.fixture(autouse=True)
def three_threads() -> Iterator[None]:
    """As many as a larger machine has; the tests themselves have one each."""
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


def test_each_part_is_worked_on_once_by_threads_with_one_thread_each() -> None:
    counts, threads = torch.zeros(100), set()

    def work(part: slice) -> None:
        counts[part] += 1
        threads.add(torch.get_num_threads())

    devices.for_each(work, PARTS, CPU)
    assert (counts == 1).all()
    assert threads == {1}


def test_what_a_part_raises_is_raised() -> None:
    def work(part: slice) -> None:
        if part.start == 49:
            raise ArithmeticError("49")

    with pytest.raises(ArithmeticError, match="49"):
        devices.for_each(work, PARTS, CPU)


def test_other_threads_keep_the_threads_that_torch_has() -> None:
    devices.for_each(lambda part: None, PARTS, CPU)
    found = []
    later = threading.Thread(target=lambda: found.append(torch.get_num_threads()))
    later.start()
    later.join()
    assert [*found, torch.get_num_threads()] == [3, 3]
