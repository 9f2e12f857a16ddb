"""Where results may be written: a regular file or a new one, a folder or a new one."""

from __future__ import annotations

from pathlib import Path

from computegrid.errors import DataError

PAGES = (".html", ".htm")
"""What the name of a map or report ends in."""
TABLES = (".csv",)
"""What the name of a table ends in."""
PLOTS = (".png", ".svg", ".pdf")
"""What the name of a plot ends in."""


def require_target(path: Path, kind: str = "", endings: tuple[str, ...] = ()) -> Path:
    """Return ``path`` if a file can be written there: nothing is there, or a regular file.

    Parameters
    ----------
    path : Path
    kind : str
        What is written, for the message, e.g. ``"map"``.
    endings : tuple of str
        What its name may end in, in small or capital letters; any when empty.

    Raises
    ------
    DataError
        For a folder; a link, whatever it leads to, for it would be replaced and not followed; a
        device, pipe or socket; a path below a file; or a name with another ending, which would
        promise a format that is not written.

    Examples
    --------
    >>> from pathlib import Path
    >>> require_target(Path("report.pdf"), "report", PAGES)
    Traceback (most recent call last):
    ...
    computegrid.errors.DataError: report.pdf: a report is written as .html or .htm; end its name so
    """
    what, wanted = kind or "result", f"{kind} file" if kind else "file"
    _require_place(path, wanted)
    if path.is_dir():
        example = path / f"{what}{endings[0] if endings else ''}"
        raise DataError(f"{path} is a folder; name a file, e.g. {example}")
    if path.exists() and not path.is_file():
        raise _special(path, wanted)
    if endings and path.suffix.lower() not in endings:
        possible = " or ".join(filter(None, (", ".join(endings[:-1]), endings[-1])))
        raise DataError(f"{path}: a {what} is written as {possible}; end its name so")
    return path


def require_folder_target(path: Path) -> Path:
    """Return ``path`` if a folder can be written there: nothing is there, or a folder.

    Raises
    ------
    DataError
        For a file; a link, whatever it leads to; a device, pipe or socket; a path below a file.
    """
    _require_place(path, "folder")
    if path.is_file():
        raise DataError(f"{path} is a file; name a folder to save the run in")
    if path.exists() and not path.is_dir():
        raise _special(path, "folder")
    return path


def _require_place(path: Path, wanted: str) -> None:
    """Raise for a link, and for a path that leads through something that is no folder."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        pass
    except (OSError, ValueError) as error:
        raise DataError(f"{str(path)[:200]!r} cannot be the name of a {wanted}: "
                        f"{getattr(error, 'strerror', None) or error}") from None
    if path.is_symlink():
        raise DataError(f"{path} is a link to {path.readlink()}, and links are not written "
                        f"through; name the {wanted} itself")
    above = next((one for one in path.parents if one.exists()), None)
    if above is not None and not above.is_dir():
        raise DataError(f"{path} lies below {above}, which is no folder; name another {wanted}")


def _special(path: Path, wanted: str) -> DataError:
    what = ("a pipe" if path.is_fifo() else "a socket" if path.is_socket()
            else "a device" if path.is_char_device() or path.is_block_device() else "no file")
    return DataError(f"{path} is {what}; name a {wanted} that can be replaced as a whole")
