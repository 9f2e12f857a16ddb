"""IT MW installed at every site of the world package, at the end of 2025.

Published and bounded sites stand (``sites_given.csv``, ``sites_new.csv``); totals of countries and
of US zones bind (``totals.csv``); totals of operators are approached (``operators.csv``); within
that a region has the share of its provider times its age. What US sites leave of the national
total, by the zones' electricity, stands at one site a zone (``other:us-xx``). A total whose
published electricity would fill it beyond ``FULLEST`` is taken higher, up to its high; what is
still missing stands at one site of the country that nobody listed (``other:cz``).

``python data/levels/allocate.py`` writes the capacities into ``data/regions/world/sites.csv``.
Run again it writes the same: it reads no capacity of its own.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from demand import cloud_work
from tables import WORLD, cites, number, read, text, write

ROUNDS = 60
"""Zones and operators are scaled in turn this often; the zones come last and hold exactly."""
OLDEST, LEAST_AGE, USUAL_AGE = 2026.5, 1.5, 5.0
"""A region's age counts to the first, is at least the second, and the third if not known [a]."""
RESERVE_WEIGHT = 0.15
"""Regions kept for recovery or closed to new customers are small; nothing published says how."""
OTHER_WEIGHT = 3.0
"""Weight of a provider that is none of the seven."""
US_TOTAL_MW = 25_500.0
"""31 GW of IT at the end of 2024 (IEA) x 1.174 of growth x 0.70, the cloud share."""
LEAST_OTHER_MW = 5.0
FULLEST, USUAL = 0.75, 0.50
"""Work of a year over the capacity that does it: the most that a country's halls can do (0.6 to
0.9, an estimate: growth, reserve and the night), and what they do (IEA: 0.49, clouds 0.53)."""
WORLD_LEAST_MW = 25.0
"""Sites below it are left out of the model of the world, which has 97 % of the MW so."""
BY_KIND = {"published": (0.95, 1.05), "derived": (1 / 1.5, 1.5), "estimate": (0.5, 2.0),
           "target": (0.0, 1.0)}
"""Bounds of sites that do not run yet and whose source gives none, relative to the figure."""
FIGURES = ["capacity_mw", "capacity_low_mw", "capacity_high_mw"]


def zone_of(sites: pd.DataFrame) -> pd.Series:
    """The country, in the United States the zone: what totals are given for."""
    return sites["grid"].where(sites["country"] == "US", sites["country"])


def live(sites: pd.DataFrame) -> pd.Series:
    """Sites that stand: those that run, and those that were struck."""
    return sites["status"].isin(["operational", "damaged"])


def seeds(sites: pd.DataFrame, given: pd.Index) -> pd.Series:
    """Weight of each site that nothing is known of: provider x age, by its number in the zone."""
    providers = read("operators").set_index("operator")
    column = np.where(sites["country"] == "CN", "weight_cn", "weight")
    known = sites["operator"].isin(providers.index)
    weight = pd.Series([
        float(providers.loc[operator, which]) if has else OTHER_WEIGHT
        for operator, which, has in zip(sites["operator"], column, known, strict=True)
    ], index=sites.index)
    age = (OLDEST - number(sites["launch_year"])).clip(lower=LEAST_AGE).fillna(USUAL_AGE)
    reserve = sites.index.isin(read("reserve")["site"])
    free = ~sites.index.isin(given)
    among = (sites[free].groupby([sites["operator"], zone_of(sites)])["site_type"]
             .transform("size").reindex(sites.index).fillna(1))
    return (weight * age * np.where(reserve, RESERVE_WEIGHT, 1.0) / np.sqrt(among))[free]


