"""What a name holds in braces is never read as a template."""

import pandas as pd

from computegrid.dispatch import solve
from computegrid.maps import draw_dispatch
from computegrid.scenario.scenario import Scenario


def test_braces_in_names_are_text():
    name = "{{ 7919 * 7907 }}{% raw %}{#"
    places = {"lon_deg": [2.0], "lat_deg": [48.0], "name": [name]}
    regions = pd.DataFrame(places, index=[name])
    sites = pd.DataFrame({"capacity_mw": [5.0], "control": [name], **places}, index=[name])
    demand = pd.DataFrame({"region": [name], "workload": [name], "mw": [3.0]})
    scenario = Scenario.from_tables(regions, sites, demand, title=name, as_of=name, name=name)
    page = draw_dispatch(solve(scenario)).get_root().render()
    assert "62615533" not in page
    assert page.count("{{ 7919 * 7907 }}{% raw %}{#") >= 5
