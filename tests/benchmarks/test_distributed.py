"""Bytes that a process sends are those that the collectives need."""

from unittest.mock import patch

import numpy as np
import pytest
import torch
import torch.distributed as dist

from benchmarks import distributed
from benchmarks.distributed import COLLECTIVES, Sent


@pytest.mark.parametrize(
    ("name", "tensors", "expected"),
    [
        ("all_reduce", [torch.zeros(10)], 60),  # 3/4 of 40 bytes go round twice
        ("all_gather_single", [torch.zeros(8, 5), torch.zeros(2, 5)], 120),  # 40 bytes to each of three others
        ("all_to_all_single", [torch.zeros(4), torch.zeros(8, 5)], 120),  # what is the others' of 160 bytes
    ],
)
def test_what_is_sent_is_counted(name: str, tensors: list[torch.Tensor], expected: float) -> None:
    sent = Sent()
    with patch.object(dist, "get_world_size", return_value=4):
        sent.counting(lambda *_: None, COLLECTIVES[name])(*tensors)
    assert sent.bytes == expected
    assert sent.seconds > 0


def test_predictions_that_differ_by_half_a_star_are_half_a_star_apart() -> None:
    assert distributed._apart(np.array([1.0, 2.0]), np.array([1.5, 1.5])) == 0.5
