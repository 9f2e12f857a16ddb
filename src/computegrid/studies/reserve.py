"""The cheapest reserve that would have kept critical work served through a freeze."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from computegrid.errors import RuleWarning, SolverError
from computegrid.program.algebra import Block, Family, Floats, Term
from computegrid.program.build import assemble, build_program
from computegrid.scenario.arrays import Arrays
from computegrid.scenario.regime import Regime
from computegrid.scenario.scenario import Scenario
from computegrid.solvers.certificate import certify
from computegrid.solvers.choose import solve_program
from computegrid.solvers.solution import Status
from computegrid.studies.switches import NOBODY, Switch
from computegrid.tables.labels import as_labels
from computegrid.units import HOURS_PER_YEAR

RESERVE_USD_PER_MW_YEAR = 184.06 * 1000 * 12
"""Price of holding one MW of IT capacity ready for a year [USD]: the average asking rent of
wholesale colocation, 184.06 USD per kW and month (CBRE, North America Data Center Trends H2 2024,
26 February 2025; https://www.cbre.com/insights/reports/north-america-data-center-trends-h2-2024).
Hardware standing in it is not in this figure."""
RESERVE_MOST = 1.0
"""Reserve at most doubles a site: more is another site, with a grid connection of its own."""
WORTH_OF_CRITICAL = 10.0
"""Critical work left unserved weighs this many times what reserve for its dearest hour costs, and
what a MWh on the dearest lane costs besides."""
SMALLEST = 1e-9
"""Reserve below this part of the most critical work of an hour is a solver's rounding."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Reserve:
    """Reserve held ready before a freeze.

    Attributes
    ----------
    sites : DataFrame
        Indexed by ``site``: ``reserve_mw`` [MW of IT power], ``usd_per_year``.
    usd_per_year : float
        What holding it costs [USD per year].
    beyond_mwh : float
        Critical work over the horizon that no reserve could serve: no open lane leads to it, or a
        rule caps those that do [MWh].
    """

    sites: pd.DataFrame
    usd_per_year: float
    beyond_mwh: float

    @property
    def reserve_mw(self) -> float:
        """All reserve [MW]."""
        return float(self.sites["reserve_mw"].sum())


def cheapest_reserve(
    scenario: Scenario, switch: Switch, during: Regime, critical: Mask, usd_per_mw_year: float,
    taken_mw: Floats | None = None, most: float | None = RESERVE_MOST,
) -> Reserve:
    r"""Find the cheapest reserve :math:`R_s` with which critical work outlives the freeze.

    .. math:: \min \sum_s k R_s + \sum c f + M \sum u \quad\text{s.t.}\quad
              \sum_{\ell \in s} \rho_s f_{\ell,t} - R_s \le K_{s,t} \quad \forall s, t

    over critical work alone: it goes first on whatever the freeze leaves, other work gives way.
    Reserve stands at sites that the switch does not reach and whose holder is known.

    Parameters
    ----------
    scenario, switch
        What is frozen.
    during : Regime
        The rules that hold besides the freeze, without hard minima.
    critical : bool array, shape (A,)
        Asks whose work is critical.
    usd_per_mw_year : float
        Price of holding reserve [USD per MW of IT power and year].
    taken_mw : float array, shape (S, T), optional
        IT power that other work keeps for itself [MW]; none when it gives way.
    most : float, optional
        Most reserve at a site, as a multiple of its capacity.
    """
    a = scenario.arrays
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuleWarning)
        program = build_program(scenario, switch.regime(scenario, during))
    flow, unserved, *others = program.families
    lanes, asks = np.flatnonzero(critical[a.lane_ask]), np.flatnonzero(critical)
    price = usd_per_mw_year * float(a.weight_hours.sum()) / HOURS_PER_YEAR
    worth = WORTH_OF_CRITICAL * price * float(a.power_ratio.max()) / float(a.weight_hours.min())
    worth += float((flow.cost / a.weight_hours).max(initial=0.0))  # and what serving it costs
    kept = {
        "flow": (flow, lanes),
        "unserved": (replace(unserved, cost=np.maximum(worth * a.weight_hours, unserved.cost),
                             upper=np.full_like(unserved.upper, np.inf)), asks),
    }
    for family in others:
        ask = family.entities["ask"].to_numpy() if family.name == "backlog" else None
        kept[family.name] = (family, np.arange(len(family.entities)) if ask is None
                             else np.flatnonzero(critical[ask]))
    families = [_cut(family, entities) for family, entities in kept.values()]
    reserve = _reserve_family(scenario, switch, price, most)
    position = {name: _positions(entities, len(family.entities))
                for name, (family, entities) in kept.items()}
    blocks = [_cut_block(block, position, critical) for block in program.blocks]
    blocks = [_with_reserve(b, a, taken_mw) if b.name == "site_capacity" else b for b in blocks]
    if a.n_hours > 1:
        blocks.append(_steady(a))
    lp = assemble((*families, reserve), tuple(blocks))
    solution = solve_program(lp)
    if solution.status is not Status.OPTIMAL:
        raise SolverError(f"no reserve found against {switch.label!r}: {solution.status}")
    certify(lp, solution)
    held = solution.x[lp.columns_of("reserve")].reshape(reserve.shape)[:, 0]
    left = solution.x[lp.columns_of("unserved")].reshape(len(asks), a.n_hours) @ a.weight_hours
    chosen = np.flatnonzero(
        held > SMALLEST * float(a.demand_mw[critical].sum(axis=0).max(initial=0.0)))
    sites = pd.DataFrame(
        {"reserve_mw": held[chosen], "usd_per_year": held[chosen] * usd_per_mw_year},
        index=scenario.tables["sites"].index.take(chosen),
    )
    return Reserve(sites, float(sites["usd_per_year"].sum()), float(left.clip(min=0.0).sum()))


