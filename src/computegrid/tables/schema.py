"""Columns the program knows: kind, unit, bounds, default. Other columns are kept for rules."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["key", "text", "number", "hour"]

STATUS_SHARE = {
    "operational": 1.0,
    "damaged": 0.0,
    "suspended": 0.0,
    "under_construction": 0.0,
    "planned": 0.0,
    "announced": 0.0,
    "unverified": 0.0,
    "closed": 0.0,
}
"""Share of a site's capacity that can be used, by status, unless a model says otherwise."""


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name : str
        Column name; its last suffix is the unit.
    kind : {"key", "text", "number", "hour"}
        ``key``: a non-empty name; ``hour``: a UTC time or a whole number.
    unit : str
        Unit of a number.
    required : bool
        The column must be there.
    default : float or str or None
        Value where the column is missing; NaN and inf also stand for a blank cell.
    blank_ok : bool
        A blank cell of text means the default too; otherwise it is a fault, as NaN among numbers
        always is unless the default is NaN or inf.
    lower, upper : float
        Closed range a number must lie in.
    plausible : tuple of float
        Range outside which a figure is almost surely in another unit.
    infinite : bool
        ``inf`` is allowed.
    whole : bool
        The number has no fraction.
    choices : tuple of str
        The only words a text may be; empty where any will do.
    added : bool
        A table without the column gets it, filled with the default.
    meaning : str
        What it is, for the tables of the documentation.
    """

    name: str
    kind: Kind = "number"
    unit: str = ""
    required: bool = False
    default: float | str | None = None
    blank_ok: bool = False
    lower: float = -math.inf
    upper: float = math.inf
    plausible: tuple[float, float] = (-math.inf, math.inf)
    infinite: bool = False
    whole: bool = False
    choices: tuple[str, ...] = ()
    added: bool = True
    meaning: str = ""


@dataclass(frozen=True)
class Table:
    """A table: its name, its key columns and the columns the program knows.

    ``bounds`` are triples of columns: the least a figure may be, the figure, the most.
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    bounds: tuple[tuple[str, str, str], ...] = ()

    def column(self, name: str) -> Column | None:
        """Return the known column of that name, or None."""
        return next((column for column in self.columns if column.name == name), None)


def _key(name: str, meaning: str) -> Column:
    return Column(name, "key", required=True, meaning=meaning)


_LON = Column("lon_deg", unit="deg", default=math.nan, lower=-180, upper=180, meaning="longitude")
_LAT = Column("lat_deg", unit="deg", default=math.nan, lower=-90, upper=90, meaning="latitude")
_ENERGY = Column(
    "energy_usd_per_mwh", unit="USD/MWh", default=0.0, lower=-1000, plausible=(-500, 5000),
    meaning="price of electricity at the meter",
)
_CARBON = Column(
    "carbon_kg_per_mwh", unit="kg/MWh", default=0.0, lower=0, plausible=(0, 2000),
    meaning="emissions of the electricity used",
)
_PUE = Column("pue", unit="1", default=1.0, lower=1, upper=5, meaning="facility energy / IT energy")
CONFIDENCES = ("low", "medium", "high")
"""How sure a row is, from the least to the most."""
KINDS = ("published", "derived", "estimate", "target", "synthetic")
"""What a row is, from a figure that somebody published to a plausible shape."""
SEASONS = ("DJF", "MAM", "JJA", "SON")
OBJECTIVES = tuple(f"SOV-{i}" for i in range(1, 9))
"""Objectives of the EU Cloud Sovereignty Framework in which operators are scored."""
_SOURCE = Column("source_id", "text", default="", meaning="sources, with ; between them")
_CONFIDENCE = Column("confidence", "text", default="low", choices=CONFIDENCES,
                     meaning="how sure the row is; blank = low")

DEMAND_MADE_OF = {
    column.name: column for column in (
        Column("demand_mw", unit="MW", required=True, lower=0, plausible=(0, 1_000_000),
               meaning="mean work wanted"),
        Column("demand_low_mw", unit="MW", default=math.nan, lower=0, added=False,
               meaning="the least it may be, where it is no published figure"),
        Column("demand_high_mw", unit="MW", default=math.nan, lower=0, added=False,
               meaning="the most it may be"),
        Column("demand_share", unit="1", required=True, lower=0, upper=1,
               meaning="the workload's part of it; write a fraction, 0.6 for 60 %"),
        Column("utc_offset_hours", unit="h", default=math.nan, lower=-14, upper=14,
               meaning="local time less UTC"),
    )
}
"""Columns of regions and workloads that demand is made of where no demand table is given."""

