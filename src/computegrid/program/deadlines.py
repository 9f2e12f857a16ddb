"""Which work may wait, how long, and over which hours: of this the backlog's bounds are made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from computegrid.program.algebra import Codes, Equations, Floats
from computegrid.program.selection import Selection
from computegrid.scenario.arrays import Arrays
from computegrid.scenario.regime import Defer, Rule


def deferrable(a: Arrays) -> Codes:
    """Asks whose work can wait."""
    return np.flatnonzero(a.defer_hours > 0)


def deferred(a: Arrays, chosen: Iterable[tuple[Rule, Selection]]) -> Arrays:
    """Return the arrays with the deferral that rules set, the last of those on the same work."""
    limit = a.defer_hours.copy()
    for rule, found in chosen:
        if isinstance(rule, Defer):
            limit[found.asks] = rule.hours
    return a if (limit == a.defer_hours).all() else replace(a, defer_hours=limit)


def waits_of(equations: Equations) -> tuple[Codes, Floats]:
    """Return the asks whose work may wait in a program, and how long, shape (k,) each [h]."""
    for family in equations.families:
        if family.name == "backlog":
            return (family.entities["ask"].to_numpy(dtype=np.int64),
                    family.entities["defer_hours"].to_numpy(dtype=np.float64))
    return np.zeros(0, dtype=np.int64), np.zeros(0)


def window(elapsed_hours: Floats, defer_hours: float) -> tuple[Codes, Codes]:
    r"""First and last arrival that may still wait at the end of each hour of a chain, shape (K,).

    What arrived in hour k may wait at the end of hour t if it may be served in the hour after, no
    later than its deadline: :math:`\tau_{t+1} - \tau_k \le D`. Nothing may at the end of the
    chain; the last is before the first where nothing may.

    Examples
    --------
    >>> window(np.arange(3.0), 1.0)
    (array([0, 1, 3]), array([0, 1, 2]))
    """
    following = np.append(elapsed_hours[1:], np.inf)
    first = np.searchsorted(elapsed_hours, following - defer_hours - 1e-9)
    return first.astype(np.int64), np.arange(len(elapsed_hours))


def last_wait(elapsed_hours: Floats, defer_hours: float) -> Codes:
    """Last hour of a chain at whose end work of each hour may still wait, shape (K,).

    Before the hour itself where it may not wait at all.

    Examples
    --------
    >>> last_wait(np.arange(3.0), 1.0)
    array([0, 1, 1])
    """
    following = elapsed_hours[1:]
    last = np.searchsorted(following, elapsed_hours + defer_hours + 1e-9, side="right") - 1
    return last.astype(np.int64)


def chains(a: Arrays) -> list[Codes]:
    """Positions of the hours of each run without a gap, in order."""
    return np.split(np.arange(a.n_hours), np.flatnonzero(np.diff(a.chain)) + 1)


def span_sums(values: Floats, first: Codes, last: Codes) -> Floats:
    """Sums of ``values`` (n, K) from ``first`` to ``last`` of each column, shape (n, K').

    Examples
    --------
    >>> span_sums(np.array([[1.0, 2.0, 4.0]]), np.array([0, 2, 1]), np.array([1, 1, 2]))
    array([[3., 0., 6.]])
    """
    before = np.zeros((len(values), values.shape[1] + 1))
    np.cumsum(values, axis=1, out=before[:, 1:])
    sums: Floats = before[:, np.maximum(last + 1, first)] - before[:, first]
    return sums


def most_waiting(a: Arrays, asks: Codes) -> Floats:
    """Most work of ``asks`` that may wait at the end of each hour [MW], shape (len(asks), T)."""
    upper = np.zeros((len(asks), a.n_hours))
    limit = a.defer_hours[asks]
    for hours in chains(a):
        weight = a.weight_hours[hours]
        for defer_hours in np.unique(limit):
            rows = np.flatnonzero(limit == defer_hours)
            arrivals = a.demand_mw[np.ix_(asks[rows], hours)] * weight
            first, last = window(a.elapsed_hours[hours], float(defer_hours))
            upper[np.ix_(rows, hours)] = span_sums(arrivals, first, last) / weight
    return upper
