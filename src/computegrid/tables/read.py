"""Reading CSV files of a folder: text stays text, nothing outside the folder is opened."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from computegrid.errors import DataError, Fault
from computegrid.tables.labels import BLANK, as_kept, as_text

MOST_BYTES = 200_000_000
_PACKED = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"PAR1")
"""What zip and xlsx, gzip, bzip2, xz, zstd and Parquet files begin with: none is unpacked."""


def inside(folder: Path, name: str) -> Path:
    """Return ``folder/name`` if it lies inside ``folder``; else raise.

    Raises
    ------
    DataError
        For an absolute path, a path that climbs out of the folder, a link that leads out of it,
        or an address (``://``, ``/vsi``).

    Examples
    --------
    >>> from pathlib import Path
    >>> inside(Path("."), "../secret.csv")
    Traceback (most recent call last):
    ...
    computegrid.errors.DataError: '../secret.csv' leads out of its folder; name a file inside it
    """
    if "://" in name or "/vsi" in name or name.startswith("\\\\"):
        raise DataError(f"{name!r} is an address; only files inside the folder are read")
    root = folder.resolve()
    path = (root / name).resolve()
    if not path.is_relative_to(root):
        raise DataError(f"{name!r} leads out of its folder; name a file inside it")
    return path


def read_csv(folder: Path, name: str) -> pd.DataFrame:
    """Read ``folder/name`` as text cells; blank cells are empty strings.

    ``NA`` stays Namibia and ``NO`` stays Norway: typing is done by the gate, by column.

    Raises
    ------
    DataError
        If the file is missing, too large, not UTF-8, or has rows of unequal length.
    """
    path = inside(folder, name)
    if path.is_dir():
        raise DataError(f"{name} in {folder.name}/ is a folder; put the file in its place")
    if not path.is_file():
        raise DataError(f"{name} is missing from {folder.name}/; add the file")
    if path.stat().st_size > MOST_BYTES:
        raise DataError(f"{name} is larger than {MOST_BYTES:,} bytes; select fewer rows")
    raw = path.read_bytes()
    if raw.startswith(_PACKED):
        raise DataError(f"{name} is not text but an archive or a workbook; save it as CSV")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{name} is not UTF-8 (byte {error.start}); save it as UTF-8"
        ) from error
    if "\x00" in text:
        raise DataError(f"{name} is not text; save it as CSV")
    try:
        rows = list(csv.reader(io.StringIO(text)))
    except csv.Error as error:
        raise DataError(f"{name} cannot be read: {error}; look for a quote that is not closed"
                        ) from None
    if not rows:
        raise DataError(f"{name} is empty; it needs a header line")
    header = [cell.strip() for cell in rows[0]]
    if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        raise DataError(f"{name} has one column, {header[0][:40]!r}; save it with commas between "
                        "the cells")
    twice = sorted({cell for cell in header if cell and header.count(cell) > 1})
    named = [Fault(name, "column given twice", column=cell, cure="keep one") for cell in twice]
    named += [
        Fault(name, "column has no name", column=f"number {i}", cure="name it, or leave it out")
        for i, cell in enumerate(header, start=1) if not cell
    ]
    if named:
        raise DataError(f"{name} cannot be read:", named)
    body = [row for row in rows[1:] if row]
    faults = [
        Fault(name, f"has {len(row)} cells, the header has {len(header)}", row=f"line {i}",
              cure="quote cells that hold a comma")
        for i, row in enumerate(rows[1:], start=2) if row and len(row) != len(header)
    ]
    if faults:
        raise DataError(f"{name} cannot be read:", faults)
    return pd.DataFrame(body, columns=header, dtype="str")


def typed_extras(table: pd.DataFrame, known: Iterable[str]) -> pd.DataFrame:
    """Turn columns the program does not know into numbers or flags where every cell is one.

    Rules select on such columns, so ``1.2`` must be a number and ``true`` a flag; blanks among
    numbers become NaN, among flags NA. Columns with other text stay text.
    """
    out = table.copy()
    for column in out.columns.difference(list(known)):
        if pd.api.types.is_numeric_dtype(out[column]):
            continue
        cells = as_text(out[column])
        filled = cells[cells != ""]
        if filled.empty:
            continue
        if filled.str.lower().isin(["true", "false"]).all():
            flags = (cells.str.lower() == "true").astype("boolean")
            out[column] = as_kept(flags.mask(cells == BLANK))
            continue
        numbers = pd.to_numeric(filled, errors="coerce")
        if numbers.notna().all() and not filled.str.match(r"^0\d").any():
            out[column] = pd.to_numeric(cells, errors="coerce")
    return out
