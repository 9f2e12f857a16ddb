"""A model file: one TOML that says which facts, which hours and which regimes."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal

import pydantic

from computegrid.errors import Fault, ScenarioError, did_you_mean
from computegrid.scenario.regime import RULES, Regime, Rule

SEASON_DAYS = {"DJF": 90, "MAM": 92, "JJA": 92, "SON": 91}
"""Days of each season in a common year; they add up to 365."""
STEPS = (0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 24.0)
"""Lengths a step of a seasonal day may have [h]: those of the clock that a day is made of."""

_Strict = pydantic.ConfigDict(extra="forbid", strict=True, frozen=True)


def _said(what: str, default: Any) -> Any:
    """A key that may be left out, with what an editor says of it."""
    return pydantic.Field(default, description=what)


def _selector(what: str) -> Any:
    return pydantic.Field(default_factory=dict, description=what)


class Hours(pydantic.BaseModel):
    """Which hours of the year are looked at: a day for each season, in steps."""

    model_config = _Strict

    seasons: list[Literal["DJF", "MAM", "JJA", "SON"]] = pydantic.Field(
        min_length=1, description="seasons of which a day is looked at; weighted to a year",
        json_schema_extra={"uniqueItems": True})
    step_hours: float = pydantic.Field(
        1.0, description="length of a step [h]", json_schema_extra={"enum": list(STEPS)})

    @pydantic.field_validator("step_hours")
    @classmethod
    def _parts_of_a_day(cls, step: float) -> float:
        if step not in STEPS:
            raise ValueError(f"a step is one of {', '.join(f'{one:g}' for one in STEPS)} h")
        return step

    @pydantic.field_validator("seasons")
    @classmethod
    def _once(cls, seasons: list[str]) -> list[str]:
        if len(set(seasons)) < len(seasons):
            raise ValueError("names a season twice")
        return seasons


class RegimeTable(pydantic.BaseModel):
    """One regime as written in the file."""

    model_config = _Strict

    title: str = _said("name for people", "")
    title_zh: str = _said("the same in Chinese", "")
    source: str = _said("sources, with ; between them; each stands in sources.csv", "")
    note: str = _said("what a reader should know", "")
    extends: str | None = _said("regime whose rules hold too", None)
    rules: list[dict[str, Any]] = pydantic.Field(
        default_factory=list, description="rules, each [[regimes.<name>.rules]]")


class ModelFile(pydantic.BaseModel):
    """A model file, checked."""

    model_config = _Strict

    title: str = pydantic.Field(description="name for people")
    title_zh: str = _said("the same in Chinese", "")
    data: str = pydantic.Field(
        description="folder of facts: one beside this file, or a bundled package")
    as_of: str = _said("date of the facts, for people", "")
    default_regime: str | None = _said("regime meant where none is named; left out = no rules",
                                       None)
    group_by: str = _said("column of regions and sites by which work is said to move", "")
    regions: dict[str, Any] = _selector("which rows of regions.csv; left out = all")
    sites: dict[str, Any] = _selector("which rows of sites.csv; left out = all")
    workloads: dict[str, Any] = _selector("which rows of workloads.csv; left out = all")
    controls: dict[str, Any] = _selector("which rows of controls.csv; left out = all")
    hours: Hours | None = _said("days of seasons; left out = hours.csv or the demand's", None)
    fill: Literal["previous", "interpolate"] | None = _said(
        "what stands for a blank or missing hour of demand or of a site's figures: the hour before,"
        " or the line between its neighbours; left out = such a gap is refused", None)
    unusual: list[str] = pydantic.Field(
        default_factory=list, description="columns whose figures may lie outside the usual range")
    available: dict[str, float] = pydantic.Field(
        default_factory=dict, description="share of the capacity that can be used, by status")
    regimes: dict[str, RegimeTable] = pydantic.Field(
        default_factory=dict, description="sets of rules, by name")


def read_model(path: Path) -> ModelFile:
    """Read and check a model file.

    Raises
    ------
    ScenarioError
        With every unknown key and wrong value, and what was expected.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise ScenarioError(f"{path.name} is not UTF-8 (byte {error.start}); save it as UTF-8"
                            ) from None
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{path.name} is not valid TOML: {error}") from None
    try:
        model = ModelFile.model_validate(raw)
    except pydantic.ValidationError as error:
        faults = [_fault(path.name, one) for one in error.errors()]
        raise ScenarioError(f"{path.name} cannot be used:", faults) from None
    if model.default_regime is not None and model.default_regime not in model.regimes:
        raise ScenarioError(
            f"{path.name}: default_regime {model.default_regime!r} is no regime of the file; "
            f"{did_you_mean(model.default_regime, model.regimes)}"
        )
    return model


