"""Figures of films that are dear to work out, with what they are at most, which is cheap."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Bounded:
    """`of` gives the figure of each film in some rows. `most` (m,): no film's figure is higher.

    Where the figure is a product of two vectors, the product of their lengths bounds it (Cauchy and Schwarz), so that most
    films of a large catalogue can be passed over unread (Teflioudi, Gemulla and Mykytiuk 2015).
    """

    of: Callable[[NDArray[np.int64]], NDArray[np.float32]]
    most: NDArray[np.float32]
