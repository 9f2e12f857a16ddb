"""Work wanted in China's provinces, bounds of its sites, partners as the world package has them.

National electricity (``national_dc_electricity_twh``, S&P: 140 TWh in 2024; 102 to 166 are
published or recalled) over the mean PUE is shared among east, central, west and northeast as the
racks of 2021 were, and within each by GDP. Capacity is racks x 2.5 kW: clusters as counted
(``china_racks.csv``), the metros of a hub scaled so that its provinces hold their published share
of the nation's racks (``china_hubs.csv``), those outside the hubs share the rest. Bounds follow
from the kind.

``python data/levels/china.py`` writes ``regions.csv`` and ``sites.csv`` of ``data/regions/china``;
run it after ``demand.py`` and ``allocate.py``.
"""

from __future__ import annotations

import pandas as pd
from allocate import BY_KIND
from allocate import FIGURES as CAPACITY
from demand import COLUMNS as DEMAND
from tables import WORLD, cites, number, read, text, write

CHINA = WORLD.parent / "china"
RACK_MW = 0.0025
"""Power of a standard rack."""
TWH = {"demand_mw": "national_dc_electricity_twh",
       "demand_low_mw": "national_dc_electricity_low_twh",
       "demand_high_mw": "national_dc_electricity_high_twh"}


def regions() -> pd.DataFrame:
    """The table of regions with what is wanted there."""
    table = _with(read("regions", CHINA), DEMAND)
    given = read("parameters", CHINA).set_index("parameter")["value"].map(float)
    home = table["country"] == "CN"
    gdp = number(table["gdp_share"])
    share = gdp / gdp[home].groupby(table["side"]).transform("sum")
    share *= table["side"].map(lambda side: given.get(f"demand_share_{side}", float("nan")))
    for column, name in TWH.items():
        whole = given[name] * 1e6 / 8760 / given["national_pue"]
        table.loc[home, column] = (whole * share)[home].map(text)
    return _as_in_world(table, "regions", "region", [*DEMAND, "source_id", "confidence", "kind"])


def racks(table: pd.DataFrame) -> pd.DataFrame:
    """Standard racks of the sites in China and the factor on what was counted, by site."""
    counted = number(read("china_racks").set_index("site")["standard_racks"])
    here = table.set_index("site").loc[counted.index]
    national = float(read("parameters", CHINA).set_index("parameter").loc[
        "national_standard_racks", "value"])
    group, share = pd.Series("outside", index=here.index), {"outside": 1.0}
    for row in read("china_hubs").to_dict("records"):
        group[here["hub"].isin(row["hubs"].split(";"))] = row["hubs"]
        share[row["hubs"]] = float(row["rack_share"])
        share["outside"] -= float(row["rack_share"])
    cluster = here["site_type"] == "cluster"
    fixed = counted.where(cluster, 0.0).groupby(group).transform("sum")
    loose = counted.where(~cluster, 0.0).groupby(group).transform("sum")
    factor = ((group.map(share) * national - fixed) / loose).where(~cluster, 1.0)
    return pd.DataFrame({"racks": counted * factor, "factor": factor})


def sites() -> pd.DataFrame:
    """The table of sites with their capacities and bounds."""
    table = _with(read("sites", CHINA), CAPACITY)
    raw = read("china_racks").set_index("site")
    levels = racks(table)
    for i, row in table[table["site"].isin(raw.index)].iterrows():
        given, found = raw.loc[row["site"]], levels.loc[row["site"]]
        scaled = row["site_type"] != "cluster"
        kind = "derived" if scaled and given["kind"] == "published" else given["kind"]
        table.loc[i, ["standard_racks", "capacity_mw"]] = [
            text(found["racks"], 1), text(found["racks"] * RACK_MW, 4)]
        table.loc[i, ["capacity_kind", "kind", "confidence"]] = [kind, kind, given["confidence"]]
        table.loc[i, "source_id"] = cites(given["source_id"], "S_ASKCI" if scaled else "")
        table.loc[i, "note"] = given["note"] + (
            f"; x {found['factor']:.3f}, so that its hub holds its published share of the racks"
            if scaled else "")
    for i, row in table.iterrows():
        least, most = BY_KIND[row["capacity_kind"]]
        figure = float(row["capacity_mw"])
        table.loc[i, CAPACITY[1:]] = [text(figure * least), text(figure * most)]
    return _as_in_world(table, "sites", "site",
                        [*CAPACITY, "capacity_kind", "source_id", "confidence", "kind"])


def _with(table: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """The table with the columns of bounds behind their figure."""
    for at, name in enumerate(columns[1:], start=table.columns.get_loc(columns[0]) + 1):
        if name not in table.columns:
            table.insert(at, name, "")
    return table


def _as_in_world(
    table: pd.DataFrame, name: str, key: str, columns: list[str]
) -> pd.DataFrame:
    """The table with partners' figures as the world package has them."""
    world = read(name, WORLD).set_index(key)
    partner = (table["country"] != "CN") & table[key].isin(world.index)
    table.loc[partner, columns] = world.loc[table.loc[partner, key], columns].to_numpy()
    return table


if __name__ == "__main__":
    write(regions(), "regions", CHINA)
    write(sites(), "sites", CHINA)
