"""What follows from the schema is what stands in the checkout, and is valid where it is read."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from computegrid.generate import CHECKOUT, generated, stale
from computegrid.tables import schema
from computegrid.tables.describe import described_package, field_of, tables_for_people

PACKAGES = ("china", "world")


def test_generated_files_are_what_the_schema_says():
    assert [path.name for path in stale()] == [], "run `make schema`"


def test_a_generated_file_that_was_edited_is_noticed(tmp_path):
    for path in generated():
        copy = tmp_path / path.relative_to(CHECKOUT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(path.parent, copy.parent, dirs_exist_ok=True)
    assert stale(tmp_path) == []
    for path in generated(tmp_path):
        text = path.read_text("utf-8")
        path.write_text(text.replace("0.01", "0.02").replace('"number"', '"string"', 1)
                        .replace('"const": "Share"', '"const": "Part"'), "utf-8")
        assert path in stale(tmp_path), path.name


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_is_a_valid_data_package(package):
    """Types, bounds, keys and references between tables, by a reader that is not ours."""
    folder = CHECKOUT / "data" / "regions" / package
    done = subprocess.run([sys.executable, "-W", "ignore", "-m", "frictionless", "validate",
                           "datapackage.json", "--json"],
                          cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    report = json.loads(done.stdout)
    assert report["valid"], [task["errors"][:3] for task in report["tasks"] if not task["valid"]]
    assert {Path(task["place"]).stem for task in report["tasks"]} == {
        path.stem for path in folder.glob("*.csv")}


def test_the_reader_bites(tmp_path):
    """A capacity below 0 and an operator nobody knows are not valid by the generated descriptor."""
    shutil.copytree(CHECKOUT / "data" / "regions" / "china", tmp_path / "china")
    path = tmp_path / "china" / "sites.csv"
    sites = pd.read_csv(path, dtype=str, keep_default_na=False)
    sites.loc[0, ["capacity_mw", "operator"]] = ["-1", "nobody"]
    sites.to_csv(path, index=False)
    done = subprocess.run([sys.executable, "-W", "ignore", "-m", "frictionless", "validate",
                           "datapackage.json", "--json"], cwd=tmp_path / "china",
                          capture_output=True, text=True, timeout=300, check=False)
    found = {error["type"] for task in json.loads(done.stdout)["tasks"]
             for error in task["errors"]}
    assert found == {"constraint-error", "foreign-key"}


def test_a_column_is_described_once_and_everywhere(tmp_path):
    """What a package says of a known column beside the schema is kept, and the schema leads."""
    field = field_of(schema.SITES.column("pue"))
    assert field["constraints"] == {"minimum": 1, "maximum": 5}
    (tmp_path / "sites.csv").write_text("site,capacity_mw,pue,mine\n", "utf-8")
    given = {"resources": [{"name": "sites", "path": "sites.csv", "schema": {"fields": [
        {"name": "pue", "type": "string", "description": "of the hall"},
        {"name": "mine", "type": "string", "description": "a note"}]}}]}
    (tmp_path / "datapackage.json").write_text(json.dumps(given), "utf-8")
    text = described_package(tmp_path)
    made = json.loads(text)["resources"][0]["schema"]
    assert [one["name"] for one in made["fields"]] == ["site", "capacity_mw", "pue", "mine"]
    assert made["fields"][2] == field | {"about": "of the hall"}
    assert made["primaryKey"] == ["site"]
    (tmp_path / "datapackage.json").write_text(text, "utf-8")
    assert described_package(tmp_path) == text, "a second run changes nothing"
    assert "| `pue` | number |  | 1 to 5 |  | 1 | facility energy / IT energy |" in (
        tables_for_people())
