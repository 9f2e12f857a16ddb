"""Small random worlds as plain values, and the scenario each one is."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd
from hypothesis import strategies as st

import computegrid as cg

CONTROLS = ("US", "CN", "FR", "unknown")


@dataclass(frozen=True)
class World:
    """Plain tables: lists of dicts, keyed as in the documentation."""

    regions: list[dict[str, Any]]
    sites: list[dict[str, Any]]
    workloads: list[dict[str, Any]]
    hours: list[dict[str, Any]]
    lanes: list[dict[str, Any]]
    site_hours: list[dict[str, Any]]
    demand: list[dict[str, Any]]
    rules: list[cg.Regime] = field(default_factory=list)

    def scenario(self) -> cg.Scenario:
        return cg.Scenario.from_tables(
            regions=pd.DataFrame(self.regions), sites=pd.DataFrame(self.sites),
            demand=pd.DataFrame(self.demand), workloads=pd.DataFrame(self.workloads),
            lanes=pd.DataFrame(self.lanes), hours=pd.DataFrame(self.hours),
            site_hours=pd.DataFrame(self.site_hours),
        )

    def with_(self, **changes: Any) -> World:
        return replace(self, **changes)


def tenths(low: float, high: float) -> st.SearchStrategy[float]:
    return st.integers(round(low * 10), round(high * 10)).map(lambda n: n / 10)


@st.composite
def worlds(draw: st.DrawFn, *, rules: bool = True, must: bool = True) -> World:
    regions = [{"region": f"r{i}", "bloc": draw(st.sampled_from(["EU", "AS"]))}
               for i in range(draw(st.integers(1, 3)))]
    n_days = draw(st.integers(1, 2))
    per_day = draw(st.integers(1, 4))
    step = draw(st.sampled_from([1, 2]))
    hours = [{"hour": 24 * d + step * k, "weight_hours": draw(tenths(0.5, 4)), "day": f"d{d}"}
             for d in range(n_days) for k in range(per_day)]
    sites = [{
        "site": f"s{i}", "capacity_mw": draw(tenths(0, 40)), "pue": draw(tenths(1, 2)),
        "power_ratio": draw(st.sampled_from([1.0, 1.0, 0.5, 1.6])),
        "rent_usd_per_mwh": draw(tenths(0, 30)), "control": draw(st.sampled_from(CONTROLS)),
    } for i in range(draw(st.integers(1, 4)))]
    value = st.sampled_from([100.0, 1000.0, 10_000.0] + ([math.inf] if must else []))
    workloads = [{
        "workload": f"w{i}", "max_rtt_ms": draw(st.sampled_from([30.0, 80.0, math.inf])),
        "defer_hours": draw(st.sampled_from([0, 0, 1, 2, 3.5, 24])),
        "unserved_usd_per_mwh": draw(value), "gbps_per_mw": draw(tenths(0, 3)),
    } for i in range(draw(st.integers(1, 2)))]
    lanes = [{"region": r["region"], "site": s["site"], "rtt_ms": draw(tenths(1, 100)),
              "network_usd_per_mwh": draw(tenths(0, 20))}
             for r in regions for s in sites if draw(st.integers(0, 9)) > 0]
    if not lanes:
        lanes = [{"region": "r0", "site": "s0", "rtt_ms": 10.0, "network_usd_per_mwh": 1.0}]
    site_hours = [{"site": s["site"], "hour": h["hour"],
                   "energy_usd_per_mwh": draw(tenths(-5, 150)),
                   "carbon_kg_per_mwh": draw(tenths(0, 900))} for s in sites for h in hours]
    demand = [{"region": r["region"], "workload": w["workload"], "hour": h["hour"],
               "mw": draw(tenths(0, 25))} for r in regions for w in workloads for h in hours]
    own = []
    if rules:
        own = [draw(rule(f"rule{i}", regions, sites, workloads, hours))
               for i in range(draw(st.integers(0, 4)))]
    return World(regions, sites, workloads, hours, lanes, site_hours, demand, own)


@st.composite
def rule(draw: st.DrawFn, label: str, regions: Any, sites: Any, workloads: Any,
         hours: Any) -> Any:
    demand = draw(st.sampled_from([
        {}, {}, {"region": "r0"}, {"bloc": "EU"}, {"bloc": {"not": "EU"}},
        {"workload": workloads[-1]["workload"]}, {"region": ["r0", "r1"], "workload": "w0"},
    ]))
    supply = draw(st.sampled_from([
        {}, {}, {"control": "US"}, {"control": ["CN", "unknown"]}, {"control": {"not": ["US"]}},
        {"pue": {"max": 1.4}}, {"site": {"not": "s0"}}, {"rtt_ms": {"min": 40.0}},
    ]))
    first = hours[0]["hour"]
    when = draw(st.sampled_from([None, None, None, {"day": "d0"}, [first], {"min": first + 1}]))
    common = {"label": label, "demand": demand, "supply": supply, "hours": when}
    kind = draw(st.sampled_from(["Forbid", "Limit", "Limit", "Soft", "Share", "Charge"]))
    if kind == "Forbid":
        return cg.Forbid(**common)
    if kind == "Charge":
        quantity = draw(st.sampled_from(["it_mw", "power_mw", "energy_mwh", "carbon_t",
                                         "spend_usd", "gbps"]))
        size = {"carbon_t": 100.0, "spend_usd": 0.3}.get(quantity, 20.0)
        return cg.Charge(**common, quantity=quantity, usd=draw(tenths(-1, 10)) / 10 * size)
    each = draw(st.sampled_from([None, None, "region", "workload", "control",
                                 ["bloc", "control"]]))
    if kind == "Share":
        each = draw(st.sampled_from([each, "hour", ["region", "hour"]]))
        if draw(st.booleans()):
            return cg.Share(**common, each=each, max=draw(tenths(0, 1)))
        return cg.Share(**common, each=each, min=draw(tenths(0, 0.5)))
    quantity, per = draw(st.sampled_from([
        ("it_mw", "hour"), ("power_mw", "horizon"), ("energy_mwh", "horizon"),
        ("carbon_t", "horizon"), ("spend_usd", "horizon"), ("gbps", "hour"),
        ("utilisation", "hour"), ("utilisation", "horizon"), ("carbon_t", "hour"),
    ]))
    if quantity == "utilisation":
        each = draw(st.sampled_from([None, "control", "site"]))
    size = {"carbon_t": 8.0, "spend_usd": 3000.0, "utilisation": 0.8}.get(quantity, 30.0)
    amount = draw(tenths(0, 10)) / 10 * size
    penalty = draw(tenths(0.1, 90)) if kind == "Soft" else None
    bound = {"min": amount / 5} if draw(st.integers(0, 3)) == 0 else {"max": amount}
    return cg.Limit(**common, quantity=quantity, per=per, each=each, penalty_usd=penalty, **bound)