def regimes_of(model: ModelFile, file: str, known_sources: set[str]) -> dict[str, Regime]:
    """Make the regimes, each after the one it extends.

    Raises
    ------
    ScenarioError
        With every fault: unknown rule kinds and keys, wrong values, sources that do not exist,
        regimes that extend unknown ones or each other in a ring.
    """
    faults: list[Fault] = []
    made: dict[str, Regime] = {}
    waiting = dict(model.regimes)
    while waiting:
        ready = [n for n, t in waiting.items() if t.extends is None or t.extends in made]
        if not ready:
            for name, table in waiting.items():
                ring = table.extends in waiting
                faults.append(Fault(
                    file, "extends a regime that extends it" if ring else "extends no regime",
                    row=f"regimes.{name}", value=table.extends,
                    cure="break the ring" if ring
                    else did_you_mean(str(table.extends), model.regimes)))
            break
        for name in ready:
            table = waiting.pop(name)
            rules = _rules(table, file, name, faults)
            _check_sources(table, rules, file, name, known_sources, faults)
            try:
                made[name] = Regime(
                    name, tuple(rules), made[table.extends] if table.extends else None,
                    title=table.title, title_zh=table.title_zh, source=table.source,
                    note=table.note,
                )
            except ScenarioError as error:
                faults.extend(error.faults)
                made[name] = Regime(name)
    if faults:
        raise ScenarioError(f"{file} cannot be used:", faults)
    return {name: made[name] for name in model.regimes}


def _rules(table: RegimeTable, file: str, name: str, faults: list[Fault]) -> list[Rule]:
    rules: list[Rule] = []
    for i, raw in enumerate(table.rules, start=1):
        place = f"regimes.{name}.rules[{i}]"
        given = dict(raw)
        kind = given.pop("kind", None)
        if not isinstance(kind, str) or kind not in RULES:
            faults.append(Fault(file, "is no kind of rule", row=place, column="kind", value=kind,
                                cure=did_you_mean(str(kind), RULES)))
            continue
        known = RULES[kind].__dataclass_fields__
        unknown = [key for key in given if key not in known]
        for key in unknown:
            faults.append(Fault(file, f"is no key of a {kind}", row=place, column=key,
                                cure=did_you_mean(key, known)))
        if unknown:
            continue
        try:
            rules.append(RULES[kind](**given))
        except ScenarioError as error:
            faults.append(Fault(file, str(error), row=place))
        except TypeError as error:
            faults.append(Fault(file, str(error).split("__init__() ")[-1], row=place,
                                cure=f"a {kind} needs it"))
    return rules


def _check_sources(
    table: RegimeTable, rules: list[Rule], file: str, name: str, known: set[str],
    faults: list[Fault],
) -> None:
    cited = [(f"regimes.{name}", table.source)]
    cited += [(f"regimes.{name}, rule {rule.label}", rule.source) for rule in rules]
    for place, text in cited:
        for source in filter(None, (part.strip() for part in text.split(";"))):
            if known and source not in known:
                faults.append(Fault(file, "is not in sources.csv", row=place, column="source",
                                    value=source, cure=did_you_mean(source, known)))


def _fault(file: str, error: Any) -> Fault:
    place = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        key = str(error["loc"][-1])
        within: type[pydantic.BaseModel] = ModelFile
        if error["loc"][0] == "hours" and len(error["loc"]) > 1:
            within = Hours
        elif error["loc"][0] == "regimes" and len(error["loc"]) > 2:
            within = RegimeTable
        return Fault(file, "unknown key", row=place,
                     cure=did_you_mean(key, within.model_fields))
    value = None if error["type"] == "missing" else error.get("input")
    return Fault(file, error["msg"], row=place, value=value)
