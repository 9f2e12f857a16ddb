"""What a rule speaks of, found once in the tables: lanes, hours, asks, sites, and its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from computegrid.errors import ScenarioError
from computegrid.program.algebra import Codes
from computegrid.scenario.arrays import Arrays
from computegrid.scenario.regime import Defer, Limit, Rule, Share
from computegrid.scenario.rulemask import ask_mask, group_values, hour_mask, lane_mask, site_mask
from computegrid.scenario.select import column_of
from computegrid.tables.hours import LONGEST_WAIT_HOURS
from computegrid.tables.labels import as_labels

Tables = Mapping[str, pd.DataFrame]
NONE: Codes = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Selection:
    """What a rule selects, as positions.

    Attributes
    ----------
    of_lane : int array, shape (L,)
        Row each lane enters; -1 where the rule does not take the lane.
    hours : int array
        Hours in which the rule holds.
    labels : DataFrame, shape (G, ...)
        What each of the rule's rows is about: the ``each`` columns in sorted order.
    asks, ask_row : int array, shape (k,)
        Of a share: asks whose demand a row is a fraction of, and their rows. Of a deferral: asks
        whose work may wait.
    sites : bool array, shape (G, S)
        Of utilisation: sites whose capacity a row is a fraction of.
    takes_demand, takes_supply : bool
        Whether the selector of that side takes anything that is wanted, any site.
    """

    of_lane: Codes
    hours: Codes
    labels: pd.DataFrame
    asks: Codes
    ask_row: Codes
    sites: npt.NDArray[np.bool_]
    takes_demand: bool = True
    takes_supply: bool = True

    @cached_property
    def lanes(self) -> Codes:
        """Lanes the rule takes, shape (k,)."""
        return np.flatnonzero(self.of_lane >= 0)

    @property
    def row(self) -> Codes:
        """Row each of them enters, shape (k,)."""
        return self.of_lane[self.lanes]

    def within(self, hours: slice, lanes: Codes | None = None) -> Selection:
        """The same where only some hours, and some lanes if given, are there; rows stay."""
        own = self.hours[(self.hours >= hours.start) & (self.hours < hours.stop)] - hours.start
        return replace(self, hours=own, of_lane=self.of_lane if lanes is None
                       else self.of_lane[lanes])


def selection_of(rule: Rule, a: Arrays, tables: Tables) -> Selection:
    """Find what a rule speaks of.

    Raises
    ------
    ScenarioError
        If a selector or ``each`` names a column that does not exist, naming the rule.
    """
    lanes = np.flatnonzero(lane_mask(tables, rule))
    hours = np.flatnonzero(hour_mask(tables["hours"], rule))
    asks, ask_row, sites = NONE, NONE, np.zeros((0, a.n_sites), dtype=bool)
    row, labels = np.zeros(len(lanes), dtype=np.int64), pd.DataFrame({"group": [""]})
    if isinstance(rule, Share):
        chosen = np.flatnonzero(ask_mask(tables, rule, a.ask_region, a.ask_workload))
        row, labels = _groups_of_asks(tables, rule, a, lanes, chosen)
        asks, ask_row = _asks_of(tables, a, labels, chosen)
    elif isinstance(rule, Defer):
        _check_horizon(rule, a)
        asks = np.flatnonzero(ask_mask(tables, rule, a.ask_region, a.ask_workload))
    elif isinstance(rule, Limit):
        row, labels = _groups(tables, rule, lanes)
        if rule.quantity == "utilisation":
            sites = _sites_of(tables, rule, labels)
    of_lane = np.full(a.n_lanes, -1)
    of_lane[lanes] = row
    demanded = supplied = True
    if not len(lanes):  # which side is at fault is only asked then
        demanded = bool(ask_mask(tables, rule, a.ask_region, a.ask_workload).any())
        supplied = bool(site_mask(tables, rule).any())
    return Selection(of_lane, hours, labels, asks, ask_row, sites, demanded, supplied)


def _check_horizon(rule: Defer, a: Arrays) -> None:
    """No work may wait beyond the horizon; a week is always accepted."""
    span = float(a.elapsed_hours[-1]) + 1.0
    if rule.hours > max(span, LONGEST_WAIT_HOURS):
        raise ScenarioError(f"rule {rule.label!r}: {rule.hours:g} h lie beyond the horizon of "
                            f"{span:g} h; give hours, minutes divided by 60")


def each_of(rule: Limit | Share) -> list[str]:
    """Columns a rule has rows by."""
    if rule.each is None:
        return []
    return [rule.each] if isinstance(rule.each, str) else list(rule.each)


def _groups(tables: Tables, rule: Limit | Share, lanes: Codes) -> tuple[Codes, pd.DataFrame]:
    """Row of each lane, and the label table of the rows: the ``each`` columns in sorted order."""
    columns = [c for c in each_of(rule) if c != "hour"]
    if not columns:
        return np.zeros(len(lanes), dtype=np.int64), pd.DataFrame({"group": [""]})
    values = pd.DataFrame({c: group_values(tables, rule, c)[1][lanes] for c in columns})
    grouped = values.groupby(columns, sort=True)
    labels = grouped.size().reset_index()[columns]
    labels.insert(0, "group", [", ".join(row) for row in labels.itertuples(index=False)])
    return np.asarray(grouped.ngroup(), dtype=np.int64), labels


def _groups_of_asks(
    tables: Tables, rule: Share, a: Arrays, lanes: Codes, asks: Codes
) -> tuple[Codes, pd.DataFrame]:
    """As :func:`_groups`; where only the demand groups, also demand without a lane has a row."""
    columns = [c for c in each_of(rule) if c != "hour"]
    values = {}
    for column in columns:
        for name, at in (("regions", a.ask_region), ("workloads", a.ask_workload)):
            found = column_of(tables[name], column)
            if found is not None and column not in values:
                values[column] = as_labels(found)[at]
    if not columns or len(values) < len(columns):
        return _groups(tables, rule, lanes)
    by_ask = pd.DataFrame(values)
    labels = by_ask.iloc[asks].drop_duplicates().sort_values(columns, ignore_index=True)
    row = pd.MultiIndex.from_frame(labels).get_indexer(
        pd.MultiIndex.from_frame(by_ask.iloc[a.lane_ask[lanes]]))
    labels.insert(0, "group", [", ".join(one) for one in labels.itertuples(index=False)])
    return np.asarray(row, dtype=np.int64), labels


def _asks_of(
    tables: Tables, a: Arrays, labels: pd.DataFrame, asks: Codes
) -> tuple[Codes, Codes]:
    """Asks whose demand each row's fraction is taken of: positions of asks, and their rows."""
    of_ask = {}
    for column in labels.columns.drop("group"):
        for name, at in (("regions", a.ask_region[asks]), ("workloads", a.ask_workload[asks])):
            values = column_of(tables[name], column)
            if values is not None:
                of_ask[column] = as_labels(values)[at], labels[column].to_numpy()
                break
    chosen, rows = [], []
    for g in range(len(labels)):
        mine = np.ones(len(asks), dtype=bool)
        for of_each, wanted in of_ask.values():
            mine &= of_each == wanted[g]
        chosen.append(asks[mine])
        rows.append(np.full(int(mine.sum()), g, dtype=np.int64))
    return np.concatenate([*chosen, asks[:0]]), np.concatenate([*rows, asks[:0]])


def _sites_of(tables: Tables, rule: Limit, labels: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Which of the selected sites each row speaks of, shape (G, S)."""
    found = np.repeat(site_mask(tables, rule)[None, :], len(labels), axis=0)
    for column in labels.columns.drop("group"):
        values = column_of(tables["sites"], column)
        if values is None:
            raise ScenarioError(
                f"rule {rule.label!r}: utilisation is of sites, so each must name a column of "
                f"sites; {column!r} is none"
            )
        found &= labels[column].to_numpy()[:, None] == as_labels(values)[None, :]
    return found
