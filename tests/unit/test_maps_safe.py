"""Text from data means itself in a page, whatever it holds."""

import html
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from computegrid.inert import inert
from computegrid.maps.palette import CONTROL_COLOURS, control_colour, control_group
from computegrid.maps.safe import safe, safe_json


@given(st.text())
def test_safe_text_holds_no_character_of_markup_or_code(text):
    coded = safe(text)
    assert not set("<>\"'`\\${}") & set(coded)
    assert html.unescape(coded) == inert(text)


@given(st.dictionaries(st.text(), st.lists(st.one_of(st.text(), st.integers(), st.none()))))
def test_safe_json_closes_no_element_and_reads_back(value):
    text = safe_json(value)
    assert not set("<>&'`$\u2028\u2029") & set(text)
    wanted = {
        inert(k): [inert(v) if isinstance(v, str) else v for v in row] for k, row in value.items()
    }
    assert json.loads(text) == wanted


def test_marks_of_direction_and_control_are_left_out():
    assert inert("a\u202eb\u2066c\x00\x1bd") == "abcd"
    assert inert(None) == "" and inert(float("nan")) == ""
    assert safe("贵安集群") == "贵安集群"


def test_no_number_that_json_does_not_know():
    with pytest.raises(ValueError):
        safe_json({"mw": float("nan")})


@pytest.mark.parametrize(
    ("control", "group"),
    [("US", "US"), ("CN", "CN"), ("EU", "EU"), ("FR", "EU"), ("SA", "GCC"), ("JP", "other"),
     ("GB", "other"), ("NA", "other"), ("unknown", "unknown"), (None, "unknown"),
     (float("nan"), "unknown"), ("", "unknown")],
)  # fmt: skip
def test_a_control_has_one_group_and_one_colour(control, group):
    assert control_group(control) == group
    assert control_colour(control) == CONTROL_COLOURS[group]


def test_colours_differ():
    assert len(set(CONTROL_COLOURS.values())) == len(CONTROL_COLOURS)