def allocated(sites: pd.DataFrame) -> pd.DataFrame:
    """Capacity and bounds of the standing sites, their sources, kind and how they were made."""
    given = pd.concat([read("sites_given"), read("sites_new")]).set_index("site")
    given = given[given.index.isin(sites.index)]
    totals = raised(read("totals").set_index("code"))
    zone = zone_of(sites)
    value = seeds(sites, given.index)
    counted = number(given["capacity_mw"])[given["in_total"] == "yes"]
    fixed = counted.groupby(zone.loc[counted.index]).sum()
    providers = read("operators").set_index("operator")
    rest = {code: max(float(total) - fixed.get(code, 0.0), 0.0)
            for code, total in totals["capacity_mw"].items()}
    own = counted.groupby(sites.loc[counted.index, "operator"]).sum()
    wanted = {name: float(total) - own.get(name, 0.0)
              for name, total in providers["capacity_mw"].items()}
    of_zone, of_operator = zone.loc[value.index], sites.loc[value.index, "operator"]
    for turn in range(ROUNDS):
        have = value.groupby(of_zone).transform("sum")
        left = of_zone.map(rest)
        value = (value * left / have).where(left > 0, 0.5)
        if turn < ROUNDS - 1:
            have = value.groupby(of_operator).transform("sum")
            value *= np.sqrt(of_operator.map(wanted) / have).fillna(1.0)
    total = totals.reindex(of_zone).set_index(value.index)
    whole = number(total["capacity_mw"])
    reserve = pd.Series(value.index.isin(read("reserve")["site"]), index=value.index)
    basis = ("share of the cloud total of " + of_zone + ", " + total["capacity_mw"] + " MW ("
             + total["low_mw"] + " to " + total["high_mw"]
             + "), by provider, age of the region and operator total"
             + reserve.map({True: "; a reserve or restricted region: weight 0.15", False: ""}))
    found = pd.DataFrame({
        "capacity_mw": value,
        "capacity_low_mw": value * (number(total["low_mw"]) / whole).clip(upper=0.6),
        "capacity_high_mw": value * (number(total["high_mw"]) / whole).clip(lower=1.7),
        "source": total["source_id"], "kind": "derived", "confidence": "low", "basis": basis})
    stated = pd.DataFrame({
        "capacity_mw": number(given["capacity_mw"]), "capacity_low_mw": number(given["low_mw"]),
        "capacity_high_mw": number(given["high_mw"]), "source": given["source_id"],
        "kind": given["kind"], "confidence": given["confidence"], "basis": given["basis"]})
    return pd.concat([found, stated])


def raised(totals: pd.DataFrame) -> pd.DataFrame:
    """Totals of countries, as high as published electricity asks for and as ``high_mw`` allows."""
    work = cloud_work(read("demand").set_index("region")).reindex(totals.index)
    stated, most = number(totals["capacity_mw"]), number(totals["high_mw"])
    asked = np.minimum(work / FULLEST, most).where(totals["level"] == "country")
    return totals.assign(capacity_mw=np.fmax(stated, asked).map(lambda mw: text(mw, 0)))


def unlisted_abroad(sites: pd.DataFrame, capacity: pd.Series) -> pd.DataFrame:
    """A site for what a country's published electricity asks for beside the sites listed there."""
    work = cloud_work(read("demand").set_index("region"))
    regions = read("regions", WORLD).set_index("region")
    counted = sites["site_type"] != "colo_market"
    have = capacity[counted].groupby(zone_of(sites)[counted]).sum().reindex(work.index).fillna(0.0)
    short = (work > FULLEST * have + 0.5) & (regions["country"].reindex(work.index) != "US")
    return pd.DataFrame([_other(
        str(code), regions.loc[code], work[code] / USUAL - have[code], (0.5, 1.7), "unlisted",
        read("demand").set_index("region").loc[code, "source_id"].split(";")[0] + ";derived",
        f"what the country's electricity asks for at a load of {USUAL:g} beside the listed sites; "
        "who runs it nobody published") for code in work.index[short]]).set_index("site")


def _other(
    code: str, place: pd.Series, mw: float, bounds: tuple[float, float], operator: str, source: str,
    basis: str,
) -> dict[str, object]:
    """A row of the table for what stands in a region beside the listed sites."""
    us = place["country"] == "US"
    europe = place["bloc"] in ("EU", "EUROPE-OTHER")
    same = {name: place[name] for name in ("lon_deg", "lat_deg", "country", "bloc", "area", "city",
                                           "eu_adequacy", "us_diffusion_tier")}
    return {
        "site": f"other:{code.lower()}", "name": f"Other clouds, {place['name']}",
        "name_zh": f"其他云,{place['name_zh']}", **same, "grid": code, "operator": operator,
        "chip": "nvidia-fleet", "status": "operational", "site_type": "domestic_market",
        "provider": "other", "market_group": "us-other" if us else "other",
        "non_eu_capital": "above" if us else "unknown", "seal_level": "1" if us else "0",
        "europe_set": "core" if europe else "", "world_set": "core", "capacity_mw": mw,
        "capacity_low_mw": bounds[0] * mw, "capacity_high_mw": bounds[1] * mw, "source": source,
        "kind": "derived", "confidence": "low", "basis": basis}


