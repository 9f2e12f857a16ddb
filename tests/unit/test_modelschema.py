"""The JSON Schema of a model file says what reading it says, and lies where editors find it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

import computegrid as cg
from computegrid.scenario.bundled import models_folder
from computegrid.scenario.modelfile import read_model, regimes_of
from computegrid.scenario.modelschema import (
    SCHEMA_FILE,
    SCHEMA_LINE,
    keys_for_people,
    model_schema,
    with_schema_line,
)
from computegrid.scenario.newmodel import new_model
from computegrid.scenario.regime import RULES

SCHEMA = json.loads(model_schema())
HEAD = 'title = "t"\ndata = "world"\n'


def valid(text: str) -> bool:
    instance = json.loads(json.dumps(tomllib.loads(text), default=str))
    return jsonschema.Draft7Validator(SCHEMA).is_valid(instance)


def read(folder: Path, text: str) -> bool:
    """Whether the program reads the text, as far as it can without the facts."""
    file = folder / "model.toml"
    file.write_text(text, "utf-8")
    try:
        regimes_of(read_model(file), file.name, set())
    except cg.ScenarioError:
        return False
    return True


def test_the_schema_is_one():
    jsonschema.Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("model", cg.models())
def test_bundled_models_are_valid_and_name_their_schema(model):
    text = (models_folder() / f"{model}.toml").read_text("utf-8")
    assert valid(text)
    assert text.startswith(SCHEMA_LINE + "\n")
    assert (models_folder() / SCHEMA_FILE).read_text("utf-8") == model_schema()


def rule(text: str) -> str:
    return f"{HEAD}[regimes.r]\n[[regimes.r.rules]]\n{text}\n"


LIMIT = 'kind = "Limit"\nlabel = "l"\nquantity = "it_mw"\n'
SHARE = 'kind = "Share"\nlabel = "s"\n'
CHARGE = 'kind = "Charge"\nlabel = "c"\nquantity = "carbon_t"\n'
FORBID = 'kind = "Forbid"\nlabel = "f"\n'


@pytest.mark.parametrize(("text", "good"), [
    (HEAD, True),
    ('title = "t"\n', False),
    (HEAD + "titel = 1\n", False),
    (HEAD + "[hours]\nseasons = ['DJF']\nstep_hours = 6.0\n", True),
    (HEAD + "[hours]\nseasons = ['DJF']\nstep_hours = 5.0\n", False),
    (HEAD + "[hours]\nseasons = ['DJF', 'DJF']\n", False),
    (HEAD + "[hours]\nseasons = []\n", False),
    (HEAD + "[hours]\nseasons = ['XXX']\n", False),
    (HEAD + "[regimes.r]\nrules = []\nnotes = 'n'\n", False),
    (rule('label = "l"'), False),
    (rule('kind = "Forbids"\nlabel = "l"'), False),
    (rule(FORBID), True),
    (rule(FORBID + 'quantity = "it_mw"'), False),
    (rule('kind = "Forbid"'), False),
    (rule('kind = "Forbid"\nlabel = " "'), False),
    (rule(FORBID + 'demand = "FR"'), False),
    (rule(FORBID + 'supply = { control = { not = ["US"] }, corridor = { has = "x" } }'), True),
    (rule(FORBID + 'hours = { hour = { min = "2025-07" } }'), True),
    (rule(FORBID + "hours = [2025-01-01T00:00:00Z]"), True),
    (rule(LIMIT), False),
    (rule(LIMIT + "max = 1"), True),
    (rule(LIMIT + "min = 1.5\nper = 'horizon'\neach = ['country', 'bloc']"), True),
    (rule(LIMIT + "max = 1\nper = 'day'"), False),
    (rule(LIMIT + "max = 1\npenalty_usd = -1"), False),
    (rule(LIMIT + "max = 1\nusd = 3"), False),
    (rule(LIMIT + "max = '1'"), False),
    (rule(LIMIT + "max = true"), False),
    (rule(LIMIT.replace("it_mw", "mw") + "max = 1"), False),
    (rule(LIMIT.replace("it_mw", "utilisation") + "max = 1"), True),
    (rule(SHARE + "min = 0.4"), True),
    (rule(SHARE + "min = 40"), False),
    (rule(SHARE), False),
    (rule(SHARE + "min = 0.4\nquantity = 'it_mw'"), False),
    (rule(CHARGE), False),
    (rule(CHARGE + "usd = -5"), True),
    (rule(CHARGE.replace("carbon_t", "utilisation") + "usd = 5"), False),
    (rule(CHARGE + "usd = 5\nmax = 3"), False),
])
def test_the_schema_says_what_reading_says(tmp_path, text, good):
    assert (valid(text), read(tmp_path, text)) == (good, good)


def test_rules_are_a_union_told_apart_by_their_kind():
    union = SCHEMA["definitions"]["Rule"]
    assert [one["$ref"].rsplit("/", 1)[-1] for one in union["oneOf"]] == list(RULES)
    for kind, made in RULES.items():
        part = SCHEMA["definitions"][kind]
        assert part["properties"]["kind"]["const"] == kind
        keys = {"kind", *made.__dataclass_fields__} - ({"supply"} if kind == "Defer" else set())
        assert set(part["properties"]) == keys
        assert all(one.get("description") for one in part["properties"].values()), kind
    assert SCHEMA["definitions"]["Limit"]["properties"]["per"]["default"] == "hour"
    assert "pue" in SCHEMA["definitions"]["Supply"]["properties"]


def test_a_new_model_has_its_schema_beside_it(tmp_path):
    file = new_model(tmp_path / "mine", "usa")
    text = file.read_text("utf-8")
    assert text.startswith(SCHEMA_LINE + "\n") and text.count("#:schema") == 1
    assert (file.parent / SCHEMA_FILE).read_text("utf-8") == model_schema()
    assert len(cg.load(tmp_path / "mine").sites) == len(cg.load("usa").sites)
    again = new_model(tmp_path / "again", str(tmp_path / "mine"))
    assert again.read_text("utf-8") == text
    assert with_schema_line(with_schema_line("a = 1\n")) == f"{SCHEMA_LINE}\na = 1\n"


def test_every_key_stands_in_the_docs():
    said = keys_for_people()
    for key in ("`default_regime`", "`step_hours`", "`extends`", "`penalty_usd`", "`usd`"):
        assert f"| {key} |" in said
    assert "None" not in said and ":class:" not in said
