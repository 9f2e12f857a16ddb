"""The scenario: regions, sites, workloads, demand, hours and lanes, checked and frozen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import geopandas as gpd
import pandas as pd

from computegrid.errors import DataError, Fault, ScenarioError, did_you_mean
from computegrid.scenario import changes
from computegrid.scenario.arrays import Arrays, build_arrays
from computegrid.scenario.changes import Factor, Given
from computegrid.scenario.controls import typed_controls
from computegrid.scenario.explain import Explanation, explain
from computegrid.scenario.gaps import Fill, check_fill, close_gaps
from computegrid.scenario.intake import (
    asked_links,
    available_shares,
    check_references,
    typed_sources,
    typed_tables,
)
from computegrid.scenario.lanes import Network, fast_enough, links_from_places, links_from_table
from computegrid.scenario.ownership import (
    contradicted_owners,
    typed_owners,
    with_owner_columns,
    without_owner_columns,
)
from computegrid.scenario.regime import Regime, Rule, as_regime, open_market
from computegrid.scenario.remarks import remarks
from computegrid.scenario.routes import remark_on_routes, typed_routes, with_corridors
from computegrid.tables import schema
from computegrid.tables.labels import label


@dataclass(frozen=True, eq=False)
class Scenario:
    """What is asked: demand for compute, the sites that can serve it, and the regimes known.

    Make one with :func:`computegrid.load` or :meth:`from_tables`. Tables are copies: changing
    what you get changes nothing in the scenario.

    Attributes
    ----------
    name, title, title_zh, as_of : str
    regimes : dict of str to Regime
    default_regime : str or None
        The regime meant wherever none is named; None is no rules.
    group_by : str
        Column of regions and sites by which work is said to move; empty when they share none.
    sources : DataFrame
        Indexed by source_id; empty when the planner gave none.
    ownership : DataFrame
        Who ultimately holds every operator, looked through chains and cross-holdings: operator,
        entity, jurisdiction, share (0 to 1; ``unknown`` is what is not published), source_id,
        confidence. Empty when the facts say nothing of stakes.
    controls : DataFrame
        Published figures that an answer is set beside (:func:`computegrid.backcast`), indexed by
        control; empty when none are given.
    """

    name: str
    _tables: Mapping[str, pd.DataFrame] = field(repr=False)
    _links: pd.DataFrame = field(repr=False)
    _arrays: Arrays = field(repr=False)
    regimes: Mapping[str, Regime] = field(default_factory=dict, repr=False)
    title: str = ""
    title_zh: str = ""
    as_of: str = ""
    default_regime: str | None = None
    group_by: str = ""
    sources: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    ownership: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    controls: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    _notes: tuple[Fault, ...] = field(default=(), repr=False)
    _given: Given | None = field(default=None, repr=False)

    @classmethod
    def from_tables(
        cls,
        regions: pd.DataFrame,
        sites: pd.DataFrame,
        demand: pd.DataFrame,
        workloads: pd.DataFrame | None = None,
        lanes: pd.DataFrame | None = None,
        hours: pd.DataFrame | pd.DatetimeIndex | None = None,
        site_hours: pd.DataFrame | None = None,
        regimes: Mapping[str, Regime | Iterable[Rule]] | Iterable[Regime] | None = None,
        *,
        name: str = "own tables",
        title: str = "",
        title_zh: str = "",
        as_of: str = "",
        default_regime: str | None = None,
        group_by: str = "",
        network: Network | None = None,
        available_share: Mapping[str, float] | None = None,
        sources: pd.DataFrame | None = None,
        unusual: Iterable[str] = (),
        ownership: pd.DataFrame | None = None,
        routes: pd.DataFrame | None = None,
        controls: pd.DataFrame | None = None,
        fill: Fill | None = None,
    ) -> Scenario:
        """Make a scenario from tables of one's own; extra columns are kept for rules.

        Parameters
        ----------
        regions : DataFrame or GeoDataFrame
            Indexed by ``region`` (or with that column); ``lon_deg``, ``lat_deg`` [deg] or a
            geometry, optional when every lane is given.
        sites : DataFrame or GeoDataFrame
            Indexed by ``site``: ``capacity_mw`` [MW of IT]; optional ``pue`` (1),
            ``power_ratio`` (1), ``energy_usd_per_mwh`` (0), ``carbon_kg_per_mwh`` (0),
            ``rent_usd_per_mwh`` (0), ``control`` ("unknown"), ``status`` ("operational").
        demand : DataFrame
            Tidy: ``region, workload, hour, mw``; ``workload`` and ``hour`` may be left out.
        workloads : DataFrame, optional
            Indexed by ``workload``: ``max_rtt_ms`` (none), ``defer_hours`` (0),
            ``unserved_usd_per_mwh`` (10 000; inf = must be served), ``gbps_per_mw``.
        lanes : DataFrame, optional
            Tidy ``region, site[, workload]`` with ``rtt_ms``, ``network_usd_per_mwh``; where it
            is given only the lanes in it exist.
        hours : DatetimeIndex or DataFrame, optional
            Times of any zone, or a table ``hour[, weight_hours][, day]``. Hours may also be whole
            numbers. Where ``weight_hours`` is left out a step lasts as long as neighbours usually
            differ, which is a remark; where that cannot be told it is a fault. Hours without a gap
            are one chain, in which work may wait; ``day`` names hours that stand for others.
        site_hours : DataFrame, optional
            Tidy ``site, hour`` with any of energy price, carbon, pue, ``available_mw``.
        regimes : mapping or list, optional
            Name → Regime or list of rules.
        network : Network, optional
            Latency and network cost by distance, where lanes do not say.
        available_share : mapping, optional
            Share of capacity usable, by ``status``; operational 1, all others 0.
        group_by : str, optional
            Column that regions and sites share, by which work is said to move
            (``Dispatch.exchange``); found among ``bloc``, ``country``, ``grid`` when empty.
        ownership : DataFrame, optional
            Tidy ``operator, jurisdiction, share``: who ultimately holds every operator; what its
            shares lack of 1 is ``unknown``, more than 1 is a fault. Sites with ``operator`` and
            ``country`` get ``foreign_share``, ``largest_foreign_share``, ``foreign_share_most``
            and ``opaque`` from it where they do not say it themselves.
        sources : DataFrame, optional
            Indexed by ``source_id`` (or with that column): what rules and rows cite.
        routes : DataFrame, optional
            Tidy ``from_area, to_area, corridor``: the corridors (with ``;`` between them) that
            lanes go through, by the column ``area`` of regions and sites.
        controls : DataFrame, optional
            Indexed by ``control``: published figures to set an answer beside, as
            ``controls.csv`` has them; see :func:`computegrid.backcast`.
        fill : {"previous", "interpolate"}, optional
            What is taken where demand or an hourly figure of a site is blank or its row missing:
            the figure of the hour before, or the line between the neighbours in time, within a
            chain of hours; said in ``remarks``. When None the site's own figure in ``sites`` is
            taken where there is one, and every other gap is a fault.
        unusual : list of str, optional
            Columns whose figures may lie outside the range that is plausible in their unit.
        name, title, title_zh, as_of, default_regime
            What people read.

        Raises
        ------
        DataError
            With every fault of the tables.

        Examples
        --------
        >>> import pandas as pd
        >>> s = Scenario.from_tables(
        ...     regions=pd.DataFrame({"lon_deg": [121.5], "lat_deg": [31.2]}, index=["Shanghai"]),
        ...     sites=pd.DataFrame({"capacity_mw": [10.0], "lon_deg": [106.5], "lat_deg": [26.4]},
        ...                        index=["Gui'an"]),
        ...     demand=pd.DataFrame({"region": ["Shanghai"], "mw": [4.0]}))
        >>> round(float(s.lanes["rtt_ms"].iloc[0]), 1)
        38.8
        """
        faults: list[Fault] = []
        notes: list[Fault] = []
        unusual = (unusual,) if isinstance(unusual, str) else tuple(unusual)
        tables = typed_tables(
            faults, notes, schema.accepting(schema.TABLES, unusual), regions=regions, sites=sites,
            demand=demand, workloads=workloads, lanes=lanes, hours=hours, site_hours=site_hours,
        )
        share = available_shares(available_share, faults)
        owners = typed_owners(ownership, faults)
        routes = typed_routes(routes, faults)
        sources = typed_sources(sources, faults)
        check_fill(fill, faults)
        _raise_if(faults, name)
        check_references(tables, share, faults)
        _raise_if(faults, name)
        close_gaps(tables, fill, faults, notes)
        _raise_if(faults, name)
        known = typed_controls(controls, tables, faults, notes)
        _raise_if(faults, name)
        notes += contradicted_owners(tables["sites"], owners, tables["regions"])
        tables["sites"] = with_owner_columns(tables["sites"], owners, tables["regions"])
        notes += remark_on_routes(tables["regions"], tables["sites"], routes)
        net = network or Network()
        shapes = (tables["regions"], tables["sites"], tables["workloads"], net, faults)
        own_lanes = tables.pop("lanes", None)
        links = (
            links_from_places(*shapes) if own_lanes is None
            else links_from_table(own_lanes, *shapes)
        )
        _raise_if(faults, name)
        links = with_corridors(links, tables["regions"], tables["sites"], routes)
        asked = asked_links(links, tables["demand"])
        usable = asked & fast_enough(links, tables["workloads"])
        tables["lanes"] = links[usable.to_numpy()].reset_index(drop=True)
        arrays = build_arrays(
            tables["regions"], tables["sites"], tables["workloads"], tables["hours"],
            tables["demand"], tables["lanes"], tables.get("site_hours"), share,
        )
        return cls(
            name=name, _tables=tables, _links=links, _arrays=arrays,
            regimes=_default_known(_regimes(regimes), default_regime),
            title=title or name, title_zh=title_zh, as_of=as_of,
            default_regime=default_regime, group_by=_group_by(group_by, tables),
            sources=sources, ownership=owners, controls=known,
            _notes=tuple(notes),
            _given=Given(network, dict(available_share or {}), unusual, group_by, own_lanes,
                         routes, fill),
        )

    def to_tables(self) -> dict[str, Any]:
        """Everything the scenario holds, as the arguments of :meth:`from_tables`.

        ``Scenario.from_tables(**s.to_tables())`` is the same scenario. Tables are copies, with
        their defaults filled in; ``lanes`` is None where lanes follow from places, and
        ``available_mw`` is before the share that is usable by status.

        Raises
        ------
        ScenarioError
            If it was read from a run of an older version, which did not keep what was given.

        Examples
        --------
        >>> import computegrid as cg
        >>> gulf = cg.load("gulf")
        >>> again = cg.Scenario.from_tables(**gulf.to_tables())
        >>> bool((again.arrays.demand_mw == gulf.arrays.demand_mw).all())
        True
        """
        given = self._given
        if given is None:
            raise ScenarioError(f"{self.name!r} comes from a run that an older version saved, "
                                "which did not keep all it was given; load the model again")
        held = {name: self._tables[name].copy()
                for name in ("regions", "sites", "demand", "workloads", "hours")}
        held["sites"] = without_owner_columns(held["sites"], self.ownership, held["regions"])
        return {
            **held, "lanes": _copied(given.lanes), "site_hours": _copied(
                self._tables.get("site_hours")),
            "regimes": dict(self.regimes), "name": self.name,
            "title": "" if self.title == self.name else self.title, "title_zh": self.title_zh,
            "as_of": self.as_of, "default_regime": self.default_regime,
            "group_by": given.group_by, "network": given.network,
            "available_share": dict(given.available_share), "sources": self.sources.copy(),
            "unusual": given.unusual, "ownership": self.ownership.copy(),
            "routes": _copied(given.routes), "controls": self.controls.copy(),
            "fill": given.fill,
        }

    def replace(self, **tables: Any) -> Scenario:
        """Return the scenario with some arguments of :meth:`from_tables` in place of its own.

        Raises
        ------
        ScenarioError
            If there is no such argument.
        DataError
            With every fault of the tables, the new ones and those that no longer fit them.

        Examples
        --------
        >>> import computegrid as cg
        >>> gulf = cg.load("gulf")
        >>> half = gulf.replace(sites=gulf.sites.assign(capacity_mw=gulf.sites["capacity_mw"] / 2))
        >>> float(half.arrays.available_mw.sum() / gulf.arrays.available_mw.sum())
        0.5
        """
        held = self.to_tables()
        for name in tables:
            if name not in held:
                raise ScenarioError(f"a scenario holds no {name!r}; {did_you_mean(name, held)}")
        return type(self).from_tables(**(held | tables))

    def with_site(
        self, site: str, *, like: str | None = None, lanes: pd.DataFrame | None = None,
        site_hours: pd.DataFrame | None = None, **columns: Any,
    ) -> Scenario:
        """Return the scenario with one site more.

        Parameters
        ----------
        site : str
            Its name.
        like : str, optional
            A site whose columns and hourly figures it takes where nothing else is said.
        lanes : DataFrame, optional
            ``region[, workload], rtt_ms, ...`` that lead to it; needed where the scenario was
            given its lanes one by one.
        site_hours : DataFrame, optional
            ``hour`` with hourly figures of the site.
        **columns
            Columns of sites: ``capacity_mw=50.0, lon_deg=..., control="EU"``.

        Raises
        ------
        ScenarioError
            If the site is there already, a column is not known, or a price, a carbon intensity or
            a PUE is left out that every other site has.
        DataError
            As :meth:`from_tables`.
        """
        return self.replace(**changes.one_more_site(
            self.to_tables(), site, like, lanes, site_hours, columns))

    def scaled(self, **factors: Factor) -> Scenario:
        """Return the scenario with figures multiplied: tables, arrays and map together.

        Parameters
        ----------
        **factors
            ``demand`` or a figure of sites (``capacity_mw``, ``energy_usd_per_mwh``,
            ``carbon_kg_per_mwh``, ``pue``, ``power_ratio``, ``rent_usd_per_mwh``, ...): a number
            from 0 on, or a mapping from names to numbers. A name is a site's (for demand a
            region's or a workload's), else a country's, a bloc's or a grid's; what is not named
            stays. Hourly figures are scaled with those of the year, and what is available in an
            hour with the capacity.

        Raises
        ------
        ScenarioError
            With every figure and name that is not known, every factor that is no number from 0 on,
            and every figure that leaves its range (a PUE below 1).

        Examples
        --------
        >>> import computegrid as cg
        >>> gulf = cg.load("gulf")
        >>> more = gulf.scaled(demand=1.5, energy_usd_per_mwh={"SA": 1.2})
        >>> round(float(more.arrays.demand_mw.sum() / gulf.arrays.demand_mw.sum()), 9)
        1.5
        """
        unusual = () if self._given is None else self._given.unusual
        tables, arrays = changes.scaled(self._tables, self._arrays, unusual, factors)
        if arrays is None:  # some demand is no more: its lanes go too
            return self.replace(demand=tables["demand"], sites=tables["sites"],
                                site_hours=tables.get("site_hours"))
        return replace(self, _tables=tables, _arrays=arrays)

    @property
    def regions(self) -> gpd.GeoDataFrame:
        """Regions, indexed by ``region``, with a point or shape (EPSG:4326) where known."""
        return self._tables["regions"].copy()

    @property
    def sites(self) -> gpd.GeoDataFrame:
        """Sites, indexed by ``site``: capacity [MW], PUE, power ratio, prices, control, ..."""
        return self._tables["sites"].copy()

    @property
    def workloads(self) -> pd.DataFrame:
        """Workloads, indexed by ``workload``: latency [ms], deferral [h], value [USD/MWh]."""
        return self._tables["workloads"].copy()

    @property
    def hours(self) -> pd.DataFrame:
        """Time steps, indexed by ``hour`` (UTC): ``weight_hours`` [h], and ``day`` where given."""
        return self._tables["hours"].copy()

    @property
    def site_hours(self) -> pd.DataFrame:
        """Hourly figures of sites, tidy: site, hour and what was given; empty where nothing was.

        ``available_mw`` is before the share of capacity that is usable by status.
        """
        held = self._tables.get("site_hours")
        return pd.DataFrame({"site": [], "hour": []}) if held is None else held.copy()

    @property
    def demand(self) -> pd.DataFrame:
        """Demand, tidy: region, workload[, hour], mw."""
        return self._tables["demand"].copy()

    @property
    def lanes(self) -> pd.DataFrame:
        """Eligible lanes: region, workload, site, ``rtt_ms``, ``distance_km``, network cost."""
        return self._tables["lanes"].copy()

    @property
    def remarks(self) -> tuple[Fault, ...]:
        """What is odd but no fault: sites nobody can reach, workloads nobody asks for, ...

        And what was taken to be so where the tables do not say it: the length of a step.
        """
        return *self._notes, *remarks(self._tables, self._arrays)

    @property
    def arrays(self) -> Arrays:
        """The scenario as read-only arrays; what the linear program is built from."""
        return self._arrays

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables selectors search, by name; not to be changed."""
        return dict(self._tables)

    def regime(self, regime: str | Regime | Iterable[Rule] | None) -> Regime:
        """Return the regime meant by a name, a Regime, a list of rules or None.

        None is the model's default regime (no rules where it has none), ``[]`` is no rules. Every
        function and command that takes a regime reads it so.

        Raises
        ------
        ScenarioError
            If there is no regime of that name.
        """
        return as_regime(regime, self.regimes, self.default_regime)

    @property
    def open_market(self) -> Regime:
        """The regime that policies are measured from, where the ladder starts.

        The regime named ``open-market``; without one, what the default regime extends in the end;
        no rules where there is neither.
        """
        return open_market(self.regimes, self.default_regime)

    def explain(
        self, region: str, workload: str, site: str,
        regime: str | Regime | Iterable[Rule] | None = None,
    ) -> Explanation:
        """Say whether ``site`` may serve ``workload`` of ``region``, and which rules touch it.

        Returns
        -------
        Explanation
            Prints as sentences; ``.open`` is True when nothing blocks the lane.

        Raises
        ------
        ScenarioError
            If a name is not known.
        """
        region, workload, site = (label(name) for name in (region, workload, site))
        for what, name in (("region", region), ("workload", workload), ("site", site)):
            known = self._tables[f"{what}s"].index
            if name not in known:
                raise ScenarioError(f"no {what} {name!r}; {did_you_mean(name, known)}")
        available = self._arrays.available_mw[self._tables["sites"].index.get_loc(site)].max()
        return explain(self._tables, self._links, region, workload, site, self.regime(regime),
                       self.sources, float(available))

    def __repr__(self) -> str:
        a = self._arrays
        return (
            f"Scenario {self.name!r}: {len(self._tables['regions'])} regions, {a.n_sites} sites, "
            f"{len(self._tables['workloads'])} workloads, {a.n_hours} time steps "
            f"({a.weight_hours.sum():,.0f} h), {a.n_lanes:,} lanes, "
            f"{len(self.regimes)} regimes"
        )


