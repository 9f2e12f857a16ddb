"""A program's hours and days as networks of flow: arrays of arcs, and the way back to x and duals.

Flow runs from asks through lanes into the capacity tree and on to the root; unserved work runs
straight to the root, waiting work to the same ask one hour later. In units of energy (MW times
the weight of the hour) waiting work neither grows nor shrinks, so the network is pure whatever the
weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from computegrid.program.algebra import Block, Equations, Family, Floats
from computegrid.solvers.network_tree import ROOT, CapacityTree, capacity_tree
from computegrid.solvers.structure import Codes, Units, find_units

Ints = np.ndarray


@dataclass(frozen=True)
class Shape:
    """Nodes and arcs of a unit of H hours; the same for every unit of that length.

    Attributes
    ----------
    n, m : int
        Nodes without the root, arcs.
    source, target : int32 array, shape (m + n,)
        Ends of the arcs; room for the n artificial ones.
    star : int32 array, shape (n,)
        An arc from each node towards the root.
    """

    n: int
    m: int
    source: Ints
    target: Ints
    star: Ints


@dataclass(frozen=True)
class Network:
    """A program as networks, one per unit; rows and excesses that do not fit are left out.

    Attributes
    ----------
    lp : Equations
    units : Units
    tree : CapacityTree
    scale : float array, shape (T,)
        Energy of one MW in each hour, relative to the first hour of the unit.
    soft : int array
        Nodes whose row may be broken at a price.
    asks : int array
        Asks whose work can wait.
    lane_ask : int array, shape (L,)
    """

    lp: Equations
    units: Units
    tree: CapacityTree
    scale: Floats
    soft: Codes
    asks: Codes
    lane_ask: Codes

    @cached_property
    def side_blocks(self) -> tuple[int, ...]:
        """Blocks whose rows are not in the network."""
        return tuple(
            b for b, block in enumerate(self.lp.blocks)
            if block.size and block.name != "demand_balance" and b not in self.tree.blocks
        )

    @property
    def n_asks(self) -> int:
        """Asks of an hour."""
        return len(self.balance.labels)

    @property
    def n_nodes(self) -> int:
        """Nodes of the capacity tree."""
        return len(self.tree.parent)

    @cached_property
    def balance(self) -> Block:
        """The demand rows."""
        return next(b for b in self.lp.blocks if b.name == "demand_balance")

    def family(self, name: str) -> Family | None:
        """A family, None if the program has none."""
        return next((f for f in self.lp.families if f.name == name), None)

    @cached_property
    def shapes(self) -> dict[int, Shape]:
        """Shape of a unit by its number of hours; that of a single hour too."""
        return {n: shape_of(self, n) for n in {1, *(len(h) for h in self.units.hours)}}

    @property
    def widths(self) -> list[int]:
        """Arcs of an hour: lanes, unserved, through the tree, a second way, backlog."""
        return [len(self.lane_ask), self.n_asks, self.n_nodes, len(self.soft), len(self.asks)]

    def most_worth(self, n: int) -> Floats:
        """Most that work through node ``n`` is worth to its row, by hour, shape (T,).

        A soft minimum is worth its penalty at most, also where nothing can flow and the
        potentials would allow more; a row without excess has no such bound.
        """
        block, label = self.lp.blocks[self.tree.block[n]], self.tree.label[n]
        worth = np.full(len(self.scale), np.inf)
        soft = excess_of(self.lp, int(self.tree.block[n]))
        if soft is not None and soft[1] > 0 and block.hours is not None:
            hours = block.hours
            cost = soft[0].cost[label, hours] * self.tree.coefficient[n, hours]
            worth[hours] = cost / self.scale[hours]
        return worth

    def split(self, values: Floats, n_hours: int) -> tuple[Floats, ...]:
        """Cut a unit's arc values into lanes, unserved, through, second, backlog, shape (H, ·)."""
        ends = np.cumsum(np.multiply(self.widths, n_hours))
        parts = np.split(values[:ends[-1]], ends[:-1])
        return tuple(p.reshape(n_hours, w) for p, w in zip(parts, self.widths, strict=True))


def build_network(lp: Equations) -> Network | None:
    """Read a program as networks; None if its hours are none."""
    known = {"flow", "unserved", "backlog"}
    if not lp.families or lp.families[0].name != "flow" or any(
        f.name not in known and not f.name.startswith("excess:") for f in lp.families
    ):
        return None
    balance = next((b for b in lp.blocks if b.name == "demand_balance"), None)
    tree = capacity_tree(lp) if balance is not None else None
    if balance is None or tree is None or (lp.families[0].lower != 0).any():
        return None
    n_lanes, n_hours = lp.families[0].shape
    lane_ask = np.full(n_lanes, -1)
    asks, ratio = np.zeros(0, dtype=np.int64), np.ones(n_hours)
    for term in balance.terms:
        if term.family == "backlog" and term.lag == 1:
            ratio = np.broadcast_to(-term.coefficient, (1, n_hours))[0]
        elif (term.coefficient != 1).any() or term.lag:
            return None
        elif term.family == "flow":
            lane_ask[term.entity] = term.row
        elif term.family == "backlog":
            asks = term.row
    if (lane_ask < 0).any() or (balance.lower != balance.upper).any():
        return None
    units = find_units(lp)
    scale = np.ones(n_hours)
    for hours in units.hours:
        if len(hours) > 1:
            if (ratio[hours[:-1]] <= 0).any():
                return None
            scale[hours[1:]] = 1.0 / np.cumprod(ratio[hours[:-1]])
    soft = np.flatnonzero([excess_of(lp, int(b)) is not None for b in tree.block])
    return Network(lp, units, tree, scale, soft, asks, lane_ask)


def excess_of(lp: Equations, block: int) -> tuple[Family, float] | None:
    """The excess of a soft row and its sign: -1 for a maximum, 1 for a minimum."""
    for term in lp.blocks[block].terms:
        if term.family.startswith("excess:"):
            family = next((f for f in lp.families if f.name == term.family), None)
            if family is not None:
                return family, -1.0 if (term.coefficient < 0).any() else 1.0
    return None


def shape_of(network: Network, n_hours: int) -> Shape:
    """Nodes and arcs of ``n_hours`` hours in a row."""
    tree, n_asks, n_nodes = network.tree, network.n_asks, network.n_nodes
    per_hour = n_asks + n_nodes
    n = n_hours * per_hour
    begin = np.arange(n_hours)[:, None] * per_hour

    def node(of: Codes) -> Codes:
        at = begin + n_asks + of
        at[:, of == ROOT] = n
        return at

    ask, every = np.arange(n_asks), np.arange(n_nodes)
    later = begin + per_hour + network.asks
    later[-1:] = n
    ends = [
        (begin + network.lane_ask, node(tree.lane_node)),
        (begin + ask, np.full((n_hours, n_asks), n)),
        (node(every), node(tree.parent)),
        (node(network.soft), node(tree.parent[network.soft])),
        (begin + network.asks, later),
    ]
    m = sum(a.size for a, _ in ends)
    source, target = np.zeros(m + n, dtype=np.int32), np.zeros(m + n, dtype=np.int32)
    source[:m] = np.concatenate([a.ravel() for a, _ in ends])
    target[:m] = np.concatenate([b.ravel() for _, b in ends])
    star = np.full(n, -1, dtype=np.int32)
    first = n_hours * len(network.lane_ask)
    own = np.arange(first, first + n_hours * per_hour, dtype=np.int32)
    star[source[own]] = own
    return Shape(n, m, source, target, star)
