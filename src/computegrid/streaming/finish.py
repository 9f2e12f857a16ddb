"""The last pass: mix the answers, prove the bound, check the sums, write the tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from computegrid.accounts import ask_table, flow_table
from computegrid.prices import through_bounds
from computegrid.program import objective
from computegrid.program.algebra import Equations, Floats
from computegrid.scenario.span import FLOOR
from computegrid.solvers.certificate import FEASIBILITY, imbalance, measure, relative, worst_of
from computegrid.solvers.infeasibility import EQUATIONS
from computegrid.solvers.multipliers import Prices
from computegrid.solvers.network_bound import proven_bound
from computegrid.solvers.sides import Sides
from computegrid.streaming.networks import WindowNetworks
from computegrid.streaming.window import factors, part_of
from computegrid.units import KG_PER_T

TABLES = ("flows", "unserved", "prices")


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

    ``sizes`` are those of the costs of flows and of all costs, earnings counted as costs [USD].
    """

    tables: dict[str, pd.DataFrame]
    totals: dict[str, float]
    sizes: Floats
    activity: Floats
    bound: float
    conservation: float
    residual: float


def finish(
    networks: WindowNetworks, found: Prices, place: Path
) -> tuple[pd.Series, pd.DataFrame, Proof]:
    """Write the tables into ``place``; return the summary, the rows over the horizon, the proof."""
    pieces = networks.each(lambda w: _piece(networks, found, w), "writing")
    sides = networks.sides
    totals: dict[str, float] = {}
    activity, sizes = np.zeros(len(sides.keys)), np.zeros(2)
    bound, conservation, broken = 0.0, 0.0, 0.0
    for piece in _written(pieces, place):
        totals = {k: totals.get(k, 0.0) + v for k, v in piece.totals.items()}
        activity += piece.activity
        sizes += piece.sizes
        bound += piece.bound
        conservation = max(conservation, piece.conservation)
        broken = max(broken, piece.residual)
    operating = measure(*sizes)
    penalty, residual = _rest(sides, activity, operating)
    totals["penalty_usd"] += penalty
    totals["cost_usd"] += penalty
    bound += sides.at_bounds(found.price)
    proof = Proof(totals["cost_usd"], bound, relative(totals["cost_usd"] - bound, operating),
                  conservation, max(broken, residual))
    rules = pd.DataFrame({
        "rule": [label for label, _ in sides.keys], "row": [k for _, k in sides.keys],
        "activity": activity, "lower": sides.lower, "upper": sides.upper,
        "shadow_price": found.price})
    return pd.Series(totals, name="value"), rules, proof


def _piece(networks: WindowNetworks, found: Prices, w: int) -> Piece:
    """Solve a window at the best prices, and mix what it did in the rounds."""
    window, sides = networks.windows[w], networks.sides
    solved = networks.solve(w, found.price)
    network = solved.oracle.network
    lp, part = network.lp, part_of(networks.scenario, window)
    x = networks.rounds.mixture(w, _shares(found.weights), solved.answers.of_hour, lp.n_columns)
    a, hours = part.arrays, part.arrays.weight_hours
    flow = x[lp.columns_of("flow")].reshape(-1, a.n_hours)
    unserved = x[lp.columns_of("unserved")].reshape(a.demand_mw.shape)
    dual = solved.oracle.row_dual()
    own = solved.answers.sides
    dual[own.rows] = found.price * factors(window, own.keys)
    balance = dual[lp.rows_of("demand_balance")].reshape(a.demand_mw.shape).copy()
    at = np.flatnonzero(flow)
    lane, hour = np.divmod(at, a.n_hours)
    cost = np.concatenate([f.cost.ravel() for f in lp.families])
    lanes = lp.columns_of("flow")
    work = flow * hours
    totals = {
        "cost_usd": float(cost @ x), "operating_cost_usd": float(cost[lanes] @ x[lanes]),
        "unserved_cost_usd": float(cost[lp.columns_of("unserved")] @ unserved.ravel()),
        "demand_mwh": float((a.demand_mw * hours).sum()), "served_mwh": float(work.sum()),
        "unserved_mwh": float((unserved * hours).sum()),
        "energy_mwh": float((objective.energy_mwh(a) * work).sum()),
        "carbon_t": float((objective.carbon_kg(a) * work).sum()) / KG_PER_T,
    }
    totals["penalty_usd"] = float(sum(
        cost[c] @ x[c] for c in (lp.columns_of(f.name) for f in lp.families
                                 if f.name.startswith("excess:"))))
    given_up = ask_table(part, unserved.clip(min=0.0), "mw")
    return Piece(
        {"flows": flow_table(part, flow), "unserved": given_up[given_up["mw"] > 0],
         "prices": ask_table(part, through_bounds(a, lp, balance, dual), "usd_per_mwh")},
        totals,
        np.array([np.abs(cost[at]) @ np.abs(x[at]) for at in (lanes, slice(None))]),
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


def _rest(sides: Sides, activity: Floats, operating: float) -> tuple[float, float]:
    """Penalty of the soft rows that are broken [USD], and how far the hard ones are.

    How far is relative to the bound or what was done, and to ``FLOOR`` of the amount whose worth
    would double the operating cost at least.
    """
    short = np.maximum(sides.lower - activity, 0.0)
    over = np.maximum(activity - sides.upper, 0.0)
    soft = np.isfinite(sides.most) & (short > 0), np.isfinite(sides.least) & (over > 0)
    penalty = sides.most[soft[0]] @ short[soft[0]] - sides.least[soft[1]] @ over[soft[1]]
    short[soft[0]], over[soft[1]] = 0.0, 0.0
    bound = np.where(short > 0, sides.lower, np.where(over > 0, sides.upper, 0.0))
    size = np.maximum(np.maximum(np.abs(bound), np.abs(activity)),
                      FLOOR * operating / sides.scale)
    return float(penalty), max((relative(*of) for of in zip(
        np.maximum(short, over).tolist(), size.tolist(), strict=True)), default=0.0)


def _written(pieces: Iterator[Piece], place: Path) -> Iterator[Piece]:
    """Write the tables of every piece as it comes."""
    with ExitStack() as stack:
        writers: dict[str, pq.ParquetWriter] = {}
        for piece in pieces:
            for name in TABLES:
                table = _compact(piece.tables[name])
                if name not in writers:
                    writers[name] = stack.enter_context(
                        pq.ParquetWriter(place / f"{name}.parquet", table.schema))
                writers[name].write_table(table.cast(writers[name].schema))
            yield piece


def _compact(table: pd.DataFrame) -> pa.Table:
    """Names as numbers into a list: read back as categories, not as a string in every row."""
    out = pa.Table.from_pandas(table, preserve_index=False)
    for name in ("region", "workload", "site"):
        if name in out.column_names:
            at = out.column_names.index(name)
            out = out.set_column(at, name, out[name].cast(pa.string()).dictionary_encode())
    return out