def _copied(table: pd.DataFrame | None) -> pd.DataFrame | None:
    return None if table is None else table.copy()


def _raise_if(faults: list[Fault], name: str) -> None:
    if faults:
        raise DataError(f"{name} cannot be used:", faults)


def _group_by(asked: str, tables: Mapping[str, Any]) -> str:
    shared = set(tables["regions"].columns) & set(tables["sites"].columns)
    if asked and asked not in shared:
        raise ScenarioError(f"group_by {asked!r} is no column of both regions and sites; "
                            f"{did_you_mean(asked, shared)}")
    return asked or next((c for c in ("bloc", "country", "grid") if c in shared), "")


def _default_known(regimes: dict[str, Regime], default: str | None) -> dict[str, Regime]:
    if default is not None:
        as_regime(default, regimes)
    return regimes


def _regimes(
    given: Mapping[str, Regime | Iterable[Rule]] | Iterable[Regime] | None,
) -> dict[str, Regime]:
    if given is None:
        return {}
    if isinstance(given, Mapping):
        return {
            name: value if isinstance(value, Regime) else Regime(name, as_regime(value, {}).rules)
            for name, value in given.items()
        }
    listed = list(given)
    if not all(isinstance(regime, Regime) for regime in listed):
        raise ScenarioError("regimes must be a mapping from names to Regimes or lists of rules, "
                            f"or a list of Regimes; got {given!r}")
    names = [regime.name for regime in listed]
    if len(set(names)) < len(names):
        raise ScenarioError(f"two regimes carry one name: {names}; give each its own")
    return dict(zip(names, listed, strict=True))
