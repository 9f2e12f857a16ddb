"""A program of few lanes: those that would cost little more than what is used, and the way back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from computegrid.program.algebra import Block, Codes, Equations, Floats, Term
from computegrid.solvers.answers import Answers
from computegrid.solvers.multipliers import Answer
from computegrid.solvers.network import Network
from computegrid.solvers.network_costs import Bounds
from computegrid.solvers.network_oracle import NetworkError, Oracle
from computegrid.solvers.network_pack import PackedTree, pack, unpack
from computegrid.solvers.sides import Sides, read_sides

WIDTH = 0.02
"""Reduced cost up to which a lane is kept, in the mean cost of lanes."""
REACH = 0.02
"""How far prices may move before lanes are chosen anew, in the rows' own scale."""
MOST_KEPT = 0.5
"""Part of all lanes above which looking at fewer is not worth while."""


def is_near(price: Floats, chosen: Floats, sides: Sides) -> bool:
    """Whether lanes chosen at some prices serve at others, shape (K,) or (parts, K)."""
    return bool((np.abs(price - chosen) <= REACH * sides.scale).all())


def near_lanes(oracle: Oracle, width: float) -> Codes:
    """Lanes that in some hour cost at most ``width`` mean lanes more than they are worth.

    The first lane of every row is among them, so that no row stands empty, and all that are in
    the trees.
    """
    network = oracle.network
    n_lanes = len(network.lane_ask)
    most = width * float(np.abs(network.lp.families[0].cost).mean())
    keep = np.zeros(n_lanes, dtype=bool)
    for u, hours in enumerate(network.units.hours):
        n, pi, shape = len(hours) * n_lanes, oracle.pi[u], network.shapes[len(hours)]
        reduced = oracle.bounds.cost[u][:n] + pi[shape.source[:n]] - pi[shape.target[:n]]
        near = (reduced <= most) & (oracle.bounds.cap[u][:n] > 0)
        pred = oracle.trees[u].pred[:-1]
        near[pred[pred < n]] = True
        keep |= near.reshape(-1, n_lanes).any(axis=0)
    for block in network.lp.blocks:
        for term in block.terms:
            if term.family == "flow":
                keep[term.entity[np.unique(term.row, return_index=True)[1]]] = True
    return np.flatnonzero(keep)


def columns_of_whole(used: Codes, lanes: Codes, n_lanes: int, n_hours: int) -> Codes:
    """Columns of a program of some lanes, as those of the program of all lanes."""
    lane, hour = np.divmod(used, n_hours)
    flow = lane < len(lanes)
    out = used + (n_lanes - len(lanes)) * n_hours
    out[flow] = lanes[lane[flow]] * n_hours + hour[flow]
    return out


class NarrowAnswers:
    """Answers that mostly look at few lanes of those they are given.

    While prices stay near those of the last answer over all lanes, only the lanes that cost little
    more than what was used there are looked at. Such an answer can be mixed like any other; its
    bound may be too high where a lane left aside would have been used, so the end of a search is
    proven by an answer over all lanes (:meth:`close`).
    """

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.few: _Few | None = None

    @property
    def sides(self) -> Sides:
        """The rows that are priced."""
        return self.answers.sides

    @property
    def parts(self) -> int:
        """Parts that may be asked at prices of their own."""
        return self.answers.parts

    def answer(self, price: Floats) -> Answer:
        """Solve every unit at these prices."""
        few = self.few
        if few is not None and is_near(price, few.price, self.sides):
            return few.answer(price, self.answers)
        self.close()
        found = self.answers.answer(price)
        if price.ndim == 1:
            self.few = _few_of(self.answers, price)
        return found

    def close(self) -> None:
        """Give the trees back to the networks of all lanes, which look at all from now on."""
        if self.few is not None:
            self.few.give_back(self.answers.oracle)
        self.few = None


