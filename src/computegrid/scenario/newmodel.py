"""A folder of one's own: a model and the facts it needs, copied to be edited and run."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from computegrid.errors import DataError
from computegrid.saving import new_folder_beside
from computegrid.scenario.bundled import MODEL_FILE, facts_folder, load, model_path
from computegrid.scenario.modelfile import read_model
from computegrid.scenario.modelschema import SCHEMA_FILE, model_schema, with_schema_line
from computegrid.scenario.scenario import Scenario
from computegrid.targets import require_folder_target

FACTS = "facts"
"""Name of the folder of facts inside a planner's folder."""


def new_model(folder: Path, model: str) -> Path:
    """Write ``folder`` with ``model.toml``, its JSON Schema and the ``facts/`` the model uses.

    Parameters
    ----------
    folder : Path
        Must not exist, or be empty.
    model : str
        Bundled name or path of the model to start from.

    Returns
    -------
    Path
        The model file. ``computegrid run FOLDER`` gives the same answer as the model copied.

    Raises
    ------
    DataError
        If the folder is not empty.
    """
    require_folder_target(folder)
    if folder.exists() and any(folder.iterdir()):
        raise DataError(f"{folder} is there already and is not empty; name a new folder")
    scenario = load(model)
    path = model_path(model)
    described = read_model(path)
    facts = facts_folder(path, described.data)
    temporary = new_folder_beside(folder)
    try:
        (temporary / FACTS).mkdir()
        for file in sorted(facts.glob("*.csv")):
            text = _needed(file, scenario)
            (temporary / FACTS / file.name).write_text(text, encoding="utf-8", newline="")
        text = re.sub(r'(?m)^data\s*=\s*"[^"]*"', f'data = "{FACTS}"',
                      path.read_text(encoding="utf-8"), count=1)
        (temporary / MODEL_FILE).write_text(with_schema_line(text), encoding="utf-8")
        (temporary / SCHEMA_FILE).write_text(model_schema(), encoding="utf-8")
        if folder.exists():
            folder.rmdir()
        temporary.replace(folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return folder / MODEL_FILE


def _needed(file: Path, scenario: Scenario) -> str:
    """Text of a table with only the rows the scenario uses.

    Regions are all kept: they say which bloc a country is of, also that of an owner far away.
    """
    tables = scenario.tables
    keep: dict[str, tuple[str, Iterable[str]]] = {
        f"{name}s.csv": (name, tables[f"{name}s"].index) for name in ("site", "workload")
    }
    if len(scenario.controls):
        keep["controls.csv"] = ("control", scenario.controls.index)
    for table, key in (("operators", "operator"), ("chips", "chip"), ("grids", "grid")):
        if key in tables["sites"].columns:
            keep[f"{table}.csv"] = (key, tables["sites"][key])
    for table in ("operator_entities", "seal_scores"):
        if "operator" in tables["sites"].columns:
            keep[f"{table}.csv"] = ("operator", tables["sites"]["operator"])
    text = file.read_text(encoding="utf-8")
    if file.name not in keep:
        return text
    column, labels = keep[file.name]
    wanted = set(labels)
    rows = list(csv.reader(io.StringIO(text)))
    at = rows[0].index(column)
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(
        [rows[0], *(row for row in rows[1:] if row and row[at] in wanted)]
    )
    return out.getvalue()
