"""The oracle: the documented equations once more, literally, in Pyomo, one loop per symbol.

It shares no code with the package: it reads plain tables and the fields of the rules. Deferral is
not written with a backlog but with the textbook's arrival-to-service variables, so the backlog's
deadline window is tested too.
"""

from __future__ import annotations

import math
from typing import Any

import pyomo.environ as pyo
from pyomo.contrib.appsi.solvers import Highs
from worlds import World


def least_cost(world: World) -> float | None:
    """Cost of the best dispatch [USD], or None when there is none."""
    region = {r["region"]: r for r in world.regions}
    site = {s["site"]: s for s in world.sites}
    work = {w["workload"]: w for w in world.workloads}
    hours = [h["hour"] for h in world.hours]
    weight = {h["hour"]: h["weight_hours"] for h in world.hours}
    day = {h["hour"]: h["day"] for h in world.hours}
    price = {(x["site"], x["hour"]): x["energy_usd_per_mwh"] for x in world.site_hours}
    carbon = {(x["site"], x["hour"]): x["carbon_kg_per_mwh"] for x in world.site_hours}
    d = {(x["region"], x["workload"], x["hour"]): x["mw"] for x in world.demand}
    asks = [(r, w) for r in region for w in work if any(d[r, w, t] > 0 for t in hours)]
    link = {(x["region"], x["site"]): x for x in world.lanes}
    lanes = [(r, w, s) for r, w in asks for s in site
             if (r, s) in link and link[r, s]["rtt_ms"] <= work[w]["max_rtt_ms"]]

    def meets(value: Any, condition: Any) -> bool:
        if isinstance(condition, dict):
            return (("not" not in condition or not meets(value, condition["not"]))
                    and ("min" not in condition or value >= condition["min"])
                    and ("max" not in condition or value <= condition["max"]))
        return value in condition if isinstance(condition, list) else value == condition

    def asked(rule: Any, r: str, w: str) -> bool:
        row = {**region[r], **work[w]}
        return all(meets(row[k], v) for k, v in rule.demand.items())

    def sited(rule: Any, s: str) -> bool:
        return all(meets(site[s][k], v) for k, v in rule.supply.items() if k != "rtt_ms")

    def selects(rule: Any, r: str, w: str, s: str) -> bool:
        near = "rtt_ms" not in rule.supply or meets(link[r, s]["rtt_ms"], rule.supply["rtt_ms"])
        return asked(rule, r, w) and sited(rule, s) and near

    def holds(rule: Any, t: int) -> bool:
        if rule.hours is None:
            return True
        if isinstance(rule.hours, dict) and "day" in rule.hours:
            return day[t] == rule.hours["day"]
        return meets(t, rule.hours)

    def spend(r: str, s: str, t: int) -> float:
        drawn = site[s]["pue"] * site[s]["power_ratio"]
        return (drawn * price[s, t] + site[s]["rent_usd_per_mwh"]
                + link[r, s]["network_usd_per_mwh"])

    def amount(quantity: str, r: str, w: str, s: str, t: int) -> float:
        drawn = site[s]["pue"] * site[s]["power_ratio"]
        return {"it_mw": 1.0, "power_mw": site[s]["power_ratio"],
                "utilisation": site[s]["power_ratio"], "energy_mwh": drawn,
                "carbon_t": drawn * carbon[s, t] / 1000, "spend_usd": spend(r, s, t),
                "gbps": work[w]["gbps_per_mw"]}[quantity]

    m = pyo.ConcreteModel()
    # work of ask (r, w) that arrives in hour k and is done in hour t at site s [MW in hour t]
    waits = {(w, k): [t for t in hours if day[t] == day[k]
                      and 0 <= t - k <= work[w]["defer_hours"] + 1e-9]
             for w in work for k in hours}
    m.served = pyo.Var([(r, w, s, k, t) for r, w, s in lanes for k in hours for t in waits[w, k]],
                       within=pyo.NonNegativeReals)
    m.unserved = pyo.Var([(r, w, k) for r, w in asks for k in hours],
                         within=pyo.NonNegativeReals)
    m.rows = pyo.ConstraintList()
    m.nothing = pyo.Var(bounds=(0, 0))  # so that no model is empty
    flow = {(r, w, s, t): sum(m.served[r, w, s, k, t] for k in hours if t in waits[w, k])
            for r, w, s in lanes for t in hours}
    for r, w in asks:
        for k in hours:
            done = sum(weight[t] * m.served[r, w, s, k, t]
                       for s in site if (r, w, s) in lanes for t in waits[w, k])
            m.rows.add(done + weight[k] * m.unserved[r, w, k] == weight[k] * d[r, w, k])
            if math.isinf(work[w]["unserved_usd_per_mwh"]):
                m.unserved[r, w, k].fix(0)
    for s in site:
        for t in hours:
            drawn = [site[s]["power_ratio"] * flow[r, w, x, t] for r, w, x in lanes if x == s]
            if drawn:
                m.rows.add(sum(drawn) <= site[s]["capacity_mw"])
    cost = m.nothing + sum(weight[t] * spend(r, s, t) * flow[r, w, s, t]
                           for r, w, s in lanes for t in hours)
    for r, w in asks:
        value = work[w]["unserved_usd_per_mwh"]
        if not math.isinf(value):
            cost += sum(weight[k] * value * m.unserved[r, w, k] for k in hours)

    m.excess = pyo.VarList(within=pyo.NonNegativeReals)
    for rule in world.rules:
        mine = [lane for lane in lanes if selects(rule, *lane)]
        when = [t for t in hours if holds(rule, t)]
        if rule.kind == "Forbid":
            for lane in mine:
                for t in when:
                    if not isinstance(flow[*lane, t], int):
                        m.rows.add(flow[*lane, t] <= 0)
        elif rule.kind == "Charge":
            cost += sum(weight[t] * rule.usd * amount(rule.quantity, *lane, t) * flow[*lane, t]
                        for lane in mine for t in when)
        elif when:
            each = [rule.each] if isinstance(rule.each, str) else list(rule.each or [])
            by_hour = "hour" in each
            each = [c for c in each if c != "hour"]

            def group(r: str, w: str, s: str | None, each: list[str] = each) -> tuple[Any, ...]:
                row = {**({} if s is None else site[s]), **work[w], **region[r]}
                return tuple(row.get(c) for c in each)

            if rule.kind == "Limit":
                groups = sorted({group(*lane) for lane in mine}) if each else [()]
                _limit(m, rule, groups, group, mine, when, flow, weight, amount, site, sited, each)
            else:
                demand_side = [c for c in each if c in region["r0"] or c in work["w0"]]
                groups = sorted({group(*lane) for lane in mine}) if each else [()]
                if each and demand_side == each:
                    groups = sorted({group(r, w, None) for r, w in asks if asked(rule, r, w)})
                _share(m, rule, groups, group, mine, when, flow, weight, d, asks, asked, each,
                       by_hour)
        cost += _penalty(m, rule, weight)
    m.cost = pyo.Objective(expr=cost)
    return _solve(m)


