"""SEAL vectors: every operator's level in every objective, and who meets no floor."""

from __future__ import annotations

import pandas as pd
import pytest

import computegrid as cg
from computegrid.scenario.seal import with_seal
from computegrid.tables.check import check_table
from computegrid.tables.read import read_csv
from computegrid.tables.schema import SEAL_SCORES

SITES = pd.DataFrame({"site": ["a", "b"], "operator": ["known", "new"]})
HEAD = "operator,objective,level,confidence\n"


def test_sites_get_the_vector_of_their_operator(tmp_path):
    assert with_seal(SITES, None) is SITES
    scores = gated(tmp_path, "known,SOV-1,3,high\nknown,SOV-2,1,low\n")
    found = with_seal(SITES, scores)
    assert found.loc[0, ["seal_sov_1", "seal_sov_2", "seal_confidence"]].tolist() == [3, 1, "low"]
    assert found.loc[1, ["seal_sov_1", "seal_confidence"]].isna().all()
    own = with_seal(SITES.assign(seal_sov_1=[4.0, 4.0]), scores)
    assert own["seal_sov_1"].tolist() == [4.0, 4.0], "a site's own column comes first"


@pytest.mark.parametrize(("row", "says"), [
    ("known,SOV-1,5,high\n", "must be at most 4"),
    ("known,SOV-1,-1,high\n", "must be at least 0"),
    ("known,SOV-1,2.5,high\n", "must be a whole number"),
    ("known,SOV-1,,high\n", "is blank"),
    ("known,SOV-1,none,high\n", "is not a number"),
    ("known,SOV-9,1,high\n", "is none of SOV-1"),
    ("known,SOV-1,1,sure\n", "is none of low, medium, high"),
    (",SOV-1,1,high\n", "column operator: is blank"),
    ("known,SOV-1,1,high\nknown,SOV-1,2,high\n", "known/SOV-1: the same operator, objective"),
])
def test_wrong_scores_are_named(tmp_path, row, says):
    with pytest.raises(cg.DataError, match=says):
        gated(tmp_path, row)


def gated(folder, rows: str) -> pd.DataFrame:
    (folder / "seal_scores.csv").write_text(HEAD + rows, encoding="utf-8")
    return check_table(SEAL_SCORES, read_csv(folder, "seal_scores.csv"))


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