def unlisted(sites: pd.DataFrame, capacity: pd.Series) -> pd.DataFrame:
    """A site for what each US zone holds beside those listed, by its share of electricity."""
    zones = read("us_zones").set_index("zone")
    regions = read("regions", WORLD).set_index("region")
    use = number(zones["electricity_2023_twh"])
    usa = sites["country"] == "US"
    have = capacity[usa].groupby(sites.loc[usa, "grid"]).sum().reindex(use.index).fillna(0.0)
    gap = (US_TOTAL_MW * use / use.sum() - have).clip(lower=0.0)
    gap *= (US_TOTAL_MW - capacity[usa].sum()) / gap.sum()
    return pd.DataFrame([_other(
        str(zone), regions.loc[zone], mw, (0.4, 1.8), "other-us", "L_IEA_ANNEX;L_EPRI24;derived",
        f"cloud and content capacity that no listed site covers: {US_TOTAL_MW:,.0f} MW of the "
        "United States x the zone's share of electricity, less the listed")
        for zone, mw in gap[gap > LEAST_OTHER_MW].items()]).set_index("site")


def with_new(sites: pd.DataFrame) -> pd.DataFrame:
    """The sites of the package without those this script adds, and the new ones behind."""
    new = read("sites_new").set_index("site")
    old = sites[~sites.index.isin(new.index) & ~sites.index.str.startswith("other:")]
    return pd.concat([old, new.reindex(columns=old.columns, fill_value="")])


def made() -> pd.DataFrame:
    """The whole table of sites with its capacities."""
    table = read("sites", WORLD).set_index("site")
    columns = [c for c in table.columns
               if c not in ("capacity_mw_uncalibrated", "calibration_factor")]
    for at, name in enumerate(FIGURES[1:], start=columns.index("capacity_mw") + 1):
        if name not in columns:
            columns.insert(at, name)
    sites = with_new(table.reindex(columns=columns, fill_value=""))
    standing = live(sites)
    levels = allocated(sites[standing])
    other = pd.concat([make(sites[standing], levels["capacity_mw"])
                       for make in (unlisted, unlisted_abroad)])
    sites = pd.concat([sites, other.reindex(columns=columns).astype(object).fillna("")])
    levels = pd.concat([levels, other[levels.columns]])
    for site, row in levels.iterrows():
        sites.loc[site, FIGURES] = [text(row[name]) for name in FIGURES]
        sites.loc[site, ["kind", "capacity_kind"]] = row["kind"]
        sites.loc[site, "confidence"] = row["confidence"]
        sites.loc[site, "source_id"] = cites(_of_place(sites.loc[site, "source_id"]),
                                             row["source"])
        sites.loc[site, "note"] = row["basis"]
    for site in sites.index[~live(sites)]:
        figure = float(sites.loc[site, "capacity_mw"])
        least, most = BY_KIND[sites.loc[site, "capacity_kind"]]
        sites.loc[site, FIGURES[1:]] = [text(figure * least), text(figure * most)]
    sites["world_set"] = in_world(sites).map({True: "core", False: ""})
    return sites.reset_index()


def in_world(sites: pd.DataFrame) -> pd.Series:
    """Which sites the world's model has: large and struck ones, domestic markets, one a country."""
    capacity = number(sites["capacity_mw"])
    stands = live(sites) & (sites["site_type"] != "colo_market")
    kept = stands & ((capacity >= WORLD_LEAST_MW) | (sites["site_type"] == "domestic_market")
                     | (sites["status"] == "damaged"))
    largest = capacity.where(stands).groupby(sites["country"]).transform("max")
    without = ~kept.groupby(sites["country"]).transform("any")
    return kept | (without & stands & (capacity == largest))


def _of_place(cell: str) -> str:
    """Sources that a row had before: of the place and of what it is, not of another figure."""
    return ";".join(one for one in cell.split(";") if one not in ("derived", "unsourced"))


if __name__ == "__main__":
    write(made(), "sites", WORLD)
