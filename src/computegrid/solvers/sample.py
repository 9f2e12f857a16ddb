"""First prices of the rows over the horizon, from a few hours that stand for all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from computegrid.program.algebra import Block, Equations, Floats, Term
from computegrid.solvers.answers import Answers
from computegrid.solvers.multipliers import find_prices
from computegrid.solvers.network import build_network
from computegrid.solvers.network_costs import bounds_of
from computegrid.solvers.network_oracle import NetworkError, Oracle
from computegrid.solvers.sides import Sides, read_sides
from computegrid.solvers.structure import Codes

HOURS = 24
"""Hours below which no sample is worth its while."""
ONE_IN = 6
"""One hour in this many is in the sample."""
GAP, ROUNDS = 1e-4, 40


def first_prices(lp: Equations, sides: Sides, deadline: float | None = None) -> Floats | None:
    """Prices of the side rows if a sample of the hours, each alone, were the whole horizon.

    None where there are few hours, or the sample has no answer.
    """
    n_hours = lp.families[0].shape[1]
    if n_hours < HOURS or any(one.hours is not None for one in sides.readings):
        return None
    n = max(HOURS // 2, n_hours // ONE_IN)
    hours = np.unique(np.linspace(0, n_hours - 1, n).astype(np.int64))
    part = sample(lp, hours)
    network = build_network(part)
    bounds = None if network is None else bounds_of(network)
    if network is None or bounds is None:
        return None
    own = replace(read_sides(part, network.side_blocks), least=sides.least, most=sides.most)
    answers = Answers(network, Oracle(network, bounds), own, deadline, n_hours / len(hours))
    try:
        found = find_prices(answers, gap=GAP, max_rounds=ROUNDS)
    except NetworkError:
        return None
    return None if found.at_edge else found.price


def sample(lp: Equations, hours: Codes) -> Equations:
    """The equations of some hours, each alone: nothing waits, rows over the horizon are hard."""
    left_out = {"backlog"} | {
        term.family for block in lp.blocks if block.hours is None for term in block.terms
        if term.family.startswith("excess:")
    }
    return Equations(
        tuple(replace(f, lower=f.lower[:, hours], upper=f.upper[:, hours], cost=f.cost[:, hours])
              for f in lp.families if f.name not in left_out),
        tuple(_block(b, hours, left_out) for b in lp.blocks),
    )


def _block(block: Block, hours: Codes, left_out: set[str]) -> Block:
    terms = tuple(_term(t, hours) for t in block.terms if t.family not in left_out)
    if block.hours is None:
        return replace(block, terms=terms)
    at = np.flatnonzero(np.isin(block.hours, hours))
    return replace(
        block, terms=terms, lower=block.lower[:, at], upper=block.upper[:, at],
        hours=np.searchsorted(hours, block.hours[at]),
        couples="hour" if block.couples == "day" else block.couples,
    )


def _term(term: Term, hours: Codes) -> Term:
    if term.coefficient.ndim == 1 or term.coefficient.shape[1] == 1:
        return term
    return replace(term, coefficient=term.coefficient[:, hours])
