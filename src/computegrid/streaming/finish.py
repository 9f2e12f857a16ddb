"""The last pass: mix the answers, prove the bound, check the sums, write the tables."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from computegrid import prices
from computegrid.accounts import ask_table, flow_table, site_table, utilisation_table
from computegrid.answer.totals import Totals, totals_of
from computegrid.program.algebra import Equations, Floats
from computegrid.scenario.span import FLOOR, noise_mw
from computegrid.solvers.certificate import FEASIBILITY, imbalance, measure, relative, worst_of
from computegrid.solvers.infeasibility import EQUATIONS
from computegrid.solvers.multipliers import Prices
from computegrid.solvers.network_bound import proven_bound
from computegrid.solvers.sides import Sides
from computegrid.streaming.networks import WindowNetworks
from computegrid.streaming.rulerows import Uses, horizon_rows, hourly_rows, uses_of
from computegrid.streaming.tables import written
from computegrid.streaming.window import factors, part_of
from computegrid.waiting import backlog_table, waiting_table


@dataclass(frozen=True)
class Proof:
    """How far the answer is from the optimum, and from what it must keep.

    Attributes
    ----------
    value, bound : float
        Cost of the answer, and the lower bound proven over all columns [USD].
    gap : float
        Their difference, relative to the operating cost.
    conservation : float
        Largest imbalance of work over a day, or excess over a site's capacity, relative to what
        is wanted or available.
    side_residual : float
        Largest violation of a rule's row, by the hour or over the horizon, or of a closed lane,
        relative to the row's largest term or to the work that the lane is for.
    """

    value: float
    bound: float
    gap: float
    conservation: float
    side_residual: float

    @property
    def holds(self) -> bool:
        """Whether the answer keeps what it must."""
        return self.conservation <= FEASIBILITY and self.side_residual <= FEASIBILITY


@dataclass(frozen=True)
class Piece:
    """What the last pass finds in a window.

    ``value`` is its cost, ``sizes`` are those of the costs of flows and of all costs, earnings
    counted as costs [USD]; ``uses`` says of rules without a row what their lanes do.
    """

    tables: dict[str, pd.DataFrame]
    totals: Totals
    uses: Uses
    value: float
    sizes: Floats
    activity: Floats
    bound: float
    conservation: float
    residual: float


def finish(networks: WindowNetworks, found: Prices, place: Path) -> tuple[Totals, Proof]:
    """Write the tables into ``place``; return what they add up to, and the proof."""
    pieces = networks.each(lambda w: _piece(networks, found, w), "writing")
    sides = networks.sides
    totals, uses = None, Uses()
    activity, sizes = np.zeros(len(sides.keys)), np.zeros(2)
    value, bound, conservation, broken = 0.0, 0.0, 0.0, 0.0
    with written(place) as write:
        for piece in pieces:
            write(piece.tables)
            totals = piece.totals if totals is None else totals + piece.totals
            uses = uses.joined(piece.uses)
            activity += piece.activity
            sizes += piece.sizes
            value += piece.value
            bound += piece.bound
            conservation = max(conservation, piece.conservation)
            broken = max(broken, piece.residual)
        assert totals is not None  # noqa: S101 - a horizon has a window
        write({"rule_prices": horizon_rows(
            networks.scenario, networks.chosen, sides, activity, found.price, uses)})
    operating = measure(*sizes)
    penalties, residual = _rest(sides, activity, operating)
    value += sum(penalties.values())
    bound += sides.at_bounds(found.price)
    proof = Proof(value, bound, relative(value - bound, operating), conservation,
                  max(broken, residual))
    return replace(totals, penalties_usd={**totals.penalties_usd, **penalties}), proof


def _piece(networks: WindowNetworks, found: Prices, w: int) -> Piece:
    """Solve a window at the best prices, and mix what it did in the rounds."""
    window, sides = networks.windows[w], networks.sides
    solved = networks.solve(w, found.price)
    lp, part = solved.oracle.network.lp, part_of(networks.scenario, window)
    x = networks.rounds.mixture(w, _shares(found.weights), solved.answers.of_hour, lp.n_columns)
    a = part.arrays
    chosen = [(rule, one.within(window.hours)) for rule, one in networks.chosen]
    flow = x[lp.columns_of("flow")].reshape(-1, a.n_hours)
    unserved = x[lp.columns_of("unserved")].reshape(a.demand_mw.shape)
    dual = solved.oracle.row_dual()
    own = solved.answers.sides
    dual[own.rows] = found.price * factors(window, own.keys)
    reduced = {name: lp.reduced_cost_of(name, dual) for name in ("flow", "unserved")}
    balance = prices.lifted(a, lp, dual, reduced)
    at = np.flatnonzero(flow)
    lane, hour = np.divmod(at, a.n_hours)
    cost = np.concatenate([f.cost.ravel() for f in lp.families])
    return Piece(
        {"flows": flow_table(part, flow, noise_mw(networks.scenario.arrays)),
         "unserved": ask_table(part, unserved.clip(min=0.0), "mw"),
         "utilisation": utilisation_table(part, flow),
         "prices": ask_table(part, prices.through_bounds(a, lp, balance, dual), "usd_per_mwh"),
         "rents": site_table(part, usd_per_mwh=prices.rents(a, lp, dual)),
         "waiting": waiting_table(part, lp, x), "backlog": backlog_table(part, lp, x),
         "rule_prices": hourly_rows(part, chosen, lp, x, dual)},
        totals_of(a, chosen, lp, x, dual),
        uses_of(a, chosen, flow, reduced["flow"]),
        float(cost @ x),
        np.array([np.abs(cost[at]) @ np.abs(x[at])
                  for at in (lp.columns_of("flow"), slice(None))]),
        own.activity(lane, hour, flow[lane, hour], np.zeros_like(lane), 1)[0]
        * factors(window, own.keys) if len(sides.keys) else np.zeros(0),
        proven_bound(solved.oracle), imbalance(lp, x, a), hourly_residual(lp, x))


def hourly_residual(lp: Equations, x: Floats) -> float:
    """Largest violation of a rule by the hour, or of a closed lane.

    Relative to the largest term of the row, or to the work the lane is for.
    """
    flow = lp.families[0]
    carried = x[lp.columns_of("flow")].reshape(flow.shape)
    worst = 0.0
    for block in lp.blocks:
        if block.hours is None or (block.name in EQUATIONS and block.name != "demand_balance"):
            continue
        if block.name == "demand_balance":
            wanted = np.zeros(flow.shape)
            for term in (t for t in block.terms if t.family == "flow"):
                wanted[term.entity] = block.lower[term.row]
            over = np.where(flow.upper < np.inf, carried - flow.upper, 0.0)
            worst = max(worst, worst_of(over, wanted))
            continue
        activity, size = np.zeros(block.shape), np.zeros(block.shape)
        for term in block.terms:
            if not lp.has_family(term.family):
                continue  # no group, so no excess
            coefficient = term.coefficient[:, None] if term.coefficient.ndim == 1 else (
                term.coefficient if term.coefficient.shape[1] == 1
                else term.coefficient[:, block.hours])
            values = x[lp.columns_of(term.family)].reshape(-1, flow.shape[1])
            amount = coefficient * values[term.entity][:, block.hours]
            np.add.at(activity, term.row, amount)
            np.maximum.at(size, term.row, np.abs(amount))
        for sign, bound in ((-1.0, block.lower), (1.0, block.upper)):
            real = np.isfinite(bound)
            worst = max(worst, worst_of(sign * (activity[real] - bound[real]),
                                        np.maximum(size[real], np.abs(bound[real]))))
    return worst


def _shares(weights: Floats) -> Floats:
    """Weights of the mixture, adding up to 1 in every window."""
    shares = np.maximum(weights, 0.0)
    return np.asarray(shares / shares.sum(axis=0), dtype=np.float64)


def _rest(
    sides: Sides, activity: Floats, operating: float
) -> tuple[dict[str, float], float]:
    """Penalty of each soft rule that is broken [USD], and how far the hard rows are.

    How far is relative to the bound or what was done, and to ``FLOOR`` of the amount whose worth
    would double the operating cost at least.
    """
    short = np.maximum(sides.lower - activity, 0.0)
    over = np.maximum(activity - sides.upper, 0.0)
    soft = np.isfinite(sides.most) & (short > 0), np.isfinite(sides.least) & (over > 0)
    paid = np.zeros(len(activity))
    paid[soft[0]] += sides.most[soft[0]] * short[soft[0]]
    paid[soft[1]] -= sides.least[soft[1]] * over[soft[1]]
    penalties: dict[str, float] = {}
    for k in np.flatnonzero(paid):
        label = sides.keys[k][0]
        penalties[label] = penalties.get(label, 0.0) + float(paid[k])
    short[soft[0]], over[soft[1]] = 0.0, 0.0
    bound = np.where(short > 0, sides.lower, np.where(over > 0, sides.upper, 0.0))
    size = np.maximum(np.maximum(np.abs(bound), np.abs(activity)),
                      FLOOR * operating / sides.scale)
    return penalties, max((relative(*of) for of in zip(
        np.maximum(short, over).tolist(), size.tolist(), strict=True)), default=0.0)
