"""Saved runs: what is written beside the tables, and the inputs of a run read back."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from computegrid.errors import DataError, Fault
from computegrid.manifest import FORMAT, INPUTS, files_of, hashed
from computegrid.scenario.arrays import Arrays
from computegrid.scenario.changes import Given
from computegrid.scenario.lanes import Network
from computegrid.scenario.regime import RULES, Regime
from computegrid.scenario.scenario import Scenario

MOST_UNPACKED = 8_000_000_000
"""Most bytes that a file of a run is unpacked to."""
UNREADABLE = (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile)
"""What reading a damaged file raises."""
UNHASHED = Fault(
    "run.json", "of format 1: its files are not hashed, so a figure that was changed since it was "
    "saved is not told from one that was not", cure="solve again and save, to have them hashed")
"""Said of a scenario read from such a run."""
_PACKAGES = ("computegrid", "highspy", "numpy", "pandas", "scipy")
_GIVEN = "given-"
_GIVEN_TABLES = ("lanes", "routes")
"""Tables that :meth:`Scenario.to_tables` gives and no others show, and how their files begin."""
_BESIDE = "beside-"
"""What the files of tables that no equation reads begin with: sources, ownership."""


def inputs_of(scenario: Scenario) -> tuple[dict[str, pd.DataFrame], dict[str, np.ndarray]]:
    """Tables and arrays of a scenario, as they are written."""
    tables = dict(scenario.tables) | {"links": scenario._links}
    given = scenario._given
    if given is not None:
        tables |= {f"{_GIVEN}{name}": table for name in _GIVEN_TABLES
                   if (table := getattr(given, name)) is not None}
    tables |= {f"{_BESIDE}{name}": getattr(scenario, name) for name in _frames(scenario)}
    return tables, {f.name: getattr(scenario.arrays, f.name) for f in fields(Arrays)}


def described(scenario: Scenario, regime: Regime) -> dict[str, Any]:
    """What ``run.json`` says of the inputs: names, rules, versions and a hash of all figures."""
    rules = [_rule(rule) for rule in regime.rules]
    return {
        "format": FORMAT,
        "scenario": {
            f.name: getattr(scenario, f.name) for f in fields(Scenario)
            if isinstance(getattr(scenario, f.name), (str, type(None)))
        },
        "given": None if scenario._given is None else {
            name: value for name, value in asdict(scenario._given).items()
            if name not in _GIVEN_TABLES},
        "rules": rules,
        "regimes": {name: _regime(one) for name, one in scenario.regimes.items()},
        "regime_text": {k: getattr(regime, k) for k in ("title", "title_zh", "source", "note")},
        "notes": [asdict(note) for note in scenario._notes],
        "inputs_sha256": _digest(rules, {
            f.name: getattr(scenario.arrays, f.name) for f in fields(Arrays)}),
        "versions": {name: version(name) for name in _PACKAGES}
        | {"python": platform.python_version()},
    }


def inputs_again(folder: Path, told: Mapping[str, Any]) -> tuple[Scenario, Regime]:
    """Scenario and regime that a run was made from.

    Raises
    ------
    DataError
        If they cannot be read, or are not those the run was made from.
    """
    try:
        scenario = _scenario(folder, told)
        regime = Regime(told["regime"], tuple(map(_as_rule, told["rules"])), **told["regime_text"])
    except UNREADABLE as error:
        raise DataError(f"{folder} is no saved run that can be read: {error}") from error
    return scenario, regime


def _digest(rules: list[Any], arrays: Mapping[str, np.ndarray]) -> str:
    """A hash of rules and of the arrays there are: an older version had fewer."""
    digest = hashlib.sha256(json.dumps(rules, sort_keys=True, default=str).encode())
    for name in (field.name for field in fields(Arrays)):
        if name in arrays:
            digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()


def _scenario(folder: Path, told: Mapping[str, Any]) -> Scenario:
    tables: dict[str, Any] = {}
    for file in _tables(folder, told):
        held = pq.read_metadata(file)
        size = sum(held.row_group(i).total_byte_size for i in range(held.num_row_groups))
        if max(size, 8 * held.num_rows * held.num_columns) > MOST_UNPACKED:
            raise DataError(f"{file.name} would unpack to more than {MOST_UNPACKED:,} bytes")
        reader = gpd.read_parquet if file.stem in ("regions", "sites") else pd.read_parquet
        tables[file.stem] = reader(file)
    beside = {name.removeprefix(_BESIDE): tables.pop(name) for name in list(tables)
              if name.startswith(_BESIDE)}
    of_given = {name: tables.pop(f"{_GIVEN}{name}", None) for name in _GIVEN_TABLES}
    stored = stored_arrays(folder / INPUTS / "scenario.npz")
    if _digest(told["rules"], stored) != told["inputs_sha256"]:
        raise DataError(f"{folder}: its inputs are not those the run was made from")
    stored = {"chain": stored["day"], **stored}  # a run of before there were chains: days
    arrays = Arrays(**{field.name: stored[field.name] for field in fields(Arrays)})
    return Scenario(
        _links=tables.pop("links"), _tables=tables, _arrays=arrays, **beside, **told["scenario"],
        regimes={name: _as_regime(name, one) for name, one in told["regimes"].items()},
        _notes=(*(Fault(**note) for note in told.get("notes", ())),
                *(() if hashed(told) else (UNHASHED,))),
        _given=_as_given(told.get("given"), of_given),
    )


def _tables(folder: Path, told: Mapping[str, Any]) -> list[Path]:
    """Tables of the inputs: those the run lists, or all that are there where it lists none."""
    if not hashed(told):
        return sorted((folder / INPUTS).glob("*.parquet"))
    names = sorted(name for name in files_of(told) if name.endswith(".parquet"))
    return [folder / name for name in names if Path(name).parent == Path(INPUTS)]


def _as_given(
    told: Mapping[str, Any] | None, tables: Mapping[str, pd.DataFrame | None]
) -> Given | None:
    """What the scenario was given; None where an older version did not keep it."""
    if told is None:
        return None
    network = told["network"]
    return Given(**{**told, "unusual": tuple(told["unusual"]), **tables,
                    "network": None if network is None else Network(**network)})


def _as_regime(name: str, told: Mapping[str, Any]) -> Regime:
    given = dict(told)
    rules, below = given.pop("rules"), given.pop("extends", None)
    extends = None if below is None else _as_regime(
        below["name"], {key: value for key, value in below.items() if key != "name"})
    return Regime(name, tuple(map(_as_rule, rules)), extends, **given)


def stored_arrays(file: Path) -> dict[str, np.ndarray]:
    """Named arrays of an ``.npz`` file; nothing in it is run.

    Raises
    ------
    DataError
        If it would unpack to more than ``MOST_UNPACKED`` bytes.
    """
    with ZipFile(file) as packed:
        size = sum(one.file_size for one in packed.infolist())
    if size > MOST_UNPACKED:
        raise DataError(f"{file.name} would unpack to {size:,} bytes; at most {MOST_UNPACKED:,} "
                        "are read")
    with file.open("rb") as handle, np.load(handle, allow_pickle=False) as stored:
        return dict(stored)


def _frames(scenario: Scenario) -> list[str]:
    return [f.name for f in fields(Scenario) if not f.name.startswith("_")
            and isinstance(getattr(scenario, f.name), pd.DataFrame)]


def _regime(regime: Regime) -> dict[str, Any]:
    text = {k: getattr(regime, k) for k in ("title", "title_zh", "source", "note")}
    return {
        **text, "rules": [_rule(rule) for rule in regime.rules],
        "extends": None if regime.extends is None
        else {"name": regime.extends.name, **_regime(regime.extends)},
    }


def _rule(rule: Any) -> dict[str, Any]:
    return {"kind": rule.kind, **{k: _plain(v) for k, v in asdict(rule).items()}}


def _as_rule(told: Mapping[str, Any]) -> Any:
    given = dict(told)
    return RULES[given.pop("kind")](**given)


def _plain(value: Any) -> Any:
    """A value that JSON keeps as it is."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset, np.ndarray, pd.Index)):
        return [_plain(v) for v in value]
    if isinstance(value, np.generic):
        return value.item()
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
