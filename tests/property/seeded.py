"""Small random worlds, one per seed, as plain tables and plain rules; and the scenario of each.

Hours are of three kinds: times that follow one another past midnight, whole numbers of unequal
length with or without a gap, and representative days that stand for others. The world says itself
which of them are one chain, so that a wrong chain in the package is a different answer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

import computegrid as cg

Row = dict[str, Any]
KINDS = ("times", "numbers", "days")
QUANTITIES = ("it_mw", "power_mw", "energy_mwh", "carbon_t", "spend_usd", "gbps")
SIZE = {"carbon_t": 8.0, "spend_usd": 2500.0, "utilisation": 1.0, "gbps": 25.0}


@dataclass(frozen=True)
class World:
    """Tables as lists of rows; ``hours`` say ``at`` [h since the first], weight and chain."""

    kind: str
    regions: list[Row]
    sites: list[Row]
    workloads: list[Row]
    hours: list[Row]
    lanes: list[Row]
    site_hours: list[Row]
    demand: list[Row]
    rules: list[Row]

    def with_(self, **changes: Any) -> World:
        return replace(self, **changes)

    def frames(self) -> dict[str, pd.DataFrame]:
        hours = pd.DataFrame(self.hours).drop(columns=["at", "chain"])
        if self.kind == "times":  # a step lasts as long as they differ
            hours = hours.drop(columns="weight_hours")
        if self.kind != "days":
            hours = hours.drop(columns="day")
        return {
            "hours": hours,
            **{
                name: pd.DataFrame(getattr(self, name))
                for name in ("regions", "sites", "workloads", "lanes", "site_hours", "demand")
            },
        }

    def scenario(self) -> cg.Scenario:
        return cg.Scenario.from_tables(**self.frames())

    def own_rules(self) -> list[Any]:
        made = []
        for rule in self.rules:
            given = dict(rule)
            kind = getattr(cg, given.pop("kind"))
            made.append(kind(**given))
        return made


def world_of(seed: int, *, minima: bool = True, kind: str | None = None) -> World:
    """The world of a seed; without ``minima`` no rule asks for a least share or amount."""
    rng = np.random.default_rng(seed)
    kind = kind or KINDS[seed % 3]
    hours = _hours(rng, kind)
    regions = [
        {"region": f"r{i}", "bloc": ("EU", "AS")[rng.integers(2)]}
        for i in range(rng.integers(1, 4))
    ]
    sites = [
        {
            "site": f"s{i}",
            "capacity_mw": _tenths(rng, 4, 40),
            "pue": _tenths(rng, 10, 20) / 1.0,
            "power_ratio": float(rng.choice([1.0, 1.0, 0.5, 1.6])),
            "rent_usd_per_mwh": _tenths(rng, 0, 30),
            "bloc": ("EU", "AS")[rng.integers(2)],
            "control": str(rng.choice(["US", "CN", "EU", "unknown"])),
            "energy_usd_per_mwh": 0.0,
            "carbon_kg_per_mwh": 0.0,
        }
        for i in range(rng.integers(2, 5))
    ]
    for site in sites:
        site["pue"] = round(1 + site["pue"] / 20, 3)
    workloads = [
        {
            "workload": f"w{i}",
            "max_rtt_ms": float(rng.choice([40.0, 80.0, np.inf, np.inf])),
            "defer_hours": float(rng.choice([0, 0, 1, 2, 3.5, 24])),
            "unserved_usd_per_mwh": float(
                rng.choice([80.0, 1000.0, 10_000.0, math.inf], p=[0.3, 0.4, 0.2, 0.1])
            ),
            "gbps_per_mw": _tenths(rng, 1, 30) / 10,
        }
        for i in range(rng.integers(1, 3))
    ]
    lanes = [
        {
            "region": r["region"],
            "site": s["site"],
            "rtt_ms": _tenths(rng, 1, 100),
            "network_usd_per_mwh": _tenths(rng, 0, 20),
        }
        for r in regions
        for s in sites
        if rng.random() < 0.9
    ]
    lanes = lanes or [{"region": "r0", "site": "s0", "rtt_ms": 9.0, "network_usd_per_mwh": 1.0}]
    site_hours = [
        {
            "site": s["site"],
            "hour": h["hour"],
            "energy_usd_per_mwh": _tenths(rng, -5, 150),
            "carbon_kg_per_mwh": _tenths(rng, 1, 900),
            "pue": s["pue"],
            "available_mw": round(s["capacity_mw"] * rng.choice([1.0, 1.0, 0.5]), 3),
        }
        for s in sites
        for h in hours
    ]
    demand = [
        {
            "region": r["region"],
            "workload": w["workload"],
            "hour": h["hour"],
            "mw": float(rng.choice([0.0, _tenths(rng, 1, 25), _tenths(rng, 1, 25)])),
        }
        for r in regions
        for w in workloads
        for h in hours
    ]
    demand[0]["mw"] = 7.0
    rules = [_rule(rng, f"rule{i}", workloads, hours, minima) for i in range(rng.integers(0, 5))]
    if rng.random() < 0.2:  # of two that speak of the same work the last holds
        rules += [
            {"kind": "Defer", "label": f"defer{i}", "demand": demanded, "hours": waits}
            for i, (demanded, waits) in enumerate([({}, 3.0), ({"region": "r0"}, 0.0)])
        ]
    return World(kind, regions, sites, workloads, hours, lanes, site_hours, demand, rules)


def _tenths(rng: np.random.Generator, low: int, high: int) -> float:
    return float(rng.integers(low * 10, high * 10 + 1)) / 10


def _hours(rng: np.random.Generator, kind: str) -> list[Row]:
    rows: list[Row] = []
    if kind == "times":
        step = float(rng.choice([0.25, 1.0, 2.0]))
        start = pd.Timestamp("2025-03-08T21:00Z")
        for i in range(rng.integers(4, 9)):
            rows.append(
                {
                    "hour": start + pd.Timedelta(hours=step * i),
                    "at": step * i,
                    "weight_hours": step,
                    "chain": 0,
                    "day": "one",
                }
            )
    elif kind == "numbers":
        at, chain = 18, 0
        for _ in range(rng.integers(3, 8)):
            length = int(rng.choice([1, 2, 3]))
            rows.append(
                {
                    "hour": at,
                    "at": float(at),
                    "weight_hours": float(length),
                    "chain": chain,
                    "day": "one",
                }
            )
            gap = 37 if rng.random() < 0.15 else 0
            at, chain = at + length + gap, chain + (gap > 0)
    else:
        step = int(rng.choice([1, 3]))
        for day in range(rng.integers(1, 4)):
            for k in range(rng.integers(1, 5)):
                hour = 24 * day + step * k
                rows.append(
                    {
                        "hour": hour,
                        "at": float(hour),
                        "chain": day,
                        "day": f"d{day}",
                        "weight_hours": _tenths(rng, 1, 40) / 10 + 0.4,
                    }
                )
    return rows


def _rule(
    rng: np.random.Generator, label: str, workloads: list[Row], hours: list[Row], minima: bool
) -> Row:
    def pick(*these: Any) -> Any:
        return these[rng.integers(len(these))]

    first = hours[0]["hour"]
    demand = pick(
        {},
        {},
        {"region": "r0"},
        {"bloc": "EU"},
        {"bloc": {"not": "EU"}},
        {"workload": workloads[-1]["workload"]},
        {"region": ["r0", "r1"], "workload": "w0"},
    )
    if rng.random() < 0.1:
        return {"kind": "Defer", "label": label, "demand": demand, "hours": pick(0.0, 2.0, 5.0)}
    common: Row = {
        "label": label,
        "demand": demand,
        "supply": pick(
            {},
            {},
            {"control": "US"},
            {"control": ["CN", "unknown"]},
            {"control": {"not": ["US"]}},
            {"pue": {"max": 1.5}},
            {"site": {"not": "s0"}},
            {"rtt_ms": {"min": 40.0}},
            {"same_bloc": True},
            {"same_bloc": False},
        ),
        "hours": pick(None, None, None, [first], {"hour": {"min": hours[len(hours) // 2]["hour"]}}),
    }
    kind = pick("Forbid", "Limit", "Limit", "Soft", "Soft", "Share", "Share", "Charge")
    if kind == "Forbid":
        return {"kind": kind, **common}
    if kind == "Charge":
        quantity = pick(*QUANTITIES)
        size = {"carbon_t": 100.0, "spend_usd": 0.3}.get(quantity, 20.0)
        return {
            "kind": kind,
            **common,
            "quantity": quantity,
            "usd": round(_tenths(rng, -1, 10) / 10 * size, 4),
        }
    if kind == "Share":
        each = pick(
            None,
            None,
            "region",
            "workload",
            "control",
            ["bloc", "control"],
            "hour",
            ["region", "hour"],
        )
        bound = (
            {"min": _tenths(rng, 0, 5) / 10}
            if minima and rng.random() < 0.4
            else {"max": _tenths(rng, 0, 10) / 10}
        )
        return {"kind": kind, **common, "each": each, **bound}
    quantity = pick(*QUANTITIES, "utilisation")
    each = pick(None, None, "region", "workload", "control", ["bloc", "control"])
    if quantity == "utilisation":
        each = pick(None, "control", "site")
    amount = round(_tenths(rng, 0, 10) / 10 * SIZE.get(quantity, 30.0), 4)
    bound = {"min": amount / 5} if minima and rng.random() < 0.3 else {"max": amount}
    soft = {"penalty_usd": _tenths(rng, 1, 90)} if kind == "Soft" else {}
    return {
        "kind": "Limit",
        **common,
        "quantity": quantity,
        "per": pick("hour", "horizon"),
        "each": each,
        **bound,
        **soft,
    }
