"""Fixtures the tests share."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

import computegrid as cg

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def trnsport() -> cg.Scenario:
    """The `trnsport` case of the GAMS model library (Dantzig 1963)."""
    thousand_miles = {"Seattle": (2.5, 1.7, 1.8), "San Diego": (2.5, 1.8, 1.4)}
    markets = ("New York", "Chicago", "Topeka")
    return cg.Scenario.from_tables(
        regions=pd.DataFrame(index=pd.Index(markets, name="region")),
        sites=pd.DataFrame({"capacity_mw": [350, 600]},
                           index=pd.Index(thousand_miles, name="site")),
        demand=pd.DataFrame({"region": markets, "mw": [325, 300, 275]}),
        lanes=pd.DataFrame(
            [(market, site, 0.09 * distance)
             for site, row in thousand_miles.items()
             for market, distance in zip(markets, row, strict=True)],
            columns=["region", "site", "network_usd_per_mwh"],
        ),
    )


@pytest.fixture
def small_model(tmp_path: Path) -> Path:
    """The model of China at one summer day of four steps: the same facts, solved in a second."""
    text = (ROOT / "models" / "china.toml").read_text(encoding="utf-8")
    text = re.sub(r"(?m)^seasons = .*$", 'seasons = ["JJA"]', text)
    text = re.sub(r"(?m)^step_hours = .*$", "step_hours = 6", text)
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "model.toml").write_text(text, encoding="utf-8")
    return folder
