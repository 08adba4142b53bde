"""Figures of films that are dear to work out, with upper bounds that are cheap."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Bounded:
    """`of` gives the figures of the films in some rows. `most` (r,) bounds that of each film that somebody rated, `others` those
    of all the rest.

    A product of two vectors is bounded by the product of their lengths (Cauchy and Schwarz), so that most films of a large
    catalogue need not be worked out (Teflioudi, Gemulla and Mykytiuk 2015).
    """

    of: Callable[[NDArray[np.int64] | slice], NDArray[np.float32]]
    most: NDArray[np.float32]
    others: float