REGIONS = Table("regions", ("region",), (_key("region", "name of the region"), _LON, _LAT),
                (("demand_low_mw", "demand_mw", "demand_high_mw"),))
SITES = Table(
    "sites",
    ("site",),
    (
        _key("site", "name of the site"),
        _LON,
        _LAT,
        Column("capacity_mw", unit="MW", required=True, lower=0, plausible=(0, 1_000_000),
               meaning="IT power the site can draw"),
        Column("capacity_low_mw", unit="MW", default=math.nan, lower=0, added=False,
               meaning="the least it may be, where it is no published figure"),
        Column("capacity_high_mw", unit="MW", default=math.nan, lower=0, added=False,
               meaning="the most it may be"),
        _PUE,
        Column("power_ratio", unit="1", default=1.0, lower=0.01, upper=100,
               meaning="MW drawn per MW of reference work, by the site's chip"),
        _ENERGY,
        _CARBON,
        Column("rent_usd_per_mwh", unit="USD/MWh", default=0.0, blank_ok=True, lower=0,
               plausible=(0, 1_000_000),
               meaning="what the operator asks for a MWh of work beside energy"),
        Column("control", "text", default="unknown",
               meaning="jurisdiction of the ultimate parent"),
        Column("status", "text", default="operational", meaning="whether the site can be used"),
        *(Column(name, unit="1", default=math.nan, lower=0, upper=1, added=False, meaning=meaning)
          for name, meaning in (
              ("foreign_share", "share held from outside the site's home, as far as published"),
              ("largest_foreign_share", "the largest part of it held from one jurisdiction"),
              ("foreign_share_most", "the same with unpublished stakes counted as foreign"),
              ("opaque", "share held by nobody knows whom"),
          )),
        *(Column(f"seal_sov_{i}", unit="1", default=math.nan, lower=0, upper=4, whole=True,
                 added=False, meaning=f"SEAL level of the operator in SOV-{i}; blank = not scored")
          for i in range(1, 9)),
    ),
    (("capacity_low_mw", "capacity_mw", "capacity_high_mw"),),
)
DEMAND = Table(
    "demand",
    ("region", "workload", "hour"),
    (
        _key("region", "where the work is wanted"),
        Column("workload", "key", meaning="class of work"),
        Column("hour", "hour", meaning="when it is wanted"),
        Column("mw", unit="MW", required=True, lower=0, meaning="work wanted"),
    ),
)
WORKLOADS = Table(
    "workloads",
    ("workload",),
    (
        _key("workload", "name of the class of work"),
        Column("max_rtt_ms", unit="ms", default=math.inf, lower=0, infinite=True,
               meaning="longest round trip that serves it; blank = no limit"),
        Column("defer_hours", unit="h", default=0.0, blank_ok=True, lower=0,
               meaning="how long it can wait"),
        Column("unserved_usd_per_mwh", unit="USD/MWh", default=10_000.0, blank_ok=True, lower=0,
               infinite=True,
               meaning="what leaving it unserved costs; inf = it must be served"),
        Column("gbps_per_mw", unit="Gbit/s per MW", default=math.nan, lower=0,
               meaning="bandwidth of one MW of work"),
        Column("gb_per_mwh", unit="GB/MWh", default=0.0, lower=0, added=False,
               meaning="data moved for a MWh of work; left out = no cost of moving it"),
    ),
)
LANES = Table(
    "lanes",
    ("region", "workload", "site"),
    (
        _key("region", "where the work is wanted"),
        Column("workload", "key", meaning="class of work; left out = all"),
        _key("site", "where it may be done"),
        Column("rtt_ms", unit="ms", default=math.nan, lower=0, meaning="round-trip time"),
        Column("distance_km", unit="km", default=math.nan, lower=0, meaning="distance"),
        Column("network_usd_per_mwh", unit="USD/MWh", default=0.0, blank_ok=True,
               plausible=(-1_000_000, 1_000_000),
               meaning="moving the data of a MWh of work"),
    ),
)
HOURS = Table(
    "hours",
    ("hour",),
    (
        Column("hour", "hour", required=True, meaning="start of the time step, UTC"),
        Column("weight_hours", unit="h", default=1.0, lower=1e-6,
               meaning="real hours the step stands for"),
    ),
)
SITE_HOURS = Table(
    "site_hours",
    ("site", "hour"),
    (
        _key("site", "name of the site"),
        Column("hour", "hour", required=True, meaning="time step"),
        *(replace(column, default=math.nan) for column in (_ENERGY, _CARBON, _PUE)),
        Column("available_mw", unit="MW", default=math.nan, lower=0,
               meaning="IT power usable in that hour; blank = the whole capacity"),
    ),
)
TABLES = {t.name: t for t in (REGIONS, SITES, DEMAND, WORKLOADS, LANES, HOURS, SITE_HOURS)}

