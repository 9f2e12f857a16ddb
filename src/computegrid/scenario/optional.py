"""Optional files of a folder of facts: what must hold of them, and what their absence means."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import pandas as pd

from computegrid.errors import Fault, did_you_mean, nearest
from computegrid.scenario.lanes import Network
from computegrid.scenario.ownership import near_entities
from computegrid.tables import schema
from computegrid.tables.check import collect

Facts = Mapping[str, pd.DataFrame]

ARGUMENT = {
    "rtt_intercept_ms": "rtt_intercept_ms",
    "rtt_ms_per_km": "rtt_ms_per_km",
    "network_usd_per_gb": "usd_per_gb",
    "network_usd_per_gb_per_1000km": "usd_per_gb_per_1000km",
}
"""The argument of :class:`~computegrid.scenario.lanes.Network` of each parameter that is read."""
MEAN = (0.5, 1.5)
"""Between these lies the mean of a shape that is relative to its mean: seasons left out move it."""


def check_profiles(facts: Facts, faults: list[Fault]) -> None:
    """Append a fault for each shape with hours left out, a mean far from 1, or negative carbon."""
    shapes = facts.get("profiles")
    if shapes is not None:
        for (name, season), rows in shapes.groupby(["profile", "season"], sort=False):
            _whole_day(rows, "profiles", f"{name}/{season}", "hour_utc", faults)
        for name, mean in shapes.groupby("profile", sort=False)["factor"].mean().items():
            _about_one(float(mean), "profiles", str(name), faults)
        grids = facts.get("grids")
        used = set() if grids is None else set(grids["carbon_profile"]) - {""}
        for _, row in shapes[shapes["profile"].isin(used) & (shapes["factor"] < 0)].iterrows():
            faults.append(Fault(
                "profiles", "a shape of carbon must be at least 0", column="factor",
                row=f"{row['profile']}/{row['season']}/{row['hour_utc']:g}", value=row["factor"],
                cure="only prices fall below 0"))
    shapes = facts.get("demand_profiles")
    if shapes is not None:
        for name, rows in shapes.groupby("workload", sort=False):
            _whole_day(rows, "demand_profiles", str(name), "hour_local", faults)
            if float(rows["factor"].sum()) <= 0:
                faults.append(Fault("demand_profiles", "is 0 in every hour", row=str(name),
                                    column="factor", cure="leave the workload out for a flat day"))


def _whole_day(
    rows: pd.DataFrame, table: str, label: str, column: str, faults: list[Fault]
) -> None:
    missing = sorted(set(range(24)) - {int(hour) for hour in rows[column]})
    if missing:
        faults.append(Fault(table, f"{len(missing)} of 24 hours are missing, first {missing[0]}",
                            row=label, column=column, cure="give every hour of the day"))


def _about_one(mean: float, table: str, label: str, faults: list[Fault]) -> None:
    if not MEAN[0] <= mean <= MEAN[1]:
        faults.append(Fault(table, "its factors must be about 1 in the mean", row=label,
                            column="factor", value=round(mean, 6),
                            cure="divide them by their mean"))


def network_of(facts: Facts, faults: list[Fault]) -> Network | None:
    """Latency and network price as the parameters say; None where there are no parameters.

    What is negative, in another unit or nearly the name of a parameter that is read is appended
    to ``faults``.
    """
    table = facts.get("parameters")
    if table is None:
        return None
    known = table.set_index("parameter")
    before = len(faults)
    for name, column in schema.NETWORK.items():
        if name not in known.index:
            continue
        shape = schema.Table("parameters", ("parameter",), (
            schema.Column("parameter", "key"), replace(column, name="value")))
        collect(shape, table.loc[table["parameter"] == name, ["parameter", "value"]], faults)
        unit = str(known.loc[name, "unit"]) if "unit" in known.columns else ""
        if unit.replace(" ", "") not in ("", column.unit.replace(" ", "")):
            faults.append(Fault("parameters", f"is read in {column.unit}", row=name,
                                column="unit", value=unit, cure=f"convert it to {column.unit}"))
    absent = set(schema.NETWORK) - set(known.index)
    for name in known.index.difference(list(schema.NETWORK)):
        near = nearest(name, absent, likeness=0.85)
        if near is not None:
            faults.append(Fault("parameters", "is no parameter that is read, but close to one",
                                row=str(name), cure=f"did you mean {near!r}?"))
    if len(faults) > before:
        return None
    values = known["value"].to_dict()
    return Network(**{argument: float(values[name])
                      for name, argument in ARGUMENT.items() if name in values})


def remark_on_facts(
    facts: Facts, sites: pd.DataFrame, workloads: pd.DataFrame, *, shaped: bool,
    shaped_demand: bool,
) -> list[Fault]:
    """What the optional files leave out or name in vain, with its effect.

    Parameters
    ----------
    facts : mapping of str to DataFrame
        The gated optional tables that are there, by file name.
    sites, workloads : DataFrame
        All rows of the folder, also those that a model leaves out.
    shaped : bool
        The model asks for days of seasons, so profiles shape prices.
    shaped_demand : bool
        Demand is made of means and shapes, and there are hours to shape.
    """
    found = near_entities(facts)
    for here, other in (("ownership", "operator_entities"), ("operator_entities", "ownership")):
        if here in facts and other not in facts:
            found.append(Fault(here, f"changes nothing without {other}.csv: no site has an owner",
                               cure=f"add {other}.csv"))
    for name, columns in (("operator_entities", ("operator", "country")),
                          ("seal_scores", ("operator",))):
        absent = [c for c in columns if c not in sites.columns]
        if name in facts and absent:
            found.append(Fault("sites", f"has no such column, so {name}.csv changes nothing",
                               column=", ".join(absent), cure="add it"))
    operators = set(facts["operators"]["operator"]) if "operators" in facts else set()
    operators |= set(sites.get("operator", []))
    for name in ("operator_entities", "seal_scores"):
        if name in facts and operators:
            found += _in_vain(facts[name]["operator"], operators, name, "operator")
    if "demand_profiles" in facts and shaped_demand:
        given = set(facts["demand_profiles"]["workload"])
        found += _in_vain(given, set(workloads["workload"]), "demand_profiles", "workload")
        found += [Fault("demand_profiles", "has no such workload, so its demand is flat",
                        column="workload", value=name, cure=did_you_mean(name, given))
                  for name in workloads["workload"] if name not in given]
    grids = facts.get("grids")
    if grids is not None and "profiles" not in facts and shaped:
        found += [Fault("grids", "names a profile, but profiles.csv is missing: the figure is the "
                        "same in every hour", column=column, cure="add profiles.csv")
                  for column in ("energy_profile", "carbon_profile") if (grids[column] != "").any()]
    return found


def _in_vain(
    given: Collection[str], known: Collection[str], table: str, column: str
) -> list[Fault]:
    """A remark for each name that nothing else knows: its rows change nothing."""
    return [Fault(table, f"no such {column}: its rows change nothing", column=column, value=name,
                  cure=did_you_mean(name, known))
            for name in sorted(set(given) - set(known))]
