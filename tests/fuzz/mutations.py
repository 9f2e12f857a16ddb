"""What goes wrong with a table or a model file, as a grammar over the schema.

A mutation says what kind of change it is: ``same`` means what it meant before, ``figure`` is
another figure that a planner may well give, ``wrong`` is no figure, table or key at all, and of
``other`` nothing is known but that it must end in an answer or in an error of the package.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from sheets import Given, Sheet

from computegrid.tables import schema

Rng = np.random.Generator
Kind = Literal["same", "figure", "wrong", "other"]
ODD_NUMBERS = (
    "5 MW",
    "12,5",
    "1.234,5",
    "1 200",
    "much",
    "0x1F",
    "--3",
    "1e",
    "１２",
    "٣",
    "12_5",
    "#REF!",
    "n/a",
    "=1+1",
    "5\x1b[31m",
    "2025-01-31",
    "9" * 400,
    "inf",
    "-inf",
    "1e999",
    "true",
    "∞",
    "\x00",
    "12.5.1",
    "5%",
)
ODD_LABELS = (
    "",
    " ",
    "nan",
    "None",
    "=cmd()",
    "[bold]x[/bold]",
    "\x1b[31mred\x1b[0m",
    "a\nb",
    "x" * 5000,
    "\u202egnp",
    "a/b",
    "..",
    "True",
    "1e5",
    "🏭",
    "group",
    "\u200b",
)
ODD_HOURS = (
    "2025-03-08",
    "08/03/2025 21:00",
    "2025-03-08 21:00",
    "25:00",
    "24",
    "-1",
    "1.5",
    "",
    "2025-03-08T25:00Z",
    "2025-02-30T00:00Z",
    "soon",
    "1e3",
    "99999999999",
    "0001-01-01T00:00Z",
    "2025-W10-6",
    "T21:00",
    "2025-03-08T21:00+99:00",
    "９",
)


@dataclass(frozen=True)
class Mutation:
    """What was changed, and how a message should name it."""

    what: str
    kind: Kind
    table: str = ""
    column: str = ""
    row: str = ""
    value: str = ""

    def __str__(self) -> str:
        place = "/".join(part for part in (self.table, self.column, self.row) if part)
        return f"{self.what} [{self.kind}] at {place}: {self.value[:60]!r}"


def pick(rng: Rng, these: Any) -> Any:
    these = list(these)
    return these[int(rng.integers(len(these)))]


def _known(table: str, column: Any) -> schema.Column | None:
    known = {**schema.FACTS, **schema.TABLES}.get(table)
    return known.column(column) if known else None


def _row_name(table: str, sheet: Sheet, i: int) -> str:
    known = {**schema.FACTS, **schema.TABLES}[table]
    keys = [k for k in known.key if k in sheet.header]
    return "/".join(str(sheet.rows[i][sheet.at(k)]) for k in keys)


def _place(
    rng: Rng, given: Given, wanted: Callable[[schema.Column | None], bool]
) -> tuple[Any, ...]:
    places = [
        (name, column)
        for name, sheet in given.tables.items()
        for column in sheet.header
        if wanted(_known(name, column))
    ]
    name, column = pick(rng, places)
    sheet = given.tables[name]
    return name, sheet, column, int(rng.integers(len(sheet.rows)))


def _number(
    rng: Rng,
    given: Given,
    value: Callable[[Any, schema.Column], Any],
    what: str,
    kind: Callable[[Any, schema.Column], Kind],
) -> Mutation:
    name, sheet, column, i = _place(rng, given, lambda c: c is not None and c.kind == "number")
    known = _known(name, column)
    assert known is not None
    row = _row_name(name, sheet, i)
    new = value(sheet.rows[i][sheet.at(column)], known)
    sheet.rows[i][sheet.at(column)] = new
    return Mutation(what, kind(new, known), name, column, row, str(new))


def _blank_kind(_: Any, known: schema.Column) -> Kind:
    """A blank that the schema gives a meaning is a figure."""
    said = isinstance(known.default, float) and not math.isfinite(known.default)
    return "figure" if known.blank_ok or said else "wrong"


def odd_number(rng: Rng, given: Given) -> Mutation:
    return _number(
        rng,
        given,
        lambda *_: pick(rng, ODD_NUMBERS),
        "odd number",
        lambda new, known: "figure" if new in ("inf", "1e999") and known.infinite else "wrong",
    )


def blank_number(rng: Rng, given: Given) -> Mutation:
    found = _number(rng, given, lambda *_: None, "blank number", _blank_kind)
    of_grid = (
        given.facts and found.table == "sites" and found.column in ("energy_usd_per_mwh", "pue")
    )  # a blank is the figure of the grid
    return replace(found, kind="other") if of_grid else found


def far_number(rng: Rng, given: Given) -> Mutation:
    new = float(pick(rng, (-1.0, -1e9, 1e300, 1e12, 1e-300, 1e-12, -0.0, 0.0)))

    def kind(_: Any, known: schema.Column) -> Kind:
        inside = max(known.lower, known.plausible[0]) <= new <= min(known.upper, known.plausible[1])
        return "other" if inside else "wrong"

    return _number(rng, given, lambda *_: new, "far number", kind)


def other_number(rng: Rng, given: Given) -> Mutation:
    factor = float(rng.uniform(0.5, 0.99))

    def value(old: Any, known: schema.Column) -> Any:
        plain = isinstance(old, int | float) and math.isfinite(old)
        new = round(old * factor, 3) if plain else old
        return new if plain and not known.whole and new >= known.lower else old

    return _number(rng, given, value, "another number", lambda *_: "figure")


def spelt_number(rng: Rng, given: Given) -> Mutation:
    form = pick(rng, (" {} ", "+{}", "{:.12e}", "0{}", "{}00"))

    def value(old: Any, known: schema.Column) -> Any:
        plain = isinstance(old, float) and math.isfinite(old) and old >= 1 and not known.whole
        return form.format(old) if plain else old

    return _number(rng, given, value, f"number spelt {form}", lambda *_: "same")


def odd_label(rng: Rng, given: Given) -> Mutation:
    name, sheet, column, i = _place(rng, given, lambda c: c is not None and c.kind == "key")
    row, new = _row_name(name, sheet, i), pick(rng, ODD_LABELS)
    if rng.random() < 0.3:
        old = str(sheet.rows[i][sheet.at(column)])
        new = pick(rng, (f" {old}", f"{old}\u00a0", old.swapcase() + "x", old[:-1], True))
    sheet.rows[i][sheet.at(column)] = new
    return Mutation("odd label", "other", name, column, row, str(new))


def composed(rng: Rng, given: Given) -> Mutation:
    """Letters with accents in two signs, in one table."""
    name = pick(rng, given.tables)
    for row in given.tables[name].rows:
        row[:] = [unicodedata.normalize("NFD", v) if isinstance(v, str) else v for v in row]
    return Mutation("letters in two signs", "same", name)


def relabelled(rng: Rng, given: Given) -> Mutation:
    """One region or site under another name everywhere, also in the rules."""
    column = pick(rng, ("region", "site"))
    sheet = given.tables[f"{column}s"]
    old, new = pick(rng, sheet.rows)[sheet.at(column)], pick(rng, ODD_LABELS[4:])
    for one in given.tables.values():
        if column in one.header:
            for row in one.rows:
                row[one.at(column)] = new if row[one.at(column)] == old else row[one.at(column)]

    def said(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: said(v) for k, v in value.items()}
        return (
            [said(v) for v in value] if isinstance(value, list) else new if value == old else value
        )

    for rule in given.rules:
        for side in ("demand", "supply"):
            if column in rule.get(side, {}):
                rule[side][column] = said(rule[side][column])
    return Mutation("another name everywhere", "same", f"{column}s", column, str(old), new)


def odd_hour(rng: Rng, given: Given) -> Mutation:
    places = [(n, s) for n, s in given.tables.items() if "hour" in s.header]
    if not places:
        return odd_label(rng, given)
    name, sheet = pick(rng, places)
    i, new = int(rng.integers(len(sheet.rows))), pick(rng, ODD_HOURS)
    row = _row_name(name, sheet, i)
    sheet.rows[i][sheet.at("hour")] = new
    return Mutation("odd hour", "other", name, "hour", row, new)


def local_times(rng: Rng, given: Given) -> Mutation:
    """Every hour by a local clock, with its offset from UTC; some are put back or forward."""
    zone = pick(rng, ("America/New_York", "Asia/Kathmandu", "Europe/Paris", "Australia/Adelaide"))
    for sheet in given.tables.values():
        if "hour" in sheet.header:
            for row in sheet.rows:
                value = row[sheet.at("hour")]
                if isinstance(value, pd.Timestamp):
                    row[sheet.at("hour")] = value.tz_convert(zone).isoformat()
    return Mutation(f"times of {zone}", "same", "hours", "hour")


def naive_times(rng: Rng, given: Given) -> Mutation:
    name = pick(rng, [n for n, s in given.tables.items() if "hour" in s.header] or given.tables)
    kind: Kind = "same"
    sheet = given.tables[name]
    for row in sheet.rows if "hour" in sheet.header else ():
        value = row[sheet.at("hour")]
        if isinstance(value, pd.Timestamp):
            row[sheet.at("hour")], kind = str(value.tz_localize(None)), "wrong"
    return Mutation("times without a zone", kind, name, "hour")


def row_gone(rng: Rng, given: Given) -> Mutation:
    name = pick(rng, given.tables)
    sheet = given.tables[name]
    i = int(rng.integers(len(sheet.rows)))
    row = _row_name(name, sheet, i)
    del sheet.rows[i]
    lawful = name == "lanes" or given.facts or len(given.tables["hours"].rows) < 2
    return Mutation("row left out", "other" if lawful else "wrong", name, "", row)


def row_twice(rng: Rng, given: Given) -> Mutation:
    name = pick(rng, [n for n in given.tables if n not in ("ownership", "routes")])
    sheet = given.tables[name]
    i = int(rng.integers(len(sheet.rows)))
    sheet.rows.append(list(sheet.rows[i]))
    return Mutation("row twice", "wrong", name, "", _row_name(name, sheet, i))


def rows_shuffled(rng: Rng, given: Given) -> Mutation:
    name = pick(rng, given.tables)
    given.tables[name].rows[:] = [
        given.tables[name].rows[i] for i in rng.permutation(len(given.tables[name].rows))
    ]
    return Mutation("rows in another order", "same", name)


def no_rows(rng: Rng, given: Given) -> Mutation:
    name = pick(rng, given.tables)
    given.tables[name].rows.clear()
    return Mutation("no rows", "other", name)


def column_gone(rng: Rng, given: Given) -> Mutation:
    name = pick(rng, given.tables)
    sheet = given.tables[name]
    i = int(rng.integers(len(sheet.header)))
    column = sheet.header.pop(i)
    for row in sheet.rows:
        del row[i]
    return Mutation("column left out", "other", "" if given.facts else name, column)


def column_misnamed(rng: Rng, given: Given) -> Mutation:
    name, sheet, column, _ = _place(rng, given, lambda c: c is not None)
    new = pick(
        rng,
        (
            column.swapcase(),
            column.replace("_", " "),
            column + "s",
            column[:-1],
            column.replace("_", ""),
            column + "_",
            f"{column} [MW]",
            column.title(),
        ),
    )
    sheet.header[sheet.at(column)] = new
    return Mutation("column misnamed", "wrong", name, new, "", column)


def column_twice(rng: Rng, given: Given) -> Mutation:
    name, sheet, column, _ = _place(rng, given, lambda _: True)
    at = sheet.at(column)
    sheet.header.append(column)
    for row in sheet.rows:
        row.append(row[at])
    return Mutation("column twice", "wrong", name, column)


def columns_shuffled(rng: Rng, given: Given) -> Mutation:
    name = pick(rng, given.tables)
    sheet = given.tables[name]
    order = rng.permutation(len(sheet.header))
    sheet.header[:] = [sheet.header[i] for i in order]
    sheet.rows[:] = [[row[i] for i in order] for row in sheet.rows]
    return Mutation("columns in another order", "same", name)


def own_column(rng: Rng, given: Given) -> Mutation:
    name = pick(rng, given.tables)
    sheet = given.tables[name]
    sheet.header.append(pick(rng, ("remark", "备注", "x", "note [2]", "owner's", "\x1b[31mred")))
    for row in sheet.rows:
        row.append(pick(rng, (None, "text", 5, True, 1.5, "[/bold]")))
    return Mutation("a column of one's own", "same", name, sheet.header[-1])


def rule_key(rng: Rng, given: Given) -> Mutation:
    """A rule with a key misspelt, left out, of a wrong type or out of its range."""
    rule = pick(rng, given.rules)
    label, key = str(rule["label"]), pick(rng, [k for k, v in rule.items() if v is not None])
    how = pick(rng, ("misspelt", "replaced", "replaced", "replaced", "added"))
    if how == "misspelt":
        rule[pick(rng, (key + "s", key[:-1] or "x", key.upper(), f"{key} "))] = rule.pop(key)
        return Mutation("key of a rule misspelt", "wrong", "model.toml", key, label)
    if how == "added":
        rule[pick(rng, ("maximum", "penalty", "[x]", "\x1b[31m", "limit", "hour"))] = 1
        return Mutation("unknown key of a rule", "wrong", "model.toml", key, label)
    new = pick(
        rng,
        (
            "5",
            "much",
            -5.0,
            math.nan,
            math.inf,
            True,
            [],
            {},
            ["x"],
            {"min": 5, "max": 1},
            {"mni": 5},
            40,
            1e300,
            "[bold]",
            {"not": {"not": "x"}},
            "Limits",
            "forbid",
            "",
        ),
    )
    rule[key] = new
    return Mutation("value of a rule", "other", "model.toml", key, label, str(new))


def selector(rng: Rng, given: Given) -> Mutation:
    """A condition on a column that is not there, or a value that no row has."""
    rule = pick(rng, given.rules)
    side = pick(rng, ("demand", "supply"))
    column = pick(
        rng, ("contol", "Region", "pue", "control", "region", "site", "hour", "[x]", "mw")
    )
    new = pick(
        rng,
        (
            "nobody",
            ["r0", "nobody"],
            {"min": 5, "max": 1},
            {"max": "x"},
            {"not": []},
            5,
            True,
            {"min": math.nan},
            {},
            [],
            {"around": 3},
            "x" * 3000,
            "\x1b[31m",
        ),
    )
    rule[side] = {column: new}
    return Mutation(
        "condition of a rule", "other", "model.toml", column, str(rule["label"]), str(new)
    )


def model_key(rng: Rng, given: Given) -> Mutation:
    """A key of the model file misspelt or of a wrong type."""
    model = given.model
    key = pick(rng, [k for k in model if k not in ("title", "as_of")])
    if rng.random() < 0.4:
        model[pick(rng, (key + "s", key[:-1], key.title()))] = model.pop(key)
        return Mutation("key misspelt", "wrong", "model.toml", key)
    new = pick(
        rng, ("nothing", 5, True, [], {}, [1], {"x": 1}, math.nan, "../..", "/etc", "a[b]c", "")
    )
    model[key] = new
    return Mutation("value of a key", "other", "model.toml", key, "", str(new))


def hostile_title(rng: Rng, given: Given) -> Mutation:
    given.model["title"] = pick(
        rng, ("\x1b[31mred", "[/bold] [red]", "a\nb", "<script>", "x" * 9000, "")
    )
    return Mutation("title", "same", "model.toml", "title", "", given.model["title"])


GRAMMAR: tuple[tuple[Callable[[Rng, Given], Mutation], int], ...] = (
    (odd_number, 5),
    (blank_number, 4),
    (far_number, 4),
    (other_number, 4),
    (spelt_number, 1),
    (odd_label, 3),
    (composed, 1),
    (relabelled, 2),
    (odd_hour, 3),
    (local_times, 2),
    (naive_times, 1),
    (row_gone, 3),
    (row_twice, 2),
    (rows_shuffled, 1),
    (no_rows, 1),
    (column_gone, 2),
    (column_misnamed, 4),
    (column_twice, 1),
    (columns_shuffled, 1),
    (own_column, 1),
    (rule_key, 4),
    (selector, 3),
    (model_key, 3),
    (hostile_title, 1),
)


OF_MODEL = (rule_key, selector, model_key, hostile_title)


def mutate(rng: Rng, given: Given, *, model: bool = True) -> Mutation:
    """Change ``given`` in one place, as the grammar says; its tables alone without ``model``."""
    able = [(one, weight) for one, weight in GRAMMAR if model or one not in OF_MODEL]
    weights = np.array([weight for _, weight in able], dtype=float)
    return able[int(rng.choice(len(able), p=weights / weights.sum()))][0](rng, given)
