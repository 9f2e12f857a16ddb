"""Files that follow from the schema: ``python -m computegrid.generate`` writes them anew."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from computegrid.scenario.modelschema import SCHEMA_FILE, keys_for_people, model_schema
from computegrid.tables.describe import DESCRIPTOR, described_package, tables_for_people

CHECKOUT = Path(__file__).resolve().parent.parent.parent


def generated(root: Path = CHECKOUT) -> dict[Path, Callable[[], str]]:
    """What makes the text of every generated file of a checkout, by its path."""
    packages = sorted((root / "data" / "regions").glob(f"*/{DESCRIPTOR}"))
    made: dict[Path, Callable[[], str]] = {
        path: partial(described_package, path.parent) for path in packages}
    made[root / "models" / SCHEMA_FILE] = model_schema
    made[root / "docs" / "tables.md"] = lambda: f"{tables_for_people()}\n{keys_for_people()}"
    return made


def stale(root: Path = CHECKOUT) -> list[Path]:
    """Generated files that are missing or are not what the schema says."""
    return [path for path, make in generated(root).items()
            if not path.is_file() or path.read_text(encoding="utf-8") != make()]


def main() -> None:
    """Write every generated file that is not what the schema says, and name it."""
    made = generated()
    for path in stale():
        path.write_text(made[path](), encoding="utf-8")
        sys.stdout.write(f"{path.relative_to(CHECKOUT)}\n")


if __name__ == "__main__":
    main()
