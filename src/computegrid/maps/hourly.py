"""What moves with the hour, packed small: one row of 16-bit numbers per flow, site and region."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from computegrid.maps.figures import priced_demand

if TYPE_CHECKING:
    from computegrid.dispatch import Dispatch

Floats = NDArray[np.float64]
_STEPS = 65535


def pack(rows: Floats) -> dict[str, Any]:
    """Rows (n, hours) as 16-bit steps between the row's own least and most value, in base 64.

    The error is at most 1/131070 of the row's range. ``low`` and ``high`` are rounded to 7 digits.
    """
    rows = np.nan_to_num(np.asarray(rows, dtype=float))
    low = rows.min(axis=1) if rows.size else np.zeros(len(rows))
    span = (rows.max(axis=1) if rows.size else np.zeros(len(rows))) - low
    steps = np.rint((rows - low[:, None]) / np.where(span > 0, span, 1.0)[:, None] * _STEPS)
    return {
        "low": [float(f"{value:.7g}") for value in low],
        "span": [float(f"{value:.7g}") for value in span],
        "steps": base64.b64encode(steps.astype("<u2").tobytes()).decode("ascii"),
    }


def table_of(
    table: pd.DataFrame, keys: list[str], value: str, rows: pd.Index[Any], hours: pd.Index[Any]
) -> Floats:
    """A tidy table as an array (rows, hours), summed over what ``keys`` leave out; absent is 0."""
    out = np.zeros((len(rows), len(hours)))
    if table.empty:
        return out
    found = pd.MultiIndex.from_frame(table[keys]) if len(keys) > 1 else pd.Index(table[keys[0]])
    row, hour = rows.get_indexer(found), hours.get_indexer(pd.Index(table["hour"]))
    kept = (row >= 0) & (hour >= 0)
    np.add.at(out, (row[kept], hour[kept]), table[value].to_numpy(dtype=float)[kept])
    return out


def hourly(dispatch: Dispatch, pairs: pd.MultiIndex) -> dict[str, Floats]:
    """Arrays (rows, hours): flow MW; site power and availability MW; region demand MW, price."""
    scenario = dispatch.scenario
    hours, sites, regions = scenario.hours.index, scenario.sites.index, scenario.regions.index
    demand = priced_demand(dispatch)
    demand["worth"] = demand["mw"] * demand["price"].fillna(0.0)
    wanted = table_of(demand, ["region"], "mw", regions, hours)
    worth = table_of(demand, ["region"], "worth", regions, hours)
    use = dispatch.utilisation
    return {
        "flow_mw": table_of(dispatch.flows, ["region", "site"], "mw", pairs, hours),
        "site_used_mw": table_of(use, ["site"], "power_mw", sites, hours),
        "site_available_mw": table_of(use, ["site"], "available_mw", sites, hours),
        "region_demand_mw": wanted,
        "region_price": np.divide(worth, wanted, out=np.zeros_like(worth), where=wanted > 0),
        "region_unserved_mw": table_of(dispatch.unserved, ["region"], "mw", regions, hours),
    }
