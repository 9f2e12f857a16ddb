"""SEAL vectors: every operator's level in every objective, and who meets no floor."""

from __future__ import annotations

import pandas as pd
import pytest

import computegrid as cg
from computegrid.scenario.seal import with_seal

SITES = pd.DataFrame({"site": ["a", "b"], "operator": ["known", "new"]})
HEAD = "operator,objective,level,confidence\n"


def test_sites_get_the_vector_of_their_operator(tmp_path):
    assert with_seal(tmp_path, SITES) is SITES
    (tmp_path / "seal_scores.csv").write_text(
        HEAD + "known,SOV-1,3,high\nknown,SOV-2,1,low\n", encoding="utf-8")
    found = with_seal(tmp_path, SITES)
    assert found.loc[0, ["seal_sov_1", "seal_sov_2", "seal_confidence"]].tolist() == [3, 1, "low"]
    assert found.loc[1, ["seal_sov_1", "seal_confidence"]].isna().all()
    own = with_seal(tmp_path, SITES.assign(seal_sov_1=[4.0, 4.0]))
    assert own["seal_sov_1"].tolist() == [4.0, 4.0], "a site's own column comes first"


@pytest.mark.parametrize(("row", "says"), [
    ("known,SOV-1,5,high\n", "a level is 0, 1, 2, 3 or 4"),
    ("known,SOV-1,1,high\nknown,SOV-1,2,high\n", "is scored twice"),
])
def test_wrong_scores_are_named(tmp_path, row, says):
    (tmp_path / "seal_scores.csv").write_text(HEAD + row, encoding="utf-8")
    with pytest.raises(cg.DataError, match=says):
        with_seal(tmp_path, SITES)


def test_the_regime_floors_every_objective():
    """A rule for each of the eight objectives; whoever misses one of them is named."""
    europe = cg.load("europe")
    rules = europe.regimes["seal-3"].rules
    floors = {column for rule in rules for column in rule.supply if column.startswith("seal_sov_")}
    assert floors == {f"seal_sov_{i}" for i in range(1, 9)}
    assert europe.explain("FR", "real-time", "ovh:gra", "seal-3").open
    said = str(europe.explain("FR", "real-time", "aws:eusc-de-east-1", "seal-3"))
    assert "seal_sov_1 = 1" in said
    assert "seal_sov_7" not in said, "it is scored 3 in security"
