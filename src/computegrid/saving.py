"""Writing results so that nothing is lost: whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from computegrid.errors import DataError

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_atomically(path: Path, write: Callable[[Path], None]) -> Path:
    """Call ``write`` with a temporary path beside ``path``, flush it, and put it in place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        _flush(temporary)
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return path


def save_run(folder: Path, tables: Mapping[str, pd.DataFrame], metadata: Mapping[str, Any]) -> Path:
    """Write tables as CSV and Parquet with ``run.json``; replace an earlier run of the model.

    Raises
    ------
    DataError
        If the folder exists and is not an earlier run of the same model.
    """
    _require_own(folder, str(metadata["model"]))
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        for name, table in tables.items():
            safe_csv(table).to_csv(temporary / f"{name}.csv", index=False, lineterminator="\n")
            table.to_parquet(temporary / f"{name}.parquet", index=False)
        text = json.dumps(metadata, indent=2, ensure_ascii=False, default=str)
        (temporary / "run.json").write_text(text + "\n", encoding="utf-8")
        for file in temporary.iterdir():
            _flush(file)
        temporary.chmod(0o755)
        _swap(temporary, folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return folder


def safe_csv(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with text that a spreadsheet would run as a formula made harmless."""
    out = table.copy()
    for column in out.columns:
        if pd.api.types.is_string_dtype(out[column]) or out[column].dtype == object:
            text = out[column].astype("str")
            out[column] = text.where(~text.str.startswith(_FORMULA), "'" + text)
    return out


def _require_own(folder: Path, model: str) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise DataError(f"{folder} is a file; name a folder to save the run in")
    if not any(folder.iterdir()):
        return
    try:
        earlier = json.loads((folder / "run.json").read_text(encoding="utf-8"))["model"]
    except (OSError, ValueError, KeyError, TypeError):
        raise DataError(f"{folder} is not empty and is no saved run; name another folder") from None
    if earlier != model:
        raise DataError(f"{folder} holds a run of {earlier!r}, not of {model!r}; name another folder")


def _swap(new: Path, folder: Path) -> None:
    """Put ``new`` in the place of ``folder``; the old run stays until the new one is there."""
    if not folder.exists():
        new.replace(folder)
        return
    old = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}.old."))
    folder.replace(old / "run")
    try:
        new.replace(folder)
    except BaseException:
        (old / "run").replace(folder)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _flush(file: Path) -> None:
    with file.open("rb") as handle:
        os.fsync(handle.fileno())