def _reserve_family(
    scenario: Scenario, switch: Switch, price: float, most: float | None
) -> Family:
    """Reserve of every site and hour; paid once, in the first hour."""
    a, sites = scenario.arrays, scenario.tables["sites"]
    allowed = a.available_mw.max(axis=1) > 0
    if switch.by in sites.columns or switch.by == "site":
        held = sites.index if switch.by == "site" else sites[switch.by]
        holder = as_labels(held)
        allowed &= ~np.isin(holder, [*switch.holders, *NOBODY])
    bound = most is not None and np.isfinite(most)
    room = most * a.available_mw.max(axis=1) if bound else np.full(a.n_sites, np.inf)
    upper = np.repeat(np.where(allowed, room, 0.0)[:, None], a.n_hours, axis=1)
    cost = np.zeros_like(upper)
    cost[:, 0] = price
    return Family("reserve", pd.DataFrame({"site": np.arange(a.n_sites)}),
                  np.zeros_like(upper), upper, cost)


def _with_reserve(capacity: Block, a: Arrays, taken_mw: Floats | None) -> Block:
    free = capacity.upper if taken_mw is None else np.maximum(capacity.upper - taken_mw, 0.0)
    order = np.arange(a.n_sites)
    term = Term("reserve", order, order, -np.ones(a.n_sites))
    return replace(capacity, couples="horizon", upper=free,
                   terms=(*capacity.terms, term))


def _steady(a: Arrays) -> Block:
    r"""Reserve is the same in every hour: :math:`R_{s,t} - R_{s,t-1} = 0` [MW]."""
    order, one = np.arange(a.n_sites), np.ones(a.n_sites)
    zero = np.zeros((a.n_sites, a.n_hours - 1))
    terms = (Term("reserve", order, order, one), Term("reserve", order, order, -one, lag=1))
    return Block("reserve_steady", "horizon", pd.DataFrame({"site": order}), terms, zero, zero,
                 np.arange(1, a.n_hours))


def _cut(family: Family, entities: npt.NDArray[np.int64]) -> Family:
    if len(entities) == len(family.entities):
        return family
    return Family(family.name, family.entities.iloc[entities].reset_index(drop=True),
                  family.lower[entities], family.upper[entities], family.cost[entities])


def _positions(entities: npt.NDArray[np.int64], n: int) -> npt.NDArray[np.int64]:
    at = np.full(n, -1, dtype=np.int64)
    at[entities] = np.arange(len(entities))
    return at


def _cut_block(
    block: Block, position: dict[str, npt.NDArray[np.int64]], critical: Mask
) -> Block:
    """Return the block over the entities kept; the balance of work that is left out reads 0 = 0."""
    terms = []
    for term in block.terms:
        if term.family not in position:
            continue
        at = position[term.family][term.entity]
        mine = at >= 0
        values: Floats = term.coefficient
        terms.append(replace(term, entity=at[mine], row=term.row[mine],
                             coefficient=values[mine] if len(values) == len(mine) else values))
    cut = replace(block, terms=tuple(terms))
    if block.name != "demand_balance":
        return cut
    wanted = np.where(critical[:, None], block.lower, 0.0)
    return replace(cut, lower=wanted, upper=wanted)
