"""Tables of a streamed run on disk: written window by window, read back as a dispatch has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from computegrid.prices import RULE_COLUMNS
from computegrid.scenario.regime import Regime
from computegrid.scenario.scenario import Scenario

TABLES = ("flows", "unserved", "utilisation", "prices", "rents", "waiting", "backlog",
          "rule_prices")
_ENTITIES = {"region": "regions", "workload": "workloads", "site": "sites"}
_HOURS = ("hour", "arrived", "run")
_NAMES = ("rule", "kind", "group", "unit")


@contextmanager
def written(place: Path) -> Iterator[Callable[[Mapping[str, pd.DataFrame]], None]]:
    """Give a function that writes parts of tables below what is there of ``<name>.parquet``."""
    with ExitStack() as stack:
        writers: dict[str, pq.ParquetWriter] = {}

        def write(tables: Mapping[str, pd.DataFrame]) -> None:
            for name, part in tables.items():
                table = _compact(part)
                if name not in writers:
                    writers[name] = stack.enter_context(
                        pq.ParquetWriter(place / f"{name}.parquet", table.schema))
                writers[name].write_table(table.cast(writers[name].schema))

        yield write


def read_table(place: Path, name: str, scenario: Scenario) -> pd.DataFrame:
    """Read one of ``TABLES``, its names and hours as those of the scenario."""
    table = pd.read_parquet(place / f"{name}.parquet")
    names: dict[str, Any] = {}
    for column in table.columns:
        if column in _ENTITIES:
            names[column] = scenario.tables[_ENTITIES[column]].index.dtype
        elif column in _HOURS and name != "rule_prices":
            names[column] = scenario.tables["hours"].index.dtype
        elif column in _NAMES:
            names[column] = "str"
    return table.astype(names)


def read_rules(place: Path, scenario: Scenario, regime: Regime) -> pd.DataFrame:
    """Read what rules do and cost: in the order of the regime, by group and hour."""
    table = read_table(place, "rule_prices", scenario)
    if not len(table):
        return pd.DataFrame(columns=list(RULE_COLUMNS))
    order = {rule.label: k for k, rule in enumerate(regime.rules)}
    group = pd.Series(pd.factorize(table["group"])[0], index=table.index)
    at = pd.DataFrame({"rule": table["rule"].map(order), "group": group})
    return table.loc[at.sort_values(["rule", "group"], kind="stable").index].reset_index(drop=True)


def _compact(table: pd.DataFrame) -> pa.Table:
    """Names as numbers into a list, not as a string in every row."""
    out = pa.Table.from_pandas(table, preserve_index=False)
    for name in (*_ENTITIES, *_NAMES):
        if name in out.column_names:
            at = out.column_names.index(name)
            out = out.set_column(at, name, out[name].cast(pa.string()).dictionary_encode())
    return out
