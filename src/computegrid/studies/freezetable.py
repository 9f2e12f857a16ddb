"""What the freeze desk found: the ranking, the victims, who can switch off whom, the reserve."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from computegrid.dispatch import Dispatch
from computegrid.errors import ScenarioError, did_you_mean
from computegrid.losses import loss_table, of_asks
from computegrid.scenario.regime import Regime
from computegrid.scenario.scenario import Scenario
from computegrid.studies.outcome import Outcome
from computegrid.studies.reserve import Mask
from computegrid.studies.switches import By
from computegrid.studies.ties import TIED

VICTIM_COLUMNS = ("bloc", "country", "region")
SHARES = ("unserved_share", "critical_unserved_share")


@dataclass(frozen=True, eq=False)
class Freeze:
    """Every switch of a kind thrown in turn.

    Attributes
    ----------
    scenario : Scenario
    by : str
        Kind of switch.
    regime : Regime
        What holds besides.
    exempt_own : bool
    before : Dispatch
        With nothing frozen.
    outcomes : tuple of Outcome
    critical : bool array, shape (A,)
        Asks a reserve has to keep served.
    reserve_usd_per_mw_year : float or None
        Price of holding reserve [USD per MW of IT power and year].
    """

    scenario: Scenario
    by: By
    regime: Regime
    exempt_own: bool
    before: Dispatch = field(repr=False)
    outcomes: tuple[Outcome, ...] = field(repr=False)
    critical: Mask = field(repr=False)
    reserve_usd_per_mw_year: float | None

    explore: ClassVar[Callable[..., Any]]
    """Draw the freezes; bound where the package is put together."""
    _repr_html_: ClassVar[Callable[..., str]]
    """A small table, for notebooks; bound there too."""

    @property
    def dispatches(self) -> Mapping[str, Dispatch]:
        """Dispatch during each freeze of one switch, with its prices; pairs are not kept."""
        return {o.switch.label: o.dispatch for o in self.outcomes if o.dispatch is not None}

    @property
    def table(self) -> pd.DataFrame:
        """A row per switch, the worst first.

        Columns over the horizon: ``status``; ``unserved_mwh``, ``unserved_share`` (of demand) and
        ``critical_unserved_mwh``, ``critical_unserved_share`` that the freeze adds;
        ``added_cost_usd`` (unserved work at its value), ``added_operating_usd``;
        ``peak_usd_per_mwh``; ``breach_hours`` (until work is given up; inf when none is);
        ``worst_hit`` (the regions that lose most work); ``reserve_mw``,
        ``reserve_usd_per_year`` (what holding the cheapest reserve for critical work costs) and
        ``critical_beyond_reserve_mwh`` (what no reserve could serve); ``lapsed`` (rules
        whose minimum could not be kept).

        ``<figure>_least`` and ``<figure>_most`` of unserved work and its shares, added cost and
        reserve: over the dispatches that cost the same as the one held before the freeze, and
        during it; both are the figure itself where it does not hang on that. NaN as the most:
        with one of those dispatches, work that must be served cannot be.
        """
        return self._table.copy()

    @cached_property
    def _table(self) -> pd.DataFrame:
        rows = [self._row(outcome) for outcome in self.outcomes]
        rows = [row | self._ends(row, o) for row, o in zip(rows, self.outcomes, strict=True)]
        table = pd.DataFrame(rows,
                             index=pd.Index([o.switch.label for o in self.outcomes], name=self.by))
        order = table.assign(worst=table["unserved_mwh"].fillna(np.inf),
                             cost=table["added_cost_usd"].fillna(np.inf))
        ranked = order.sort_values(["worst", "cost"], ascending=False, kind="stable")
        return ranked.drop(columns=["worst", "cost"])

    def _row(self, o: Outcome) -> dict[str, Any]:
        a = self.scenario.arrays
        demand = a.demand_mw @ a.weight_hours
        critical = self.critical
        added, hurt = o.added_mwh(), o.added_mwh(critical)
        held = o.reserve
        priced = self.reserve_usd_per_mw_year is not None
        none = 0.0 if priced else float("nan")
        return {
            "status": "optimal" if o.feasible else "infeasible",
            "unserved_mwh": added,
            "unserved_share": _part(added, float(demand.sum())),
            "critical_unserved_mwh": hurt,
            "critical_unserved_share": _part(hurt, float(demand[critical].sum())),
            "added_cost_usd": o.added_cost_usd,
            "added_operating_usd": o.added_operating_usd,
            "peak_usd_per_mwh": o.peak_usd_per_mwh,
            "breach_hours": o.breach_hours if o.feasible else 0.0,
            "worst_hit": ", ".join(self._lost(o, "region").index[:3]),
            "reserve_mw": none if held is None else held.reserve_mw,
            "reserve_usd_per_year": none if held is None else held.usd_per_year,
            "critical_beyond_reserve_mwh": none if held is None else held.beyond_mwh,
            "lapsed": "; ".join(o.lapsed),
        }

    def _ends(self, row: dict[str, Any], o: Outcome) -> dict[str, float]:
        """Least and most of each figure of ``TIED``, and of the shares made of them."""
        a = self.scenario.arrays
        demand = a.demand_mw @ a.weight_hours
        ends: dict[str, float] = {}
        for name in TIED:
            pair = o.ranges.get(name, (row[name], row[name]))
            ends |= {f"{name}_least": pair[0], f"{name}_most": pair[1]}
        for share, asks in (("unserved", slice(None)), ("critical_unserved", self.critical)):
            whole = float(demand[asks].sum())
            ends |= {f"{share}_share_{end}": _part(ends[f"{share}_mwh_{end}"], whole)
                     for end in ("least", "most")}
        return ends

    @property
    def tied(self) -> pd.DataFrame:
        """Figures that hang on which of equally cheap dispatches is held, tidy.

        The switch, ``figure``, ``held``, ``least``, ``most``; empty where none does.
        """
        rows = [(name, figure, row[figure], row[f"{figure}_least"], row[f"{figure}_most"])
                for name, row in self._table.iterrows() for figure in (*TIED, *SHARES)
                if row[f"{figure}_least"] == row[f"{figure}_least"]
                and row[f"{figure}_least"] != row[f"{figure}_most"]]
        return pd.DataFrame(rows, columns=[self.by, "figure", "held", "least", "most"])

    @property
    def matrix(self) -> pd.DataFrame:
        """Who can switch off whom: share of demand the freeze leaves unserved.

        Rows are switches, columns the victims' bloc (or country, or region, where there is none);
        NaN where no dispatch was found.
        """
        columns = self.scenario.tables["regions"].columns
        return self.matrix_by(next(c for c in VICTIM_COLUMNS if c in columns or c == "region"))

    def matrix_by(self, column: str) -> pd.DataFrame:
        """As :attr:`matrix`, by any column of regions, or of workloads.

        Raises
        ------
        ScenarioError
            If there is no such column.
        """
        a = self.scenario.arrays
        victim = of_asks(self.scenario, column)
        demand = pd.Series(a.demand_mw @ a.weight_hours).groupby(victim).sum()
        rows = {
            o.switch.label: pd.Series(o.added_by_ask_mwh).groupby(victim).sum(min_count=1) / demand
            for o in self.outcomes
        }
        matrix = pd.DataFrame(rows).T.loc[self._table.index]
        matrix.columns.name = column
        return matrix

    @property
    def victims(self) -> pd.DataFrame:
        """Tidy: switch, region, and the work lost, all of it and the critical part.

        ``demand_mwh``, ``unserved_mwh`` that the freeze adds, ``unserved_share``, and the same
        with ``critical_`` before; regions that lose nothing are left out.
        """
        parts = []
        for o in self.outcomes:
            lost = self._lost(o, "region")
            critical = self._lost(o, "region", self.critical).add_prefix("critical_")
            both = lost.join(critical, how="left").fillna(0.0).rename_axis("region")
            parts.append(both.reset_index().assign(**{self.by: o.switch.label}))
        table = pd.concat(parts, ignore_index=True)
        return table[[self.by, *(c for c in table.columns if c != self.by)]]

    def losses(self, switch: str | None = None, by: str = "country") -> pd.DataFrame:
        """What one switch leaves unserved in each country, all of it and the critical part.

        Parameters
        ----------
        switch : str, optional
            Who throws it; the worst when None.
        by : str
            A column of regions or of workloads; every value of it is a row, also those that
            lose nothing.

        Returns
        -------
        DataFrame
            ``demand_mwh``, ``unserved_mwh`` that the freeze adds, ``unserved_share``, and the
            same with ``critical_`` before; the largest critical loss first. NaN where no
            dispatch was found during the freeze.

        Raises
        ------
        ScenarioError
            If nobody throws a switch of that name here, or there is no such column.
        """
        label = str(self._table.index[0]) if switch is None else switch
        found = {o.switch.label: o for o in self.outcomes}
        if label not in found:
            raise ScenarioError(f"no switch {label!r} here; {did_you_mean(label, found)}")
        return loss_table(self.scenario, found[label].added_by_ask_mwh, by, self.critical)

    @property
    def reserves(self) -> pd.DataFrame:
        """Tidy: switch, site, ``reserve_mw``, ``usd_per_year`` of the cheapest reserves.

        The switch stands under ``by``, or under ``frozen`` where that is ``site``.
        """
        switch = "frozen" if self.by == "site" else self.by
        parts = [o.reserve.sites.reset_index().assign(**{switch: o.switch.label})
                 for o in self.outcomes if o.reserve is not None and len(o.reserve.sites)]
        names = [switch, "site", "reserve_mw", "usd_per_year"]
        return pd.concat(parts, ignore_index=True)[names] if parts else pd.DataFrame(columns=names)

    def _lost(self, o: Outcome, column: str, asks: Mask | None = None) -> pd.DataFrame:
        """Work lost by victim, most first."""
        a = self.scenario.arrays
        mask = np.ones(a.n_asks, dtype=bool) if asks is None else asks
        table = pd.DataFrame({
            "demand_mwh": (a.demand_mw @ a.weight_hours)[mask],
            "unserved_mwh": o.added_by_ask_mwh[mask],
        }).groupby(of_asks(self.scenario, column)[mask]).sum()
        table = table[table["unserved_mwh"] > 0]
        table["unserved_share"] = table["unserved_mwh"] / table["demand_mwh"]
        return table.sort_values("unserved_mwh", ascending=False, kind="stable")

    def __repr__(self) -> str:
        shown = self._table[["unserved_mwh", "unserved_share", "critical_unserved_share",
                             "added_cost_usd", "breach_hours", "reserve_mw"]]
        return (f"Freeze by {self.by} of {self.scenario.name!r} under {self.regime.name!r}\n"
                + shown.head(12).to_string(float_format=lambda v: f"{v:,.3g}"))


def _part(value: float, whole: float) -> float:
    return value / whole if whole > 0 else 0.0
