"""What the kinds of rule do to the program: uppers, costs and rows."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from computegrid.errors import RuleWarning, ScenarioError
from computegrid.program import objective
from computegrid.program.algebra import Block, Codes, Couples, Family, Floats, Term
from computegrid.program.selection import Selection, each_of
from computegrid.scenario.arrays import Arrays
from computegrid.scenario.regime import RATES, Charge, Limit, Rule, Share
from computegrid.units import KG_PER_T


def warn_if_idle(rule: Rule, found: Selection, odd: Sequence[str] = ()) -> None:
    """Warn, naming the rule and the side at fault, if it selects nothing.

    Its hours, its demand or its supply may select nothing, or each something and no lane joins
    the two. A minimum that is wanted but has no lanes is no idle rule: it cannot be met, and the
    program says so itself. Values that exist nowhere (``odd``, as sentences) are told with it, or
    by themselves where the rule selects something all the same.
    """
    what = f"rule {rule.label!r} selects"
    if not len(found.hours):
        said = f"{what} no hour, so it does nothing; check its hours {rule.hours!r}"
    elif len(found.lanes) or (getattr(rule, "min", None) and (
            found.takes_demand or not isinstance(rule, Share))):
        if odd:
            warnings.warn(f"rule {rule.label!r}: {'; '.join(odd)}", RuleWarning, stacklevel=2)
        return
    elif not found.takes_demand:
        said = f"{what} no demand, so it does nothing; check its demand {dict(rule.demand)!r}"
    elif not found.takes_supply:
        said = f"{what} no site, so it does nothing; check its supply {dict(rule.supply)!r}"
    else:
        said = (f"{what} no lane, so it does nothing; none leads from its demand "
                f"{dict(rule.demand)!r} to its supply {dict(rule.supply)!r}")
    warnings.warn("; ".join([said, *odd]), RuleWarning, stacklevel=2)


def forbid(found: Selection, upper: Floats) -> None:
    r"""Close the selected lanes in place: :math:`\overline f_{\ell,t} = 0`, shape (L, T)."""
    upper[np.ix_(found.lanes, found.hours)] = 0.0


def charge(rule: Charge, a: Arrays, found: Selection) -> Floats:
    r"""Cost the rule adds to one MWh of work, shape (L, T) [USD].

    .. math:: c_{\ell,t} \mathrel{+}= p \, q_{\ell,t}
    """
    added = np.zeros((a.n_lanes, a.n_hours))
    added[np.ix_(found.lanes, found.hours)] = rule.usd * quantity(
        rule, a, found.lanes
    )[:, found.hours]
    return added


def limit(rule: Limit, a: Arrays, found: Selection) -> tuple[Block, Family | None]:
    r"""Rows that bound a quantity of the selected lanes, one per group and hour or per group.

    .. math:: \underline q \le \sum_{\ell \in g} q_{\ell,t} f_{\ell,t} - x_{g,t}
              \le \overline q \quad \forall g, t \qquad\text{or}\qquad
              \underline q \le \sum_{\ell \in g,\,t} \omega_t q_{\ell,t} f_{\ell,t} \mp x_g
              \le \overline q \quad \forall g

    with :math:`\omega_t = h_t` for amounts and :math:`h_t / \sum h` for rates. The excess
    :math:`x` exists where ``penalty_usd`` makes the rule soft. Utilisation bounds are scaled by
    what the selected sites have available.
    """
    coefficient = quantity(rule, a, found.lanes)[:, found.hours]
    if rule.per == "horizon":
        weight = a.weight_hours[found.hours]
        coefficient = coefficient * (weight / weight.sum() if rule.quantity in RATES else weight)
    full = np.zeros((len(found.lanes), a.n_hours))
    full[:, found.hours] = coefficient
    lower, upper = limit_bounds(rule, a, found)
    terms = [Term("flow", found.lanes, found.row, full)]
    excess = None
    if rule.penalty_usd is not None:
        excess, extra = _excess(rule, a, found)
        terms.append(extra)
    couples: Couples = "horizon" if rule.per == "horizon" else (
        "corridor" if rule.quantity == "gbps" else "hour"
    )
    hours = None if rule.per == "horizon" else found.hours
    return Block(rule.label, couples, found.labels, tuple(terms), lower, upper, hours), excess


def limit_bounds(rule: Limit, a: Arrays, found: Selection) -> tuple[Floats, Floats]:
    r"""Bounds of the rows of :func:`limit`, without their coefficients, shape (G, K) each.

    .. math:: \underline q \, \Bigl(1 \text{ or } \sum_{s \in g} K_{s,t}\Bigr), \quad
              \overline q \, \Bigl(1 \text{ or } \sum_{s \in g} K_{s,t}\Bigr)

    The second factor is that of utilisation; over the horizon it is a weighted mean.
    """
    hours = found.hours
    scale = np.ones((len(found.labels), len(hours)))
    if rule.quantity == "utilisation":
        available = a.available_mw[:, hours]
        scale = np.array([available[own].sum(axis=0) for own in found.sites]).reshape(scale.shape)
    if rule.per == "horizon":
        weight = a.weight_hours[hours]
        scale = (scale * (weight / max(weight.sum(), 1e-300))).sum(axis=1, keepdims=True)
    return (np.full(scale.shape, -np.inf) if rule.min is None else rule.min * scale,
            np.full(scale.shape, np.inf) if rule.max is None else rule.max * scale)


def share(rule: Share, a: Arrays, found: Selection) -> Block:
    r"""The selected flow as a fraction of the demand selected, one row per group [MWh].

    .. math:: \underline\varphi \sum_{a \in g,\,t} h_t d_{a,t} \le
              \sum_{\ell \in g,\,t} h_t f_{\ell,t} \le
              \overline\varphi \sum_{a \in g,\,t} h_t d_{a,t} \quad \forall g
    """
    by_hour = "hour" in each_of(rule)
    coefficient = np.zeros((1, a.n_hours))
    coefficient[0, found.hours] = 1.0 if by_hour else a.weight_hours[found.hours]
    wanted = np.zeros((len(found.labels), a.n_hours))
    np.add.at(wanted, found.ask_row, a.demand_mw[found.asks] * coefficient)
    wanted = wanted[:, found.hours] if by_hour else wanted.sum(axis=1, keepdims=True)
    lower = np.full(wanted.shape, -np.inf) if rule.min is None else rule.min * wanted
    upper = np.full(wanted.shape, np.inf) if rule.max is None else rule.max * wanted
    return Block(
        rule.label, "hour" if by_hour else "horizon", found.labels,
        (Term("flow", found.lanes, found.row, coefficient),), lower, upper,
        found.hours if by_hour else None,
        demand=Term("demand", found.asks, found.ask_row, coefficient),
        min_share=rule.min or 0.0, max_share=rule.max or 0.0,
    )


def quantity(rule: Limit | Charge, a: Arrays, lanes: Codes) -> Floats:
    """How much of the rule's quantity one MW of work is, on ``lanes``, shape (len(lanes), T)."""
    site = a.lane_site[lanes]
    shape = (len(lanes), a.n_hours)
    if rule.quantity == "it_mw":
        return np.ones(shape)
    if rule.quantity in ("power_mw", "utilisation"):
        return np.broadcast_to(a.power_ratio[site][:, None], shape)
    drawn = a.pue * a.power_ratio[:, None]
    if rule.quantity == "energy_mwh":
        return drawn[site]
    if rule.quantity == "carbon_t":
        return (drawn * a.carbon_kg_per_mwh)[site] / KG_PER_T
    if rule.quantity == "spend_usd":
        return objective.operating_usd(a)[lanes]
    gbps = a.gbps_per_mw[a.lane_workload[lanes]]
    if np.isnan(gbps).any():
        raise ScenarioError(
            f"rule {rule.label!r} speaks of gbps, but not every workload says how much it moves; "
            "give workloads a column gbps_per_mw"
        )
    return np.broadcast_to(gbps[:, None], shape)


def _excess(rule: Limit, a: Arrays, found: Selection) -> tuple[Family, Term]:
    """How far a soft limit is broken, at ``penalty_usd`` per unit [the rule's unit]."""
    labels, hours = found.labels, found.hours
    n, T = len(labels), a.n_hours
    active = np.zeros((1, T))
    price = np.zeros((1, T))
    if rule.per == "horizon":
        first = hours[:1]
        active[0, first] = 1.0
        price[0, first] = a.weight_hours[hours].sum() if rule.quantity in RATES else 1.0
    else:
        active[0, hours] = 1.0
        price[0, hours] = a.weight_hours[hours]
    if rule.max is not None and rule.min is not None:
        raise ScenarioError(
            f"rule {rule.label!r}: a soft limit has max or min, not both; write two rules"
        )
    upper = np.broadcast_to(np.where(active > 0, np.inf, 0.0), (n, T))
    cost = np.broadcast_to(float(rule.penalty_usd or 0.0) * price, (n, T))
    family = Family(f"excess:{rule.label}", labels, np.zeros((n, T)), upper, cost)
    sign = -1.0 if rule.max is not None else 1.0
    order = np.arange(n)
    return family, Term(family.name, order, order, np.broadcast_to(sign * active, (n, T)))
