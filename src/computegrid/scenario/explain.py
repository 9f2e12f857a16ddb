"""Why a lane is open, too slow, forbidden, limited or charged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from computegrid.scenario.home import UNKNOWN, same
from computegrid.scenario.regime import Charge, Defer, Forbid, Limit, Regime, Rule, Share
from computegrid.scenario.rulemask import SAME, lane_mask
from computegrid.scenario.select import column_of
from computegrid.tables.labels import label

_VERBS = {"Forbid": "forbidden by", "Limit": "limited by", "Share": "counted by",
          "Charge": "charged by", "Defer": "may wait by"}
_CHARGED = {"it_mw": "MWh of work", "power_mw": "MWh drawn by IT", "energy_mwh": "MWh",
            "carbon_t": "t", "spend_usd": "USD spent", "gbps": "Gbit/s and hour"}


@dataclass(frozen=True)
class Explanation:
    """What a regime says of one lane.

    Attributes
    ----------
    region, workload, site, regime : str
    exists : bool
        The lane is among the links at all (a planner's ``lanes`` table may leave it out).
    too_slow_ms : float
        How far the round trip exceeds the workload's limit; 0 when it does not [ms].
    rules : tuple of Rule
        Rules that select the lane, in the regime's order.
    matched : tuple of mapping
        For each rule, the columns it selects by and the lane's values in them.
    rtt_ms, max_rtt_ms : float
        Round trip of the lane, and what the workload bears [ms]; NaN where not known.
    sources : mapping
        Title of each source the rules cite, as far as the scenario knows it.
    available_mw : float
        Most that the site has available in any hour [MW]; 0 where it is damaged or not built.
    status : str
        Of the site.
    elsewhere : tuple of Share
        Shares of this lane's demand that are to be served on other lanes than this one.
    """

    region: str
    workload: str
    site: str
    regime: str
    exists: bool
    too_slow_ms: float
    rules: tuple[Rule, ...]
    matched: tuple[Mapping[str, object], ...] = ()
    rtt_ms: float = float("nan")
    max_rtt_ms: float = float("inf")
    sources: Mapping[str, str] = field(default_factory=dict, repr=False)
    available_mw: float = float("inf")
    status: str = ""
    elsewhere: tuple[Share, ...] = ()

    @property
    def open(self) -> bool:
        """Nothing keeps work off the lane in every hour."""
        return self.exists and self.too_slow_ms <= 0 and self.available_mw > 0 and not any(
            rule.kind == "Forbid" and rule.when is None for rule in self.rules
        )

    def __str__(self) -> str:
        lane = f"{self.workload} of {self.region} at {self.site}, regime {self.regime}:"
        lines = []
        if not self.exists:
            lines.append("no such lane: the lanes table does not hold it")
        if self.too_slow_ms > 0:
            lines.append(f"too slow by {self.too_slow_ms:.1f} ms: the round trip takes "
                         f"{self.rtt_ms:.1f} ms, the workload bears {self.max_rtt_ms:g} ms")
        if self.available_mw <= 0:
            lines.append(f"nothing is available at the site: its status is {self.status!r}")
        for i, rule in enumerate(self.rules):
            when = "" if rule.when is None else f" {_when(rule.when)}"
            lines.append(f"{_VERBS[rule.kind]} {rule.label!r}{_bound(rule)}{when}"
                         f"{self._because(i)} (source: {self._source(rule)})")
        for share in self.elsewhere:
            least = 100.0 * (share.min or 0.0)
            lines.append(f"held back by {share.label!r}: {least:.6g} % of the demand it selects is "
                         f"to be served elsewhere, at {dict(share.supply)} "
                         f"(source: {self._source(share)})")
        if self.open and not lines:
            lines.append("open: no rule touches it")
        elif self.open:
            lines.insert(0, "open, with rules that touch it")
        return "\n  ".join([lane, *lines])

    def _because(self, i: int) -> str:
        values = self.matched[i] if i < len(self.matched) else {}
        said = ", ".join(f"{column} = {_said(value)}" for column, value in values.items())
        return f", because {said}" if said else ", which takes every lane"

    def _source(self, rule: Rule) -> str:
        named = [source.strip() for source in rule.source.split(";") if source.strip()]
        return "; ".join(
            f"{one}: {self.sources[one]}" if one in self.sources else one for one in named
        ) or "none given"


def explain(
    tables: Mapping[str, pd.DataFrame], links: pd.DataFrame, region: str, workload: str,
    site: str, regime: Regime, sources: pd.DataFrame | None = None,
    available_mw: float = float("inf"),
) -> Explanation:
    """Explain one lane; the names are known to exist."""
    here = (links["region"] == region) & (links["workload"] == workload) & (links["site"] == site)
    link = links[here.to_numpy()].reset_index(drop=True)
    if link.empty:
        return Explanation(region, workload, site, regime.name, False, 0.0, ())
    limit = float(tables["workloads"]["max_rtt_ms"][workload])
    rtt = float(link["rtt_ms"].iloc[0])
    slow = float(np.nan_to_num(max(0.0, rtt - limit)))
    one = {**tables, "lanes": link}
    rules = tuple(rule for rule in regime.rules if lane_mask(one, rule)[0])
    return Explanation(
        region, workload, site, regime.name, True, slow, rules,
        tuple(_matched(one, rule) for rule in rules), rtt, limit, _titles(sources), available_mw,
        str(tables["sites"]["status"][site]), _elsewhere(one, regime, rules),
    )


def _elsewhere(
    tables: Mapping[str, pd.DataFrame], regime: Regime, rules: tuple[Rule, ...]
) -> tuple[Share, ...]:
    """Shares with a minimum that select the lane's demand but not its site."""
    return tuple(
        rule for rule in regime.rules
        if isinstance(rule, Share) and rule.min and all(rule is not one for one in rules)
        and lane_mask(tables, Forbid(label=rule.label, demand=rule.demand))[0]
    )


def _matched(tables: Mapping[str, pd.DataFrame], rule: Rule) -> dict[str, object]:
    """Values of the one lane in ``tables`` in the columns the rule selects by."""
    lane = tables["lanes"].iloc[0]
    found: dict[str, object] = {}
    for side, names in ((rule.demand, ("regions", "workloads")), (rule.supply, ("sites",))):
        for column in side:
            found[column] = _value(tables, lane, column, names)
    return found


def _value(
    tables: Mapping[str, pd.DataFrame], lane: pd.Series, column: str, names: tuple[str, ...]
) -> object:
    for name in names:
        values = column_of(tables[name], column)
        if values is not None:
            at = tables[name].index.get_loc(lane[name[:-1]])
            return values[at] if isinstance(values, pd.Index) else values.iloc[at]
    if column in lane.index:
        return lane[column]
    shared = column.removeprefix(SAME)
    here = label(tables["regions"][shared][lane["region"]])
    there = label(tables["sites"][shared][lane["site"]])
    return f"{same([here], [there])[0]} ({here or UNKNOWN}, {there or UNKNOWN})"


def _when(hours: object) -> str:
    """The hours a rule holds in: the dates of a dated switch, or the selector as it stands."""
    if isinstance(hours, Mapping) and set(hours) <= {"min", "max"}:
        said = [f"{word} {hours[key]}" for key, word in (("min", "from"), ("max", "until"))
                if key in hours]
        return " ".join(said)
    return f"in the hours {hours}"


def _said(value: object) -> str:
    """A value as a reader writes it: 3 for 3.0, unknown for a blank."""
    if isinstance(value, float) and not np.isnan(value):
        return f"{value:.6g}"
    return label(value) or UNKNOWN


def _bound(rule: Rule) -> str:
    """What the rule allows, in words."""
    if isinstance(rule, Charge):
        return f" with {rule.usd:g} USD per {_CHARGED[rule.quantity]}"
    if isinstance(rule, Defer):
        return f" up to {rule.hours:g} h" if rule.hours else " not at all"
    if not isinstance(rule, (Limit, Share)):
        return ""
    scale, unit = (1.0, f" {rule.unit}") if isinstance(rule, Limit) else (100.0, " %")
    if isinstance(rule, Limit) and rule.quantity == "utilisation":
        scale, unit = 100.0, " %"
    bounds = [f"{word} {value * scale:,.6g}{unit}"
              for word, value in (("at least", rule.min), ("at most", rule.max))
              if value is not None]
    text = " and ".join(bounds)
    if isinstance(rule, Limit):
        per = "in every hour" if rule.per == "hour" else "over the horizon"
        text = f"{rule.quantity} {text} {per}"
        if rule.penalty_usd is not None:
            text += f", or {rule.penalty_usd:,.6g} USD for each unit beyond"
    else:
        text += " of the demand it selects"
    if rule.each is not None:
        each = rule.each if isinstance(rule.each, str) else ", ".join(rule.each)
        text += f", for each {each}"
    return f": {text}"


def _titles(sources: pd.DataFrame | None) -> dict[str, str]:
    if sources is None or "title" not in sources.columns:
        return {}
    return {str(key): str(title) for key, title in sources["title"].items()}
