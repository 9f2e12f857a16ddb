"""What is kept of every window while prices stay near: its lanes worth a thought, and its trees."""

from __future__ import annotations

from dataclasses import dataclass, field

from computegrid.program.algebra import Codes, Floats
from computegrid.solvers.network_pack import PackedTree


@dataclass
class Near:
    """What is kept of every window around some prices.

    Attributes
    ----------
    price : float array, shape (K,)
        At which the lanes were chosen.
    lanes : list of int array
        Lanes of each window.
    trees : list of tuple of PackedTree, or None
        Trees of each window's networks of these lanes alone.
    """

    price: Floats
    lanes: list[Codes]
    trees: list[tuple[PackedTree, ...] | None] = field(init=False)

    def __post_init__(self) -> None:
        self.trees = [None] * len(self.lanes)