GRIDS = Table(
    "grids",
    ("grid",),
    (
        _key("grid", "country, province or zone"),
        Column("energy_usd_per_mwh", unit="USD/MWh", required=True, lower=-1000,
               plausible=(1, 5000), meaning="price of electricity at the meter"),
        Column("carbon_kg_per_mwh", unit="kg/MWh", required=True, lower=0, plausible=(0, 2000),
               meaning="emissions of the electricity used"),
        Column("pue", unit="1", required=True, lower=1, upper=5, meaning="PUE its climate allows"),
        Column("energy_profile", "text", default="", meaning="key into profiles; blank = flat"),
        Column("carbon_profile", "text", default="", meaning="key into profiles; blank = flat"),
    ),
)
OPERATORS = Table(
    "operators",
    ("operator",),
    (
        _key("operator", "who runs the site"),
        Column("hq", "text", default="unknown", meaning="jurisdiction of the headquarters"),
        Column("control", "text", default="unknown", meaning="jurisdiction of the last parent"),
        Column("technology", "text", default="unknown", meaning="whose technology it runs on"),
    ),
)
CHIPS = Table(
    "chips",
    ("chip",),
    (
        _key("chip", "accelerator or mix"),
        Column("origin", "text", default="unknown", meaning="jurisdiction of its designer"),
        Column("power_ratio", unit="1", required=True, lower=0.01, upper=100,
               meaning="MW drawn per MW of reference work"),
    ),
)
PROFILES = Table(
    "profiles",
    ("profile", "season", "hour_utc"),
    (
        _key("profile", "name of the shape"),
        Column("season", "text", required=True, choices=SEASONS, meaning="season of the year"),
        Column("hour_utc", unit="h", required=True, lower=0, upper=23, whole=True,
               meaning="hour of the day"),
        Column("factor", unit="1", required=True, lower=-5, upper=20,
               meaning="relative to the mean of the year; below 0 only for prices"),
    ),
)
DEMAND_PROFILES = Table(
    "demand_profiles",
    ("workload", "hour_local"),
    (
        _key("workload", "class of work"),
        Column("hour_local", unit="h", required=True, lower=0, upper=23, whole=True,
               meaning="local hour"),
        Column("factor", unit="1", required=True, lower=0, meaning="relative to the day's mean"),
    ),
)
PARAMETERS = Table(
    "parameters",
    ("parameter",),
    (
        _key("parameter", "name of the figure"),
        Column("value", unit="its own", required=True, meaning="the figure"),
        Column("unit", "text", default="", added=False, meaning="unit of the figure"),
    ),
)
NETWORK = {
    column.name: column for column in (
        Column("rtt_intercept_ms", unit="ms", default=14.5, lower=0, plausible=(0, 500),
               meaning="round trip over no distance"),
        Column("rtt_ms_per_km", unit="ms/km", default=0.01564, lower=0, plausible=(0, 1),
               meaning="round trip by great-circle distance"),
        Column("network_usd_per_gb", unit="USD/GB", default=0.0, lower=0, plausible=(0, 100),
               meaning="moving data over no distance"),
        Column("network_usd_per_gb_per_1000km", unit="USD/(GB 1000 km)", default=0.0, lower=0,
               plausible=(0, 100), meaning="moving data by distance"),
    )
}
"""The rows of parameters that are read: latency and network price where lanes do not say."""
STAKES = Table(
    "ownership",
    ("holder", "held", "year", "relation"),
    (
        _key("holder", "who holds the stake"),
        Column("holder_country", "text", required=True, default="unknown",
               meaning="the holder's jurisdiction; several (US/AE) or blank = unknown"),
        _key("held", "what is held"),
        Column("stake_pct", unit="%", required=True, default=math.nan, lower=0, upper=100,
               meaning="the stake; blank = not published"),
        Column("year", unit="a", default=math.nan, plausible=(1900, 2100),
               meaning="year it is of; the latest of a pair holds"),
        Column("relation", "text", default="",
               meaning="equity, ...; contracts, guarantees, programmes and loans are no stakes"),
        _SOURCE,
        _CONFIDENCE,
    ),
)
ENTITIES = Table(
    "operator_entities",
    ("operator",),
    (
        _key("operator", "who runs the site"),
        _key("entity", "whose stakes are the operator's; one for an operator"),
        Column("entity_country", "text", required=True, default="unknown",
               meaning="its jurisdiction, where nobody is said to hold it"),
        _SOURCE,
        _CONFIDENCE,
    ),
)
OWNERS = Table(
    "ownership",
    ("operator", "jurisdiction"),
    (
        _key("operator", "who runs the site"),
        Column("entity", "text", default="", meaning="the entity looked through"),
        Column("jurisdiction", "text", required=True, default="unknown",
               meaning="where its ultimate owners are; blank = unknown"),
        Column("share", unit="1", required=True, lower=0, upper=1,
               meaning="share they hold; what an operator's shares lack of 1 is unknown"),
        _SOURCE,
        _CONFIDENCE,
    ),
)
"""Ultimate owners as a scenario holds them, after stakes and entities are looked through."""
ROUTES = Table(
    "routes",
    ("from_area", "to_area"),
    (
        _key("from_area", "area of a region or site"),
        _key("to_area", "another area; a row holds both ways"),
        Column("corridor", "text", required=True, default="",
               meaning="what lies between them, with ; between corridors; blank = nothing"),
    ),
)
SEAL_SCORES = Table(
    "seal_scores",
    ("operator", "objective"),
    (
        _key("operator", "who is scored"),
        Column("objective", "text", required=True, choices=OBJECTIVES,
               meaning="objective of the EU Cloud Sovereignty Framework"),
        Column("level", unit="1", required=True, lower=0, upper=4, whole=True,
               meaning="SEAL level; leave the row out where it is not known"),
        _CONFIDENCE,
    ),
)
QUANTITIES_MEASURED = {
    "electricity_twh": "TWh", "electricity_share": "%", "it_twh": "TWh", "work_share": "%",
    "load_factor": "%", "capacity_mw": "MW", "capacity_share": "%",
}
"""What a control may say of an answer, and its unit."""
CONTROLS = Table(
    "controls",
    ("control",),
    (
        _key("control", "name of the published figure"),
        Column("title", "text", default="", meaning="what it is, for people"),
        Column("title_zh", "text", default="", meaning="the same in Chinese"),
        Column("quantity", "text", required=True, choices=tuple(QUANTITIES_MEASURED),
               meaning="what is measured of the answer"),
        Column("at", "text", default="",
               meaning="sites that count, a selector as in a model file; blank = all"),
        Column("of", "text", default="",
               meaning="work that counts, a selector of regions and workloads; blank = all"),
        Column("within", "text", default="",
               meaning="sites that a share is of, a selector; blank = all"),
        Column("value", unit="its own", required=True, lower=0, meaning="the published figure"),
        Column("unit", "text", default="", meaning="its unit; follows from the quantity"),
        Column("low", unit="its own", default=math.nan, lower=0,
               meaning="least that publications say"),
        Column("high", unit="its own", default=math.nan, lower=0,
               meaning="most that publications say"),
        Column("tolerance_pct", unit="%", default=0.0, blank_ok=True, lower=0, upper=100,
               meaning="accepted beside the figure where low and high are nearer"),
        Column("model_share", unit="1", default=1.0, blank_ok=True, lower=1e-6, upper=100,
               meaning="share of what is published that the model holds; the answer is divided "
               "by it"),
        Column("use", "text", required=True, choices=("binding", "hold-out"),
               meaning="binding: must be met; hold-out: kept back to test the model"),
        Column("year", unit="a", default=math.nan, plausible=(1900, 2100),
               meaning="year it is of"),
        _SOURCE,
        _CONFIDENCE,
        Column("kind", "text", default="estimate", choices=KINDS,
               meaning="published, derived, estimate, target or synthetic"),
    ),
    (("low", "value", "high"),),
)
"""Published figures that an answer is set beside: see ``backcast``."""
SOURCES = Table("sources", ("source_id",), (_key("source_id", "short name that rows cite"),))
FACTS = {t.name: t for t in (GRIDS, OPERATORS, CHIPS, PROFILES, DEMAND_PROFILES, PARAMETERS,
                             STAKES, ENTITIES, ROUTES, SEAL_SCORES, CONTROLS, SOURCES)}
"""Further files of a folder of facts."""


def accepting(tables: Mapping[str, Table], unusual: Iterable[str]) -> dict[str, Table]:
    """The tables without the range of plausible figures for the columns named.

    Examples
    --------
    >>> accepting(TABLES, ["capacity_mw"])["sites"].column("capacity_mw").plausible
    (-inf, inf)
    """
    named = set(unusual)
    return {
        name: replace(table, columns=tuple(
            replace(c, plausible=(-math.inf, math.inf)) if c.name in named else c
            for c in table.columns))
        for name, table in tables.items()
    }
