"""Writing results so that nothing is lost: whole or not at all, and nothing of anybody else's."""

from __future__ import annotations

import ctypes
import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from computegrid.errors import DataError
from computegrid.manifest import FORMAT, INPUTS, RUN_FILE, changes, files_of, listed, sealed
from computegrid.targets import require_folder_target, require_target

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_STALE_S = 3600
"""Age at which what a killed save left behind is removed [s]: no save takes as long."""


def write_atomically(path: Path, write: Callable[[Path], None]) -> Path:
    """Call ``write`` with a temporary path beside ``path``, flush it, and put it in place.

    The file has the permissions that opening ``path`` for writing would have given it: those of
    the file that was there, else what the umask leaves.

    Raises
    ------
    DataError
        If ``path`` is no target (see :func:`computegrid.targets.require_target`), or cannot be
        written; what was there is untouched.
    """
    require_target(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        write(temporary)
        _flush(temporary)
        if path.exists():
            shutil.copymode(path, temporary)
        temporary.replace(path)
    except OSError as error:
        raise _not_written(path, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    return path


def new_folder_beside(folder: Path) -> Path:
    """Make an empty folder beside ``folder``, to be filled and put in its place."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = folder.with_name(f"{_prefix(folder)}{secrets.token_hex(4)}")
    made.mkdir()
    return made


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

    ``run.json`` lists every file with its size and hash. Files in the folder that the earlier run
    does not list are somebody's own, and stay.

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
        If the folder holds something else, or files of the earlier run that were changed since,
        or a file of somebody's own in the place of one to be written; or cannot be written. What
        was there is untouched.
    """
    replaced = require_run_target(folder, str(metadata["model"]))
    temporary = None
    try:
        _remove_leftovers(folder)
        temporary = new_folder_beside(folder)
        for name, table in tables.items():
            safe_csv(table).to_csv(temporary / f"{name}.csv", index=False, lineterminator="\n")
            table.to_parquet(temporary / f"{name}.parquet", index=False)
        write_inputs(temporary / INPUTS, inputs or {}, arrays or {})
        told = sealed({**metadata, "files": listed(temporary)})
        text = json.dumps(told, indent=2, ensure_ascii=False)
        (temporary / RUN_FILE).write_text(text + "\n", encoding="utf-8")
        for file in temporary.rglob("*"):
            _flush(file)
        carried = _carry(folder, temporary, replaced)
        _flush(temporary)
        _discard(_swap(temporary, folder), folder, replaced | carried)
        _flush(folder.parent)
    except OSError as error:
        raise _not_written(folder, error) from error
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
    return folder


def require_run_target(folder: Path, model: str) -> frozenset[str]:
    """Return the files that a run of ``model`` saved into ``folder`` replaces, by relative path.

    Raises
    ------
    DataError
        If it is no folder, holds anything but an earlier run of the same model, or files of that
        run were changed since it was saved: all are named, and none is overwritten.
    """
    require_folder_target(folder)
    if not folder.exists() or not any(folder.iterdir()):
        return frozenset()
    try:
        told = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
        earlier = told["model"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise DataError(f"{folder} is not empty and is no saved run; name another folder") from None
    if earlier != model:
        raise DataError(
            f"{folder} holds a run of {earlier!r}, not of {model!r}; name another folder")
    if "kind" in told:
        raise DataError(f"{folder} holds a {told['kind']} run; name another folder")
    if told.get("format") != FORMAT:
        raise DataError(
            f"{folder} holds a run of format {told.get('format')!r}, which does not list the files "
            "that may be replaced; move it away, or name another folder")
    edited = changes(folder, told, missing=False)
    if edited:
        raise DataError(
            f"{folder} holds files of its run that were changed since it was saved, and would be "
            "overwritten; keep them under other names (files of your own stay), or name another "
            "folder:", edited)
    return frozenset({RUN_FILE, *files_of(told)})


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


def _carry(folder: Path, new: Path, replaced: frozenset[str]) -> frozenset[str]:
    """Give ``new`` what is somebody's own in ``folder``, as links to the same files; return which.

    Raises
    ------
    DataError
        If a file of the new run has the name of one of them.
    """
    carried, made = set(), []
    for place, folders, files in os.walk(folder):
        for one in [Path(place) / name for name in (*folders, *files)]:
            name = one.relative_to(folder).as_posix()
            target = new / name
            if one.is_dir() and not one.is_symlink():
                if target.exists() and not target.is_dir():
                    raise _in_the_way(folder, name)
                if not target.exists() and not any(own.startswith(f"{name}/") for own in replaced):
                    target.mkdir()
                    made.append((one, target))
            elif name not in replaced:
                if os.path.lexists(target):
                    raise _in_the_way(folder, name)
                target.parent.mkdir(parents=True, exist_ok=True)
                try:
                    os.link(one, target, follow_symlinks=False)
                except OSError:  # a file system without links
                    shutil.copy2(one, target, follow_symlinks=False)
                carried.add(name)
    for one, target in reversed(made):  # last, for a folder may be closed to writing
        shutil.copystat(one, target)
    return frozenset(carried)


def _discard(old: Path | None, folder: Path, names: frozenset[str]) -> None:
    """Remove the named files from the replaced folder; what came there meanwhile is kept."""
    if old is None:
        return
    with suppress(OSError):
        for name in names:
            (old / name).unlink(missing_ok=True)
        for one in [file for file in old.rglob("*") if file.is_symlink() or not file.is_dir()]:
            late = folder / one.relative_to(old)
            if not os.path.lexists(late):
                late.parent.mkdir(parents=True, exist_ok=True)
                one.replace(late)
    shutil.rmtree(old, ignore_errors=True)


def _in_the_way(folder: Path, name: str) -> DataError:
    return DataError(f"{folder} holds {name}, which is none of its run's files and would be "
                     "overwritten; rename it, or name another folder")


def _swap(new: Path, folder: Path) -> Path | None:
    """Put ``new`` in the place of ``folder``; return where what was there is now."""
    if not folder.exists():
        new.replace(folder)
        return None
    shutil.copymode(folder, new)
    if _exchanged(new, folder):
        return new
    old = new.with_name(f"{new.name}-old")
    folder.replace(old)
    try:
        new.replace(folder)
    except BaseException:
        old.replace(folder)
        raise
    return old


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
    """Remove what a save that was killed an hour ago left behind, where the run itself is there."""
    if not folder.exists():
        return
    for left in folder.parent.glob(f"{_prefix(folder)}*"):
        if time.time() - left.stat().st_mtime > _STALE_S:
            shutil.rmtree(left, ignore_errors=True)


def _not_written(path: Path, error: OSError) -> DataError:
    return DataError(
        f"{path} could not be written: {error.strerror or error}; what was there is untouched")


def _flush(path: Path) -> None:
    """Make the system write a file or a folder's entries to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
