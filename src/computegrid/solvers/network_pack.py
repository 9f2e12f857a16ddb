"""Optimal trees made small, for horizons whose trees would not fit in memory."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from computegrid.solvers.network import Shape


class PackedTree(NamedTuple):
    """What a tree cannot do without: parents, arcs to them, an order, and the arcs that are full.

    A lane has no capacity, so it is in the tree or empty: of the many arcs only few are full.
    """

    parent: Any
    pred: Any
    order: Any
    full: Any


def pack(tree: Any) -> PackedTree:
    """Make a tree small."""
    narrow = np.int16 if len(tree.parent) < 2**15 else np.int32
    return PackedTree(
        tree.parent.astype(narrow), tree.pred.copy(), tree.order.astype(narrow),
        np.flatnonzero(tree.state < 0).astype(np.int32))


def unpack(packed: PackedTree, shape: Shape) -> Any:
    """The tree again; its sides are those the next solve reads."""
    from computegrid.solvers import network_kernel as kernel

    tree = kernel.empty_tree(shape.n, shape.m)
    tree.parent[:], tree.pred[:] = packed.parent, packed.pred
    kernel.lay_out(tree, packed.order.astype(np.int32), shape.n)
    tree.state[:shape.m] = kernel.LOWER
    tree.state[packed.full] = kernel.UPPER
    return tree
