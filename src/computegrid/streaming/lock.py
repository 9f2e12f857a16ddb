"""One process in a folder at a time."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from computegrid.errors import DataError

try:
    from fcntl import LOCK_EX, LOCK_NB, flock
except ImportError:  # Windows
    LOCKS = False
else:
    LOCKS = True


@contextmanager
def locked(folder: Path, file: Path) -> Iterator[None]:
    """Hold ``file`` while ``folder`` is worked in; the system lets go of it if the process dies.

    Where files cannot be locked (Windows, some network drives) the file ``<file>.owner`` stands
    for it: one of a process of this machine that has ended is taken over.

    Raises
    ------
    DataError
        If another process holds it, with its number, machine and the time it began.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    handle = _held(folder, file)
    owner = None if handle is not None else _owned(folder, file.with_name(f"{file.name}.owner"))
    try:
        yield
    finally:
        for one in (file if handle is not None else None, owner):
            if one is not None:
                one.unlink(missing_ok=True)
        if handle is not None:
            os.close(handle)


def _held(folder: Path, file: Path) -> int | None:
    """Lock the file and say in it who holds it; None where files cannot be locked."""
    if not LOCKS:
        return None
    while True:
        handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            flock(handle, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise _busy(folder, file) from None
        except OSError:
            os.close(handle)
            return None
        try:
            same = os.fstat(handle).st_ino == file.stat().st_ino
        except FileNotFoundError:
            same = False
        if same:
            os.ftruncate(handle, 0)
            os.write(handle, _me())
            return handle
        os.close(handle)  # whoever held it has ended and removed it


def _owned(folder: Path, file: Path) -> Path:
    """Make the file that says who is at work; take it over from a process that has ended."""
    for _ in range(2):
        try:
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        except FileExistsError:
            if not _has_ended(file):
                raise _busy(folder, file, left=True) from None
            file.unlink(missing_ok=True)
            continue
        os.write(handle, _me())
        os.close(handle)
        return file
    raise _busy(folder, file, left=True)


def _me() -> bytes:
    told = {"process": os.getpid(), "machine": platform.node(),
            "since": datetime.now(UTC).isoformat(timespec="seconds")}
    return json.dumps(told).encode()


def _holder(file: Path) -> dict[str, object]:
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _has_ended(file: Path) -> bool:
    """Whether the process is one of this machine that is no more."""
    told = _holder(file)
    process = told.get("process")
    if told.get("machine") != platform.node() or not isinstance(process, int) or os.name != "posix":
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _busy(folder: Path, file: Path, *, left: bool = False) -> DataError:
    told = _holder(file)
    who = (f"process {told['process']} on {told.get('machine')} since {told.get('since')}"
           if "process" in told else "another process")
    gone = f", or remove {file} if that process has ended" if left else ""
    return DataError(f"{folder} is being solved by {who}; wait for it{gone}, or name another "
                     "folder")
