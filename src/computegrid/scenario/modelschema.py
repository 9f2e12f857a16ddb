"""JSON Schema of a model file: what an editor completes and checks, without a network."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, get_type_hints

import pydantic

from computegrid.errors import ScenarioError
from computegrid.scenario.modelfile import ModelFile
from computegrid.scenario.regime import QUANTITIES, RULES, Defer, Rule
from computegrid.tables import schema
from computegrid.tables.describe import known_columns

SCHEMA_FILE = "model.schema.json"
"""Name of the schema, which lies beside the model files that name it."""
SCHEMA_LINE = f"#:schema ./{SCHEMA_FILE}"
"""The first line of a model file: where Taplo, the TOML server of editors, finds the schema."""

_BOUNDS = {
    ("Share", "max"): {"minimum": 0, "maximum": 1},
    ("Share", "min"): {"minimum": 0, "maximum": 1},
    ("Limit", "penalty_usd"): {"minimum": 0},
    ("Defer", "hours"): {"minimum": 0},
}
_LANES = {
    "rtt_ms": "round-trip time [ms]",
    "distance_km": "great-circle distance [km]",
    "network_usd_per_mwh": "moving the data of a MWh of work [USD/MWh]",
    "corridor": "seas and passes on the way, with ; between them: { has = \"Red Sea\" }",
    "same_country": "region and site are of one country",
    "same_bloc": "region and site are of one bloc",
}
_JOINED = {
    "site": "name of the site", "operator": "who runs the site", "country": "where the site is",
    "bloc": "bloc of that country", "chip": "accelerator or mix",
    "chip_origin": "jurisdiction of the chip's designer", "hq": "jurisdiction of headquarters",
    "technology": "whose technology it runs on", "control_bloc": "bloc of the last parent",
}
_PLACES = {"country": "where work is wanted", "bloc": "bloc of that country",
           "data_class": "class of the workload's data"}
_HOURS = {"hour_utc": "hour of the day, 0 to 23", "month": "1 to 12", "day": "day or date",
          "season": "DJF, MAM, JJA or SON", "hour": "times: { min = \"2025-07\" }"}


def model_schema() -> str:
    """Text of the JSON Schema (draft 7) of a model file.

    A rule is a union of its kinds told apart by ``kind``, so that an editor offers the keys of a
    ``Limit`` to a limit only.

    Examples
    --------
    >>> made = json.loads(model_schema())
    >>> [one["$ref"] for one in made["definitions"]["Rule"]["oneOf"]][:2]
    ['#/definitions/Forbid', '#/definitions/Limit']
    """
    made = _without_null(ModelFile.model_json_schema(ref_template="#/definitions/{model}"))
    definitions = made.pop("$defs")
    definitions["RegimeTable"]["properties"]["rules"]["items"] = _ref("Rule")
    definitions |= {"Condition": _condition(), "Rule": {
        "oneOf": [_ref(kind) for kind in RULES],
        "discriminator": {"propertyName": "kind"},
    }}
    definitions |= {kind: _rule(rule) for kind, rule in RULES.items()}
    regions, sites, workloads = (_columns(name) for name in ("regions", "sites", "workloads"))
    definitions |= {
        "Demand": _selector(regions | workloads | _PLACES | _LANES),
        "Supply": _selector(sites | _JOINED | _LANES),
        "When": _selector(_HOURS),
    }
    for name, columns in (("regions", regions | _PLACES), ("sites", sites | _JOINED),
                          ("workloads", workloads)):
        made["properties"][name] |= {"properties": _conditions(columns),
                                     "additionalProperties": _ref("Condition")}
    made["properties"]["available"] |= {
        "properties": {status: {"type": "number", "minimum": 0, "maximum": 1, "default": share}
                       for status, share in schema.STATUS_SHARE.items()},
        "additionalProperties": {"type": "number", "minimum": 0, "maximum": 1},
    }
    head = {"$schema": "http://json-schema.org/draft-07/schema#",
            "title": "computegrid model file"}
    text = json.dumps(head | made | {"definitions": definitions}, indent=1, ensure_ascii=False)
    return text + "\n"


def with_schema_line(text: str) -> str:
    """The text of a model file with the line that names the schema beside it, once.

    Examples
    --------
    >>> with_schema_line('title = "mine"').splitlines()
    ['#:schema ./model.schema.json', 'title = "mine"']
    """
    rest = re.sub(r"(?m)^#:schema[^\n]*\n?", "", text)
    return f"{SCHEMA_LINE}\n{rest}"


def keys_for_people() -> str:
    """The keys of a model file and of every kind of rule, as tables of the documentation."""
    made = json.loads(model_schema())
    kinds = made["definitions"]
    parts = ["## Keys of a model file\n", _table(made),
             "## `[hours]`\n", _table(kinds["Hours"]),
             "## `[regimes.<name>]`\n", _table(kinds["RegimeTable"])]
    for kind in RULES:
        parts += [f"## Rule of kind `{kind}`\n", kinds[kind]["description"] + "\n",
                  _table(kinds[kind])]
    return "\n".join(parts)


def _rule(rule: type[Rule]) -> dict[str, Any]:
    hints, said = get_type_hints(rule), _said_of(Rule) | _said_of(rule)
    properties: dict[str, Any] = {"kind": {"const": rule.kind, "description": "kind of the rule"}}
    needed = ["kind"]
    for field in fields(rule):
        name = field.name
        if rule is Defer and name == "supply":
            continue
        if name in ("demand", "supply"):
            found = _ref(name.capitalize())
        elif name == "hours" and rule is not Defer:
            found = {"anyOf": [_ref("When"), {"type": "array"}]}
        elif name == "quantity":
            found = {"enum": [one for one in QUANTITIES if _takes(rule, one)]}
        else:
            found = _without_null(pydantic.TypeAdapter(hints[name]).json_schema())
        if name == "label":
            found["pattern"] = r"\S"
        description = {"description": said[name]} if name in said else {}
        if "$ref" in found:
            found = {"allOf": [found]}  # what stands beside a $ref is not read in draft 7
        properties[name] = found | _BOUNDS.get((rule.kind, name), {}) | description
        if field.default is MISSING and field.default_factory is MISSING:
            needed.append(name)
        elif field.default is not MISSING and field.default is not None:
            properties[name]["default"] = field.default
    first = (rule.__doc__ or "").strip().splitlines()[0]
    out = {"type": "object", "title": rule.kind,
           "description": _in_a_file(first),
           "properties": properties, "required": needed, "additionalProperties": False}
    if {"max", "min"} <= set(properties):
        out["anyOf"] = [{"required": ["max"]}, {"required": ["min"]}]
    return out


def _takes(rule: type[Rule], quantity: str) -> bool:
    """Whether a rule of that kind is made with the quantity: the rule itself says so."""
    known = rule.__dataclass_fields__
    given: dict[str, Any] = {name: 1.0 for name in ("max", "usd") if name in known}
    try:
        rule(label="x", quantity=quantity, **given)  # type: ignore[call-arg]
    except ScenarioError:
        return False
    return True


def _condition() -> dict[str, Any]:
    one = {"type": ["string", "number", "boolean"]}
    end = {"type": ["string", "number"]}
    return {
        "description": "a value, a list, { not = ... }, { min = ..., max = ... } or { has = ... }",
        "anyOf": [one, {"type": "array", "items": one}, {
            "type": "object", "minProperties": 1, "additionalProperties": False,
            "properties": {
                "not": _ref("Condition"), "min": end, "max": end,
                "has": {"anyOf": [one, {"type": "array", "items": one}],
                        "description": "the cell lists it among parts with ; between them"},
            }}],
    }


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/definitions/{name}"}


def _selector(columns: Mapping[str, str]) -> dict[str, Any]:
    return {"type": "object", "properties": _conditions(columns),
            "additionalProperties": _ref("Condition")}


def _conditions(columns: Mapping[str, str]) -> dict[str, Any]:
    return {name: {"allOf": [_ref("Condition")], "description": said}
            for name, said in columns.items()}


def _columns(table: str) -> dict[str, str]:
    return {name: column.meaning + (f" [{column.unit}]" if column.unit not in ("", "1") else "")
            for name, column in known_columns(table).items()}


def _said_of(rule: type[Rule]) -> dict[str, str]:
    """What a docstring says of each parameter, as one line."""
    text = re.split(r"\n(?:Notes|Examples|Raises)\n-+\n", inspect.cleandoc(rule.__doc__ or ""))[0]
    parts = re.split(r"(?m)^(\w[\w, ]*) : .*$", text)
    found: dict[str, str] = {}
    for names, body in zip(parts[1::2], parts[2::2], strict=True):
        line = _in_a_file(" ".join(body.split()))
        found |= {name.strip(): line for name in names.split(",")}
    return found


def _in_a_file(text: str) -> str:
    """The words of a docstring for a reader of TOML, which has no None."""
    plain = re.sub(r":\w+:`([^`]*)`", r"`\1`", text.replace("``", "`"))
    return re.sub(r"\bNone (is|makes)\b", r"left out \1", plain)


def _without_null(part: Any) -> Any:
    """A schema without what TOML cannot say: null, and the default that is null."""
    if isinstance(part, list):
        return [_without_null(one) for one in part]
    if not isinstance(part, dict):
        return part
    out = {key: _without_null(value) for key, value in part.items()
           if not (key == "title" and isinstance(value, str))
           and not (key == "default" and value is None)}
    options = [one for one in out.get("anyOf", []) if one != {"type": "null"}]
    if "anyOf" in out and len(options) == 1:
        del out["anyOf"]
        return out | options[0]
    return out | ({"anyOf": options} if options else {})


def _table(part: Mapping[str, Any]) -> str:
    rows = ["| key | value | default | what it is |", "|---|---|---|---|"]
    for name, one in part["properties"].items():
        default = "**needed**" if name in part.get("required", ()) else json.dumps(
            one["default"], ensure_ascii=False) if one.get("default") not in (None, "") else ""
        cells = (f"`{name}`", _value(one), default, one.get("description", ""))
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows) + "\n"


def _value(one: Mapping[str, Any]) -> str:
    if "const" in one:
        return f'`"{one["const"]}"`'
    if "enum" in one:
        return ", ".join(f"`{json.dumps(v)}`" for v in one["enum"])
    refs = one.get("allOf") or one.get("anyOf") or [one]
    return " or ".join(_words(part) for part in refs) + _within(one)


def _words(part: Mapping[str, Any]) -> str:
    if "$ref" in part:
        named = part["$ref"].rsplit("/", 1)[-1]
        return "selector" if named in ("Demand", "Supply", "When") else "table"
    words = {"string": "text", "array": "list", "object": "table"}
    return words.get(str(part.get("type")), str(part.get("type")))


def _within(one: Mapping[str, Any]) -> str:
    if "maximum" in one:
        return f", {one['minimum']} to {one['maximum']}"
    return f", ≥ {one['minimum']}" if "minimum" in one else ""
