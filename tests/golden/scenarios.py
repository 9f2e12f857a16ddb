"""Small scenarios whose answers are worked out by hand."""

from __future__ import annotations

import pandas as pd

import computegrid as cg


def two_sites(*, hours=None, demand=None, workloads=None, site_hours=None, sites=None, lanes=None):
    """One region, a near site (10 MW at 30 USD/MWh) and a far one (20 MW at 10 USD/MWh).

    The near site has PUE 1.5 and a chip that draws 2 MW per MW of work; the far one PUE 1.2.
    Moving a MWh of work costs 1 USD near and 5 USD far.
    """
    table = pd.DataFrame(
        {"capacity_mw": [10.0, 20.0], "pue": [1.5, 1.2], "power_ratio": [2.0, 1.0],
         "energy_usd_per_mwh": [30.0, 10.0], "carbon_kg_per_mwh": [100.0, 500.0],
         "rent_usd_per_mwh": [3.0, 4.0], "control": ["FR", "US"]},
        index=pd.Index(["near", "far"], name="site"),
    )
    return cg.Scenario.from_tables(
        regions=pd.DataFrame({"country": ["FR"]}, index=pd.Index(["home"], name="region")),
        sites=table if sites is None else table.assign(**sites),
        demand=pd.DataFrame({"region": ["home"], "mw": [8.0]}) if demand is None else demand,
        workloads=workloads, hours=hours, site_hours=site_hours,
        lanes=lanes if lanes is not None else pd.DataFrame({
            "region": "home", "site": ["near", "far"], "rtt_ms": [5.0, 40.0],
            "network_usd_per_mwh": [1.0, 5.0]}),
    )


def flow_of(dispatch, site, hour=None):
    """MW that a site serves, in one hour or in all together."""
    flows = dispatch.flows.query("site == @site")
    return float((flows if hour is None else flows[flows["hour"] == hour])["mw"].sum())
