"""Work wanted in every region of the world package, the mean of 2024 in MW of IT.

Work done in a region is its electricity over PUE, and the blocs that the IEA publishes add up to
its IT electricity (``blocs.csv``). Work wanted is half of that and half an index (cloud revenue of
the bloc, inside it GDP x use of clouds), scaled so that as much is wanted as is done; China is
taken as closed. Times the share of it that clouds do, since the sites are clouds and AI campuses.

``python data/levels/demand.py`` writes ``demand_mw`` and its bounds into
``data/regions/world/regions.csv``.
"""

from __future__ import annotations

import pandas as pd
from tables import WORLD, cites, number, read, text, write

TWH_PER_MW_YEAR = 8.76e-3
CLOSED = ("CN",)
"""Regions that want what they do themselves."""
INDEX_WEIGHT = 0.5
"""Half: neither is right. Halls do not stand where their users are; an index knows no exports."""
COLUMNS = ["demand_mw", "demand_low_mw", "demand_high_mw"]


def cloud_work(raw: pd.DataFrame) -> pd.Series:
    """Work of clouds by region, its published electricity of 2024 over PUE [MW of IT]."""
    base = number(raw["electricity_2024_twh"]) / number(raw["electricity_2025_twh"])
    return number(raw["it_mw_done_here"]) * base * number(raw["cloud_share"])


def wanted(regions: pd.DataFrame) -> pd.DataFrame:
    """Demand and its bounds by region [MW of IT]."""
    raw = read("demand").set_index("region")
    base = number(raw["electricity_2024_twh"]) / number(raw["electricity_2025_twh"])
    done = number(raw["it_mw_done_here"]) * base
    index = number(raw["it_mw_wanted_index"]) * base
    bloc = regions.set_index("region")["bloc"].reindex(done.index)
    factor = pd.Series(1.0, index=done.index)
    for anchor in read("blocs").to_dict("records"):
        within = bloc.isin(anchor["blocs"].split(";"))
        mw = float(anchor["it_electricity_2024_twh"]) / TWH_PER_MW_YEAR
        factor[within] = mw / done[within].sum()
    done *= factor
    index *= done.sum() / index.sum()
    closed = done.index.isin(CLOSED)
    index[closed] = done[closed]
    open_ = ~closed
    index[open_] *= done[open_].sum() / index[open_].sum()
    bound = {side: number(raw[f"it_mw_done_{side}"]) * base * factor for side in ("low", "high")}
    least = pd.concat([bound["low"], index], axis=1).min(axis=1)
    most = pd.concat([bound["high"], index], axis=1).max(axis=1)
    mean = (1 - INDEX_WEIGHT) * done + INDEX_WEIGHT * index
    return pd.DataFrame({
        "demand_mw": mean * number(raw["cloud_share"]),
        "demand_low_mw": least * number(raw["cloud_share_low"]),
        "demand_high_mw": most * number(raw["cloud_share_high"])})


def made() -> pd.DataFrame:
    """The whole table of regions with what is wanted there."""
    regions = read("regions", WORLD)
    raw = read("demand").set_index("region")
    found = wanted(regions)
    for at, name in enumerate(COLUMNS[1:], start=regions.columns.get_loc("demand_mw") + 1):
        if name not in regions.columns:
            regions.insert(at, name, "")
    for i, region in enumerate(regions["region"]):
        for name in COLUMNS:
            regions.loc[i, name] = text(found.loc[region, name])
        row = raw.loc[region]
        place = [one for one in regions.loc[i, "source_id"].split(";")
                 if one in ("SRC_WBGDP", "SRC_WBPOP", "SRC_FLOPS")]
        regions.loc[i, "source_id"] = cites(";".join(place), row["source_id"], "L_IEA_ANNEX")
        regions.loc[i, ["confidence", "kind"]] = [row["confidence"], row["kind"]]
        regions.loc[i, "note"] = row["note"].replace(
            "E2025 / (PUE x 8.76)", "E2024 / (PUE x 8.76), scaled to the IEA's bloc")
    return regions


if __name__ == "__main__":
    write(made(), "regions", WORLD)
