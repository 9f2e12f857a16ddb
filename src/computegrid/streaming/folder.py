"""The folder of a streamed run: taken, gone on with, finished, read again."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from computegrid import runs
from computegrid.answer.totals import Totals
from computegrid.errors import DataError, Fault
from computegrid.manifest import listed, sealed
from computegrid.saving import write_inputs, write_text
from computegrid.scenario.regime import Regime
from computegrid.scenario.scenario import Scenario
from computegrid.streaming.answer import StreamedRun
from computegrid.streaming.finish import Proof
from computegrid.streaming.tables import TABLES
from computegrid.tables.labels import as_text

KIND = "streamed"
"""What ``run.json`` says its run is."""
_SAME = {"inputs_sha256": "figures", "tables_sha256": "columns that rules select by",
         "rules": "rules", "days": "days to a window"}
"""What two runs must share to be one, and what it is called."""
_OF_TOTALS = ("lanes", "pairs", "sites")


def asked_of(scenario: Scenario, regime: Regime, days: int) -> dict[str, Any]:
    """Return what ``run.json`` says of the inputs of a run."""
    return runs.described(scenario, regime) | {
        "kind": KIND, "model": scenario.name, "title": scenario.title, "regime": regime.name,
        "minimise": "cost", "days": days, "tables_sha256": _hash_of(scenario)}


def finished(
    place: Path, scenario: Scenario, regime: Regime, asked: Mapping[str, Any], gap: float
) -> StreamedRun | None:
    """Return the run that is finished in the folder, if it is the one asked for; None if none is.

    Raises
    ------
    DataError
        If another one is, naming it and what differs, or its gap is larger than the one asked for.
    """
    file = place / "run.json"
    if not file.is_file():
        return None
    told = _json(file)
    if told.get("kind") != KIND:
        raise DataError(f"{place} is not empty and holds no streamed run; name another folder")
    plain = json.loads(json.dumps(asked, default=str))
    differ = [words for key, words in _SAME.items() if told.get(key) != plain[key]]
    if differ:
        raise DataError(
            f"{place} holds a finished run of {told.get('model')!r} under {told.get('regime')!r}, "
            f"not this one of {scenario.name!r} under {regime.name!r}: other {', '.join(differ)}; "
            "name another folder")
    reached = float(told["proof"]["gap"])
    if reached > gap:
        raise DataError(f"{place} holds this run to a gap of {reached:.1e}, not {gap:.0e}; name "
                        "another folder, or ask for no smaller one")
    return _run(place, told, scenario, regime)


def claim(place: Path, asked: Mapping[str, Any]) -> None:
    """Take the folder, or go on where the same run stopped; it is locked.

    Raises
    ------
    DataError
        If it holds anything else.
    """
    text = json.dumps(asked, sort_keys=True, default=str)
    note = place / "work" / "asked.json"
    if not note.is_file():
        write_text(note, text)
    elif note.read_text(encoding="utf-8") != text:
        told = _json(note)
        raise DataError(
            f"{place} holds a run of {told.get('model')!r} under {told.get('regime')!r} of other "
            "figures, rules or versions that was stopped; remove it, or name another folder")


def require_free(place: Path) -> None:
    """Raise unless the folder is not there, is empty, or holds a run that was stopped.

    Raises
    ------
    DataError
    """
    if place.is_dir() and any(place.iterdir()) and not (place / "work").is_dir():
        raise DataError(f"{place} is not empty and holds no run that was stopped; "
                        "name another folder")


def keep(
    place: Path, asked: Mapping[str, Any], scenario: Scenario, regime: Regime, totals: Totals,
    proof: Proof, gap: float, rounds: int, remarks: tuple[Fault, ...],
) -> StreamedRun:
    """Put a run that is done in its place; ``run.json`` is written last."""
    work = place / "work"
    inputs, arrays = runs.inputs_of(scenario)
    write_inputs(work / "inputs", inputs, {"scenario": arrays})
    np.savez_compressed(work / "totals.npz", **{
        f"{part}:{name}": values for part in _OF_TOTALS
        for name, values in getattr(totals, part).items()})
    shutil.rmtree(place / "inputs", ignore_errors=True)
    names = [*(f"{name}.parquet" for name in TABLES), "totals.npz", "inputs"]
    for name in names:
        (work / name).replace(place / name)
    files = sorted(one for name in names
                   for one in ([place / name] if (place / name).is_file()
                               else (place / name).iterdir()))
    run = _answer(place, scenario, regime, totals, proof, rounds, remarks)
    told = dict(asked) | {
        "status": run.status, "solver": run.solver, "gap": gap, "rounds": rounds,
        "proof": asdict(proof), "summary": run.summary.to_dict(),
        "totals": {"hours": totals.hours, "charged": totals.charged,
                   "penalties_usd": totals.penalties_usd},
        "remarks": [asdict(remark) for remark in remarks],
        "files": listed(place, [file.relative_to(place).as_posix() for file in files])}
    write_text(place / "run.json", json.dumps(sealed(told), indent=1, ensure_ascii=False))
    shutil.rmtree(work, ignore_errors=True)
    return run


def is_streamed(told: object) -> bool:
    """Whether a ``run.json`` is that of a streamed run."""
    return isinstance(told, dict) and told.get("kind") == KIND


def unfinished(place: Path) -> bool:
    """Whether the folder holds a streamed run that was stopped."""
    return not (place / "run.json").exists() and (place / "work" / "asked.json").is_file()


def read_streamed(place: Path, told: Mapping[str, Any]) -> StreamedRun:
    """Read a finished run, whose files are those that were written.

    Raises
    ------
    DataError
        If its inputs are not those the run was made from.
    """
    scenario, regime = runs.inputs_again(place, told)
    return _run(place, told, scenario, regime)


def _run(
    place: Path, told: Mapping[str, Any], scenario: Scenario, regime: Regime
) -> StreamedRun:
    try:
        with np.load(place / "totals.npz", allow_pickle=False) as kept:
            sums: dict[str, Any] = {part: {} for part in _OF_TOTALS}
            for key in kept.files:
                part, name = key.split(":", 1)
                sums[part][name] = kept[key]
        totals = Totals(**sums, **told["totals"])
        return _answer(place, scenario, regime, totals, Proof(**told["proof"]), told["rounds"],
                       tuple(Fault(**remark) for remark in told["remarks"]))
    except runs.UNREADABLE as error:
        raise DataError(f"{place} was changed or damaged: {error}") from error


def _answer(
    place: Path, scenario: Scenario, regime: Regime, totals: Totals, proof: Proof, rounds: int,
    remarks: tuple[Fault, ...],
) -> StreamedRun:
    return StreamedRun(place, scenario, regime, proof, rounds, remarks, _held=totals)


def _json(file: Path) -> dict[str, Any]:
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{file} cannot be read: {error}") from error
    if not isinstance(told, dict):
        raise DataError(f"{file} says nothing of a run")
    return told


def _hash_of(scenario: Scenario) -> str:
    """A hash of the tables that rules select in: by columns that no array holds."""
    digest = hashlib.sha256()
    for name in ("regions", "workloads", "sites", "lanes", "hours"):
        table = scenario.tables[name]
        plain = table[[c for c in table.columns if c != "geometry"]].apply(as_text)
        digest.update(f"{name}: {list(plain.columns)}".encode())
        digest.update(pd.util.hash_pandas_object(plain).to_numpy().tobytes())
    return digest.hexdigest()
