"""What a folder of results holds: every file with its size and hash, compared before it is read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from computegrid.errors import DataError, Fault

RUN_FILE = "run.json"
"""The file of a run that says what it is and lists its other files."""
FORMAT = 2
"""Format of runs that are written. 1 listed no files (but those of streamed runs), and is read."""
INPUTS = "inputs"
"""The folder in which a run keeps what it was made from."""
_SEAL = "run_sha256"
_KEYS = {"bytes": "a whole number of bytes", "sha256": "64 hexadecimal digits"}


def listed(folder: Path, names: Iterable[str] | None = None) -> dict[str, dict[str, Any]]:
    """Size and SHA-256 of files of a folder, by path relative to it.

    Parameters
    ----------
    folder : Path
    names : iterable of str, optional
        Relative paths with ``/``; all files below the folder but ``run.json`` when None.

    Returns
    -------
    dict
        ``{"inputs/sites.parquet": {"bytes": 4466, "sha256": "9f86..."}}``, in the order of names.
    """
    found = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*")
                   if file.is_file()) if names is None else names
    return {name: {"bytes": (folder / name).stat().st_size, "sha256": digest(folder / name)}
            for name in found if name != RUN_FILE}


def digest(file: Path) -> str:
    """SHA-256 of a file's bytes, as hexadecimal digits."""
    with file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def sealed(told: Mapping[str, Any]) -> dict[str, Any]:
    """What ``run.json`` says, with a hash of all that, so that an edited one is told from it.

    Examples
    --------
    >>> sealed({"model": "own"})["run_sha256"][:8]
    'bc996764'
    """
    plain = json.loads(json.dumps(told, default=_plain))
    return {**plain, _SEAL: _seal(plain)}


def read_told(folder: Path) -> dict[str, Any]:
    """What the ``run.json`` of a folder says.

    Raises
    ------
    DataError
        If there is none, it cannot be read, or it is of a format that this version does not know.
    """
    if folder.is_dir() and not (folder / RUN_FILE).exists():
        raise DataError(f"{folder} is no saved run: it holds no {RUN_FILE}, which `computegrid run "
                        "MODEL --save` and Dispatch.save write")
    try:
        told = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{folder} is no saved run that can be read: {error}") from error
    if not isinstance(told, dict):
        raise DataError(f"{folder} is no saved run that can be read: {RUN_FILE} says nothing of "
                        "a run")
    known = told.get("format")
    if type(known) is not int or not 1 <= known <= FORMAT:
        by = told.get("versions")
        maker = by.get("computegrid") if isinstance(by, dict) else None
        raise DataError(
            f"{folder} holds a run of format {known!r}"
            + (f", written by computegrid {maker}" if maker else "")
            + f"; this version reads formats 1 to {FORMAT}: read it with the version that wrote "
            "it, or a newer one")
    return told


def hashed(told: Mapping[str, Any]) -> bool:
    """Whether a run lists its files with their hashes."""
    return told.get("format") != 1 or "sha256" in told


def require_unchanged(folder: Path, told: Mapping[str, Any]) -> None:
    """Raise unless every file of a run, ``run.json`` among them, is as it was written.

    Files that the run does not list are nobody's concern; nor are those of a run of format 1.

    Raises
    ------
    DataError
        With a fault for each file that is missing, was changed, or is no file any more.
    """
    faults = changes(folder, told)
    if faults:
        raise DataError(f"{folder} is not as it was saved, so its answer cannot be trusted; put "
                        "back what was saved, or solve again:", faults)


def changes(folder: Path, told: Mapping[str, Any], *, missing: bool = True) -> list[Fault]:
    """Return a fault for each file of a run that is not as it was written; ``missing`` ones too."""
    found = []
    if told.get("format") != 1 and told.get(_SEAL) != _seal(told):
        found.append(Fault(RUN_FILE, "was changed since the run was saved"))
    for name, kept in files_of(told).items():
        what = _change(folder, name, kept)
        if what and (missing or what != _MISSING):
            found.append(Fault(name, what))
    return found


def files_of(told: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Files that a run lists, by path: size and hash. None for a run of format 1 of a dispatch.

    Raises
    ------
    DataError
        If the list is none, or names a file outside the folder.
    """
    files: Any = told.get("files")
    if told.get("format") == 1:  # only streamed runs had hashes
        hashes = told.get("sha256", {})
        files = {name: {"sha256": one} for name, one in hashes.items()} if isinstance(
            hashes, dict) else hashes
    faults = [Fault(RUN_FILE, f"lists {name!r} with what is no {words}", column="files")
              for name, kept in files.items() for key, words in _KEYS.items()
              if not isinstance(kept, dict) or not _is_kept(key, kept.get(key))
              ] if isinstance(files, dict) else [Fault(RUN_FILE, "is no list of files",
                                                       column="files")]
    if isinstance(files, dict):
        faults += [Fault(RUN_FILE, f"lists {name!r}, which leads out of the folder", column="files")
                   for name in files if not _is_inside(name)]
    if faults:
        raise DataError("the run does not say what its files are; put back the run.json that was "
                        "saved:", faults)
    return dict(files)


_MISSING = "is missing"


def _change(folder: Path, name: str, kept: Mapping[str, Any]) -> str:
    """What is other about a file than when it was written; empty if nothing is."""
    file = folder / name
    try:
        if not file.exists():
            return "is a link that leads nowhere" if file.is_symlink() else _MISSING
        if not file.is_file():
            return "is a folder, where a file was written" if file.is_dir() else (
                "is a device or pipe, where a file was written")
        size = file.stat().st_size
        if size != kept.get("bytes", size):
            return f"was changed: {size:,} bytes, where {kept['bytes']:,} were written"
        same = digest(file) == kept["sha256"]
        return "" if same else "was changed: these are not the bytes that were written"
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"


def _seal(told: Mapping[str, Any]) -> str:
    rest = {key: value for key, value in told.items() if key != _SEAL}
    text = json.dumps(rest, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _is_kept(key: str, value: object) -> bool:
    if key == "bytes":
        return value is None or (type(value) is int and value >= 0)
    return isinstance(value, str) and len(value) == 64


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return (bool(path.parts) and not path.is_absolute() and ".." not in path.parts
            and "\\" not in name and "\0" not in name and ":" not in name)


def _plain(value: Any) -> Any:
    """What JSON keeps of a value that it does not know: a number of NumPy's, else its text."""
    item = getattr(value, "item", None)
    return item() if callable(item) else str(value)
