"""Home is one comparison: blank and unknown are never at home, whichever table or rule asks."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import computegrid as cg
from computegrid.studies.ladder import home_rules
from computegrid.studies.measures import measures

SOURCE = Path(cg.__file__).parent
NOBODY = ["unknown", "Unknown", "", None]


def test_labels_of_two_places_are_compared_in_one_file():
    """Seen to fail with ``(left == right) & (left != BLANK)`` back in accounts.py."""
    again = re.compile(r"\((\w+) == \w+\) & \(?(\1 !=|is_named)|= \"unknown\"\n|== \w+ != BLANK")
    found = [path.name for path in SOURCE.rglob("*.py")
             if path.name != "home.py" and again.search(path.read_text("utf-8"))]
    assert not found, f"use scenario.home: {found}"


def told(who) -> dict[str, object]:
    s = cg.Scenario.from_tables(
        regions=pd.DataFrame({"country": [who, "FR"]}, index=["r", "q"]),
        sites=pd.DataFrame({"capacity_mw": [9.0], "country": [who], "control": [who]}, index=["x"]),
        demand=pd.DataFrame({"region": ["r"], "mw": [4.0]}), group_by="country",
        lanes=pd.DataFrame({"region": ["r", "q"], "site": "x"}))
    d = cg.solve(s)
    rule = cg.Forbid(label="own", supply={"same_country": True})
    return {
        "dependence": d.summary["dependence"], "home": d.by_workload["home_share"].iloc[0],
        "compared": measures(d)["home_share"], "own": measures(d)["own_control_share"],
        "rule": bool(cg.solve(s, [rule]).flows["mw"].sum() < 4.0),
        "explained": "True" in str(s.explain("r", "work", "x", [rule])),
        "ladder": [r.label for r in home_rules(s, "control", "country", {})],
    }


@pytest.mark.parametrize("who", NOBODY)
@pytest.mark.filterwarnings("ignore::computegrid.RuleWarning")
def test_nobody_is_at_home_nowhere(who):
    assert told(who) == {"dependence": 1.0, "home": 0.0, "compared": 0.0, "own": 0.0,
                         "rule": False, "explained": False, "ladder": ["control: FR"]}


def test_a_name_is_at_home_everywhere():
    assert told("DE") == {"dependence": 0.0, "home": 1.0, "compared": 1.0, "own": 1.0,
                          "rule": True, "explained": True,
                          "ladder": ["control: DE", "control: FR"]}


def owned(**columns) -> cg.Scenario:
    return cg.Scenario.from_tables(
        regions=pd.DataFrame({"country": ["FR"]}, index=["r"]),
        sites=pd.DataFrame({"capacity_mw": [9.0], "country": ["FR"], "operator": ["o"]} | columns,
                           index=["x"]),
        demand=pd.DataFrame({"region": ["r"], "mw": [4.0]}),
        lanes=pd.DataFrame({"region": ["r"], "site": ["x"], "rtt_ms": 1.0}),
        ownership=held(o=("US", 0.25), p=("US", 1.0)))


def held(**shares) -> pd.DataFrame:
    return pd.DataFrame([{"operator": name, "jurisdiction": who, "share": part}
                         for name, (who, part) in shares.items()])


def test_foreign_shares_follow_the_ownership_that_replaces():
    s = owned()
    assert s.sites["foreign_share"].tolist() == [0.25]
    other = s.replace(ownership=held(o=("US", 0.75)))
    assert other.sites["foreign_share"].tolist() == [0.75]
    assert not [r for r in other.remarks if "ownership gives" in str(r)]
    lanes = pd.DataFrame({"region": ["r"], "rtt_ms": 1.0})
    more = s.with_site("y", like="x", operator="p", lanes=lanes)
    assert more.sites["foreign_share"].tolist() == [0.25, 1.0]


def test_a_share_that_contradicts_ownership_is_taken_and_said():
    s = owned(foreign_share=[0.5])
    again = s.replace(ownership=held(o=("US", 0.75)))
    for one, gives in ((s, "0.25"), (again, "0.75")):
        assert one.sites["foreign_share"].tolist() == [0.5]
        said = [str(r) for r in one.remarks if f"ownership gives {gives}" in str(r)]
        assert len(said) == 1 and "row x, column foreign_share" in said[0]
    assert np.isclose(again.sites["opaque"], 0.25).all()
