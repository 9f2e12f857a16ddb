"""Writing results so that nothing is lost: whole or not at all."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
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


def write_text(path: Path, text: str) -> Path:
    """Write a text: all of it is there afterwards, or the file is as it was."""
    def write(file: Path) -> None:
        file.write_text(text, encoding="utf-8", newline="\n")

    return write_atomically(path, write)


def save_run(
    folder: Path, tables: Mapping[str, pd.DataFrame], metadata: Mapping[str, Any],
    inputs: Mapping[str, pd.DataFrame] | None = None,
    arrays: Mapping[str, Mapping[str, np.ndarray]] | None = None,
) -> Path:
    """Write a run into a folder, whole or not at all; replace an earlier run of the model.

    Parameters
    ----------
    folder : Path
        Where; a new folder, an empty one, or that of an earlier run of the same model.
    tables : mapping from a name to a DataFrame
        Results, written as CSV (safe to open in a spreadsheet) and as Parquet.
    metadata : mapping
        What ``run.json`` says; ``model`` names the model.
    inputs : mapping from a name to a DataFrame, optional
        What the run was made from, written as Parquet into ``inputs/``.
    arrays : mapping from a name to named arrays, optional
        Written as ``.npz``.

    Raises
    ------
    DataError
        If the folder holds something else, or cannot be written; what was there is untouched.
    """
    _require_own(folder, str(metadata["model"]))
    temporary = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(folder)
        temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=_prefix(folder)))
        for name, table in tables.items():
            safe_csv(table).to_csv(temporary / f"{name}.csv", index=False, lineterminator="\n")
            table.to_parquet(temporary / f"{name}.parquet", index=False)
        write_inputs(temporary / "inputs", inputs or {}, arrays or {})
        text = json.dumps(metadata, indent=2, ensure_ascii=False, default=str)
        (temporary / "run.json").write_text(text + "\n", encoding="utf-8")
        for file in [*temporary.rglob("*"), temporary]:
            _flush(file)
        temporary.chmod(0o755)
        _swap(temporary, folder)
        _flush(folder.parent)
    except OSError as error:
        raise DataError(
            f"{folder} could not be written: {error.strerror or error}; what was there is untouched"
        ) from error
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
    return folder


def write_inputs(
    folder: Path, inputs: Mapping[str, pd.DataFrame], arrays: Mapping[str, Mapping[str, np.ndarray]]
) -> None:
    """Write what a run was made from into a folder: tables as Parquet, arrays as ``.npz``."""
    folder.mkdir(exist_ok=True)
    for name, table in inputs.items():
        table.to_parquet(folder / f"{name}.parquet")
    for name, values in arrays.items():
        np.savez_compressed(folder / f"{name}.npz", **dict[str, Any](values))


def safe_csv(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with text that a spreadsheet would run as a formula made harmless."""
    out = table.copy()
    for column in out.columns:
        if pd.api.types.is_string_dtype(out[column]) or out[column].dtype == object:
            runs = out[column].str.startswith(_FORMULA).fillna(False).astype(bool)
            out[column] = out[column].where(~runs, "'" + out[column].where(runs, ""))
    return out


def _require_own(folder: Path, model: str) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise DataError(f"{folder} is a file; name a folder to save the run in")
    if not any(folder.iterdir()):
        return
    foreign = [p.name for p in folder.iterdir() if p.suffix not in (".csv", ".parquet")
               and p.name not in ("run.json", "inputs")]
    if (folder / "run.json").is_file() and foreign:
        raise DataError(f"{folder} holds what is no part of a run ({', '.join(sorted(foreign))}) "
                        "and would be lost; move it, or name another folder")
    try:
        earlier = json.loads((folder / "run.json").read_text(encoding="utf-8"))["model"]
    except (OSError, ValueError, KeyError, TypeError):
        raise DataError(f"{folder} is not empty and is no saved run; name another folder") from None
    if earlier != model:
        raise DataError(
            f"{folder} holds a run of {earlier!r}, not of {model!r}; name another folder")


def _swap(new: Path, folder: Path) -> None:
    """Put ``new`` in the place of ``folder``; what was there ends up at ``new``."""
    if not folder.exists():
        new.replace(folder)
    elif not _exchanged(new, folder):
        old = Path(tempfile.mkdtemp(dir=folder.parent, prefix=_prefix(folder)))
        folder.replace(old / "run")
        try:
            new.replace(folder)
        except BaseException:
            (old / "run").replace(folder)
            raise
        finally:
            shutil.rmtree(old, ignore_errors=True)


def _exchanged(a: Path, b: Path) -> bool:
    """Exchange two folders in one step, where the system can (Linux)."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError, TypeError):
        return False
    here, exchange = -100, 2
    return bool(rename(here, os.fsencode(a), here, os.fsencode(b), exchange) == 0)


def _prefix(folder: Path) -> str:
    return f".{folder.name}.saving-"


def _remove_leftovers(folder: Path) -> None:
    """Remove what a save that was killed more than an hour ago left behind."""
    for left in folder.parent.glob(f"{_prefix(folder)}*"):
        if time.time() - left.stat().st_mtime > 3600:
            shutil.rmtree(left, ignore_errors=True)


def _flush(path: Path) -> None:
    """Make the system write a file or a folder's entries to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