def _limit(m, rule, groups, group, mine, when, flow, weight, amount, site, sited, each):  # type: ignore[no-untyped-def]
    for g in groups:
        lanes = [lane for lane in mine if group(*lane) == g]
        scale = 1.0
        if rule.quantity == "utilisation":
            scale = sum(x["capacity_mw"] for x in site.values() if sited(rule, x["site"])
                        and tuple(x.get(c) for c in each) == g)
        used = {t: sum(amount(rule.quantity, *lane, t) * flow[*lane, t] for lane in lanes)
                for t in when}
        if rule.per == "horizon":
            rate = rule.quantity in ("it_mw", "power_mw", "gbps", "utilisation")
            total = sum(weight[t] for t in when)
            used = {None: sum(weight[t] * used[t] for t in when) / (total if rate else 1.0)}
        for t, value in used.items():
            slack = 0.0
            if rule.penalty_usd is not None:
                slack = m.excess.add()
                _PRICED.setdefault(id(m), []).append((slack, rule, t, when))
            if rule.max is not None:
                _row(m, value - slack, None, rule.max * scale)
            if rule.min is not None:
                _row(m, value + slack, rule.min * scale, None)


def _share(m, rule, groups, group, mine, when, flow, weight, d, asks, asked, each, by_hour):  # type: ignore[no-untyped-def]
    for g in groups:
        for ts in ([[t] for t in when] if by_hour else [when]):
            served = sum(weight[t] * flow[*lane, t] for lane in mine if group(*lane) == g
                         for t in ts)
            wanted = sum(
                weight[t] * d[r, w, t] for r, w in asks if asked(rule, r, w) for t in ts
                if all(mine_ in (None, there)
                       for mine_, there in zip(group(r, w, None), g, strict=True))
            )
            _row(m, served, None if rule.min is None else rule.min * wanted,
                 None if rule.max is None else rule.max * wanted)


_PRICED: dict[int, list[Any]] = {}


def _penalty(m, rule, weight):  # type: ignore[no-untyped-def]
    cost = 0.0
    for slack, of, t, when in _PRICED.pop(id(m), []):
        if t is None:
            rate = of.quantity in ("it_mw", "power_mw", "gbps", "utilisation")
            times = sum(weight[x] for x in when) if rate else 1.0
        else:
            times = weight[t]
        cost += of.penalty_usd * times * slack
    return cost


def _row(m, value, lower, upper):  # type: ignore[no-untyped-def]
    value = value + m.nothing  # an empty sum is a row too
    if lower is not None:
        m.rows.add(value >= lower)
    if upper is not None:
        m.rows.add(value <= upper)


def _solve(m: pyo.ConcreteModel) -> float | None:
    solver = Highs()
    solver.config.load_solution = False
    solver.highs_options = {"presolve": "off"}
    result = solver.solve(m)
    name = result.termination_condition.name
    if name == "infeasible":
        return None
    assert name == "optimal", name
    result.solution_loader.load_vars()
    return pyo.value(m.cost)
