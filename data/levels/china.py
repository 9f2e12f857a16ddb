"""Work wanted in China's provinces, bounds of its sites, partners as the world package has them.

National electricity (``national_dc_electricity_twh``, S&P: 140 TWh in 2024; 102 to 166 are
published or recalled) over the mean PUE is shared among east, central, west and northeast as the
racks of 2021 were, and within each by GDP. Capacities stay; bounds follow from their kind.

``python data/levels/china.py`` writes ``regions.csv`` and ``sites.csv`` of ``data/regions/china``;
run it after ``demand.py`` and ``allocate.py``.
"""

from __future__ import annotations

import pandas as pd
from allocate import BY_KIND
from allocate import FIGURES as CAPACITY
from demand import COLUMNS as DEMAND
from tables import WORLD, number, read, text, write

CHINA = WORLD.parent / "china"
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


def sites() -> pd.DataFrame:
    """The table of sites with the bounds of their capacities."""
    table = _with(read("sites", CHINA), CAPACITY)
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
