"""The process that answers."""

import torch
from threadpoolctl import threadpool_info, threadpool_limits

from bot import loop
from tests.bot.forked import end_of


def blas() -> set[int]:
    """How many threads the libraries have that multiply numpy's matrices."""
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_it_has_one_thread_of_torch_and_of_numpy_however_many_processors_there_are() -> None:
    async def main() -> None:
        assert (torch.get_num_threads(), blas()) == (1, {1})

    def work() -> None:
        torch.set_num_threads(2)
        threadpool_limits(2, user_api="blas")
        assert blas() == {2}
        loop.run(main())

    assert end_of(work) == 0
