r"""A literal linear program of a small world, written straight from its tables.

It shares no code with the package and not its formulation: deferral is the textbook's, with a
variable for every arrival and hour of service,

.. math:: \min \sum_{a,s,k,t} h_t c_{as,t} y_{as,k,t} + \sum_{a,k} h_k v_a u_{a,k} + \ldots
   \quad\text{s.t.}\quad \sum_{s,t} h_t y_{as,k,t} + h_k u_{a,k} = h_k d_{a,k}

for :math:`t` in the chain of :math:`k` with :math:`0 \le \tau_t - \tau_k \le D_a`; and it is
solved by ``scipy.optimize.linprog``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.optimize import linprog
from seeded import Row, World

RATES = ("it_mw", "power_mw", "gbps", "utilisation")
Sum = dict[int, float]


class Program:
    """Variables and rows, added one by one."""

    def __init__(self) -> None:
        self.cost: list[float] = []
        self.bounds: list[tuple[float, float | None]] = []
        self.equal: list[tuple[Sum, float]] = []
        self.at_most: list[tuple[Sum, float]] = []

    def variable(self, cost: float = 0.0, upper: float | None = None) -> int:
        self.cost.append(cost)
        self.bounds.append((0.0, upper))
        return len(self.cost) - 1

    def solve(self) -> tuple[float, np.ndarray] | None:
        def laid(rows: list[tuple[Sum, float]]) -> tuple[Any, Any]:
            if not rows:
                return None, None
            entries = [(i, j, v) for i, (row, _) in enumerate(rows) for j, v in row.items()]
            i, j, v = zip(*entries, strict=True) if entries else ((), (), ())
            matrix = sp.csr_array(
                (np.array(v, dtype=float), (np.array(i, dtype=int), np.array(j, dtype=int))),
                shape=(len(rows), len(self.cost)),
            )
            return matrix, [bound for _, bound in rows]

        a_eq, b_eq = laid(self.equal)
        a_ub, b_ub = laid(self.at_most)
        found = linprog(
            self.cost,
            A_ub=a_ub,
            b_ub=b_ub,
            A_eq=a_eq,
            b_eq=b_eq,
            bounds=self.bounds,
            method="highs",
            options={"primal_feasibility_tolerance": 1e-9, "dual_feasibility_tolerance": 1e-9},
        )
        if found.status == 2:
            return None
        assert found.status == 0, found.message
        return float(found.fun), found.x


def plus(*sums: tuple[float, Sum]) -> Sum:
    out: Sum = {}
    for factor, one in sums:
        for at, value in one.items():
            out[at] = out.get(at, 0.0) + factor * value
    return out


def meets(value: Any, condition: Any) -> bool:
    if isinstance(condition, dict):
        return (
            ("not" not in condition or not meets(value, condition["not"]))
            and ("min" not in condition or value >= condition["min"])
            and ("max" not in condition or value <= condition["max"])
        )
    return value in condition if isinstance(condition, list) else value == condition


def least(
    world: World,
    minimise: str = "cost",
    *,
    floor: Mapping[tuple[Any, ...], float] | None = None,
    reserve: Row | None = None,
) -> float | None:
    """Least objective [USD, or kg], or None where nothing keeps the rules.

    Parameters
    ----------
    floor : mapping from (region, workload, site, hour) to MW
        Work that keeps its place.
    reserve : mapping
        ``usd_per_mw``, ``room`` by site [MW] and, where it is given, ``fixed`` by site [MW]:
        reserve may be held where there is room, and work left unserved weighs ten times what
        reserve for its dearest hour costs.
    """
    region = {r["region"]: r for r in world.regions}
    site = {s["site"]: s for s in world.sites}
    work = {w["workload"]: w for w in world.workloads}
    hours = [h["hour"] for h in world.hours]
    h = {x["hour"]: x["weight_hours"] for x in world.hours}
    tau = {x["hour"]: x["at"] for x in world.hours}
    chain = {x["hour"]: x["chain"] for x in world.hours}
    fact = {(x["site"], x["hour"]): x for x in world.site_hours}
    d = {(x["region"], x["workload"], x["hour"]): x["mw"] for x in world.demand}
    link = {(x["region"], x["site"]): x for x in world.lanes}
    asks = [(r, w) for r in region for w in work if any(d[r, w, t] > 0 for t in hours)]
    lanes = [
        (r, w, s)
        for r, w in asks
        for s in site
        if (r, s) in link and link[r, s]["rtt_ms"] <= work[w]["max_rtt_ms"]
    ]

    def asked(rule: Row, r: str, w: str) -> bool:
        row = {**region[r], **work[w]}
        return all(meets(row[k], v) for k, v in rule.get("demand", {}).items())

    def sited(rule: Row, s: str) -> bool:
        return all(meets(site[s][k], v) for k, v in rule.get("supply", {}).items() if k in site[s])

    def taken(rule: Row, r: str, w: str, s: str) -> bool:
        between = {
            "rtt_ms": link[r, s]["rtt_ms"],
            "same_bloc": region[r]["bloc"] == site[s]["bloc"],
        }
        return (
            asked(rule, r, w)
            and sited(rule, s)
            and all(meets(between[k], v) for k, v in rule.get("supply", {}).items() if k in between)
        )

    def holds(rule: Row, t: Any) -> bool:
        when = rule.get("hours")
        return when is None or meets(t, when["hour"] if isinstance(when, dict) else when)

    def drawn(s: str, t: Any) -> float:
        return float(fact[s, t]["pue"] * site[s]["power_ratio"])

    def spend(r: str, s: str, t: Any) -> float:
        return float(
            drawn(s, t) * fact[s, t]["energy_usd_per_mwh"]
            + site[s]["rent_usd_per_mwh"]
            + link[r, s]["network_usd_per_mwh"]
        )

    def amount(quantity: str, r: str, w: str, s: str, t: Any) -> float:
        ratio = site[s]["power_ratio"]
        return float(
            {
                "it_mw": 1.0,
                "power_mw": ratio,
                "utilisation": ratio,
                "energy_mwh": drawn(s, t),
                "spend_usd": spend(r, s, t),
                "carbon_t": drawn(s, t) * fact[s, t]["carbon_kg_per_mwh"] / 1000,
                "gbps": work[w]["gbps_per_mw"],
            }[quantity]
        )

    wait = {(r, w): work[w]["defer_hours"] for r, w in asks}
    for rule in world.rules:
        if rule["kind"] == "Defer":
            wait |= {(r, w): rule["hours"] for r, w in asks if asked(rule, r, w)}

    # under carbon, work and broken bounds keep their value by what a USD weighs [kg per USD]
    kg_per_usd = 1.0
    if minimise == "carbon":
        worst = (
            max(
                (drawn(s, t) * fact[s, t]["carbon_kg_per_mwh"] for _, _, s in lanes for t in hours),
                default=0.0,
            )
            or 1.0
        )
        values = [work[w]["unserved_usd_per_mwh"] for _, w in asks]
        kg_per_usd = 10 * worst / min([v for v in values if 0 < v < math.inf], default=1.0)

    p = Program()
    flow: dict[tuple[Any, ...], Sum] = {(*lane, t): {} for lane in lanes for t in hours}
    for r, w in asks:
        for k in hours:
            row: Sum = {}
            for s in [s for x, y, s in lanes if (x, y) == (r, w)]:
                for t in hours:
                    if chain[t] == chain[k] and 0 <= tau[t] - tau[k] <= wait[r, w] + 1e-9:
                        usd = spend(r, s, t) + sum(
                            rule["usd"] * amount(rule["quantity"], r, w, s, t)
                            for rule in world.rules
                            if rule["kind"] == "Charge" and taken(rule, r, w, s) and holds(rule, t)
                        )
                        kg = drawn(s, t) * fact[s, t]["carbon_kg_per_mwh"]
                        y = p.variable(h[t] * (usd if minimise == "cost" else kg))
                        flow[r, w, s, t][y] = 1.0
                        row[y] = h[t]
            value = work[w]["unserved_usd_per_mwh"]
            must = math.isinf(value) and reserve is None
            weight = 0.0 if math.isinf(value) else value * kg_per_usd
            if reserve is not None:
                weight = max(
                    weight,
                    10
                    * reserve["usd_per_mw"]
                    / min(h.values())
                    * max(one["power_ratio"] for one in site.values()),
                )
            u = p.variable(h[k] * weight, 0.0 if must else None)
            p.equal.append((row | {u: h[k]}, h[k] * d[r, w, k]))

    extra: dict[str, Sum] = {s: {} for s in site}
    if reserve is not None:
        for s, room in reserve["room"].items():
            extra[s] = {p.variable(reserve["usd_per_mw"], room): 1.0}
            if "fixed" in reserve:
                p.equal.append((extra[s], reserve["fixed"].get(s, 0.0)))
    for s in site:
        for t in hours:
            used = plus(
                *(
                    (site[s]["power_ratio"], flow[lane])
                    for lane in flow
                    if lane[2] == s and lane[3] == t
                ),
                (-1.0, extra[s]),
            )
            p.at_most.append((used, fact[s, t]["available_mw"]))
    for lane, kept in (floor or {}).items():
        p.at_most.append((plus((-1.0, flow[lane])), -kept))

    for rule in world.rules:
        mine = [lane for lane in lanes if taken(rule, *lane)]
        when = [t for t in hours if holds(rule, t)] if rule["kind"] != "Defer" else []
        if rule["kind"] == "Forbid":
            for lane, t in product(mine, when):
                p.at_most.append((flow[*lane, t], 0.0))
        elif rule["kind"] in ("Limit", "Share") and when:
            each = rule["each"] if isinstance(rule["each"], list) else [rule["each"]]
            each = [c for c in each if c is not None]
            by_hour = "hour" in each
            each = [c for c in each if c != "hour"]
            places = (
                (lambda r, w, s: {**region[r], **work[w], **site[s]})
                if (rule.get("quantity") == "utilisation")
                else (lambda r, w, s: {**site[s], **work[w], **region[r]})
            )
            of = {lane: tuple(places(*lane)[c] for c in each) for lane in mine}
            if rule["kind"] == "Limit":
                _limit(p, rule, each, of, when, flow, h, amount, site, sited, fact, kg_per_usd)
                continue
            any_region, any_work = next(iter(region.values())), next(iter(work.values()))
            sides = [c in any_region or c in any_work for c in each]
            known = [(r, w) for r, w in asks if asked(rule, r, w)]

            def whose(r: str, w: str, each: list[str] = each) -> tuple[Any, ...]:
                row = {**work[w], **region[r]}
                return tuple(row.get(c) for c in each)

            groups = {whose(r, w) for r, w in known} if each and all(sides) else set(of.values())
            groups = groups if each else {()}
            for g, ts in product(groups, [[t] for t in when] if by_hour else [when]):
                served = plus(
                    *((h[t], flow[*lane, t]) for lane in mine if of[lane] == g for t in ts)
                )
                wanted = sum(
                    h[t] * d[r, w, t]
                    for r, w in known
                    for t in ts
                    if all(a == b for a, b, side in zip(whose(r, w), g, sides, strict=True) if side)
                )
                if rule.get("max") is not None:
                    p.at_most.append((served, rule["max"] * wanted))
                if rule.get("min") is not None:
                    p.at_most.append((plus((-1.0, served)), -rule["min"] * wanted))
    found = p.solve()
    return None if found is None else found[0]


def _limit(
    p: Program,
    rule: Row,
    each: list[str],
    of: dict[Any, Any],
    when: list[Any],
    flow: Any,
    h: Any,
    amount: Any,
    site: Any,
    sited: Any,
    fact: Any,
    kg_per_usd: float,
) -> None:
    rate, total = rule["quantity"] in RATES, sum(h[t] for t in when)
    for g in set(of.values()) if each else {()}:
        mine = [lane for lane in of if of[lane] == g]
        used = {
            t: plus(*((amount(rule["quantity"], *lane, t), flow[*lane, t]) for lane in mine))
            for t in when
        }
        room = dict.fromkeys(when, 1.0)
        if rule["quantity"] == "utilisation":
            held = [s for s in site if sited(rule, s) and tuple(site[s][c] for c in each) == g]
            room = {t: sum(fact[s, t]["available_mw"] for s in held) for t in when}
        rows = [(used[t], room[t], h[t]) for t in when]
        if rule["per"] == "horizon":
            parts = [(h[t] / total if rate else h[t], used[t]) for t in when]
            mean = sum(h[t] * room[t] for t in when) / total
            rows = [(plus(*parts), mean, total if rate else 1.0)]
        for value, scale, times in rows:
            slack: Sum = {}
            if rule.get("penalty_usd") is not None:
                slack = {p.variable(times * rule["penalty_usd"] * kg_per_usd): 1.0}
            if rule.get("max") is not None:
                p.at_most.append((plus((1.0, value), (-1.0, slack)), rule["max"] * scale))
            if rule.get("min") is not None:
                p.at_most.append((plus((-1.0, value), (-1.0, slack)), -rule["min"] * scale))