@dataclass(frozen=True)
class _Few:
    """Networks of few lanes, and the prices at which they were chosen."""

    price: Floats
    lanes: Codes
    arcs: dict[int, Codes]
    answers: Answers

    def answer(self, price: Floats, whole: Answers) -> Answer:
        found = self.answers.answer(price)
        used, values = self.answers.plans.pop()
        columns = columns_of_whole(used, self.lanes, len(whole.network.lane_ask),
                                   len(whole.network.scale))
        whole.plans.append((columns, values))
        return found

    def give_back(self, oracle: Oracle) -> None:
        for u, hours in enumerate(oracle.network.units.hours):
            kept, arcs = pack(self.answers.oracle.trees[u]), self.arcs[len(hours)]
            oracle.trees[u] = unpack(_renamed(kept, arcs), oracle.network.shapes[len(hours)])


def _few_of(whole: Answers, price: Floats) -> _Few | None:
    """Networks of the lanes near, with their trees; None where they are nearly all."""
    network, oracle = whole.network, whole.oracle
    n_lanes = len(network.lane_ask)
    lanes = near_lanes(oracle, WIDTH)
    if len(lanes) > MOST_KEPT * n_lanes:
        return None
    small = replace(network, lp=_some_lanes(network.lp, lanes), lane_ask=network.lane_ask[lanes],
                    tree=replace(network.tree, lane_node=network.tree.lane_node[lanes]))
    arcs = {n: _arcs_of(network, lanes, n) for n in network.shapes}
    of_unit = [arcs[len(hours)] for hours in network.units.hours]
    bounds = Bounds([cost[at] for cost, at in zip(oracle.bounds.cost, of_unit, strict=True)],
                    [cap[at] for cap, at in zip(oracle.bounds.cap, of_unit, strict=True)],
                    oracle.bounds.supply, oracle.bounds.through)
    own = Oracle(small, bounds)
    for u, hours in enumerate(network.units.hours):
        number = np.full(network.shapes[len(hours)].m + network.shapes[len(hours)].n, -1)
        number[of_unit[u]] = np.arange(len(of_unit[u]))
        packed = pack(oracle.trees[u])
        packed = packed._replace(full=packed.full[number[packed.full] >= 0])
        own.trees[u] = unpack(_renamed(packed, number), small.shapes[len(hours)])
    sides = replace(whole.sides, readings=read_sides(small.lp, small.side_blocks).readings)
    return _Few(price, lanes, arcs, Answers(
        small, own, sides, whole.deadline, whole.factor, whole.n_groups))


def _arcs_of(network: Network, lanes: Codes, n_hours: int) -> Codes:
    """Arcs of a unit that are left when only some lanes are, artificial ones too."""
    n_lanes, shape = len(network.lane_ask), network.shapes[n_hours]
    first = (np.arange(n_hours)[:, None] * n_lanes + lanes).ravel()
    return np.concatenate([first, np.arange(n_hours * n_lanes, shape.m + shape.n)])


def _renamed(tree: PackedTree, number: Codes) -> PackedTree:
    """The tree with another number for every arc; NetworkError if one of its arcs has none."""
    pred: Any = tree.pred.copy()
    pred[:-1] = number[pred[:-1]]
    if (pred[:-1] < 0).any():
        raise NetworkError("a lane of the tree was left aside")
    return tree._replace(pred=pred, full=number[tree.full])


def _some_lanes(lp: Equations, lanes: Codes) -> Equations:
    """The equations where only some lanes are."""
    flow = lp.families[0]
    place = np.full(flow.shape[0], -1)
    place[lanes] = np.arange(len(lanes))
    own = replace(flow, entities=flow.entities.iloc[lanes], lower=flow.lower[lanes],
                  upper=flow.upper[lanes], cost=flow.cost[lanes])

    def cut(term: Term) -> Term:
        if term.family != "flow":
            return term
        here = place[term.entity] >= 0
        alike = term.coefficient.ndim == 2 and len(term.coefficient) == 1
        return replace(term, entity=place[term.entity[here]], row=term.row[here],
                       coefficient=term.coefficient if alike else term.coefficient[here])

    def within(block: Block) -> Block:
        return replace(block, terms=tuple(cut(term) for term in block.terms))

    return Equations((own, *lp.families[1:]), tuple(within(block) for block in lp.blocks))
