"""No way round: text reaches a page through safe(), or as JSON written with textContent."""

import re
from pathlib import Path

import pytest

from computegrid import maps

FOLDER = Path(maps.__file__).parent
SCRIPTS = sorted((FOLDER / "assets" / "page").glob("*.js"))
SINKS = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|setContent|"
    r"bindPopup|divIcon|DivIcon|createContextualFragment|srcdoc|setTimeout\(\s*['\"]|"
    r"fetch\(|XMLHttpRequest|WebSocket|EventSource|sendBeacon|import\(|https?://(?!www\.w3\.org/2000/svg)"
)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_the_page_has_no_sink_that_reads_markup_or_asks_the_network(script):
    assert not SINKS.findall(script.read_text("utf-8"))


def test_attributes_of_the_page_are_no_handlers():
    text = "".join(script.read_text("utf-8") for script in SCRIPTS)
    assert not re.findall(r"setAttribute\(\s*['\"]on", text)


MARKUP = {"page.py", "notebook.py", "markup.py"}


def test_only_few_files_write_markup():
    for path in FOLDER.glob("*.py"):
        if path.name not in MARKUP:
            code = re.sub(r'""".*?"""', "", path.read_text("utf-8"), flags=re.S)
            assert not re.search(r"<(div|script|p|span|header|style)[ >]", code)


def test_only_page_py_imports_folium():
    for path in FOLDER.glob("*.py"):
        text = path.read_text("utf-8")
        assert path.name == "page.py" or ("import folium" not in text and "branca" not in text)


@pytest.mark.parametrize("name", ["notebook.py", "markup.py"])
def test_every_value_of_small_markup_is_safe(name):
    """What is put between braces went through safe(), or was made of what did."""
    text = (FOLDER / name).read_text("utf-8")
    code = re.sub(r'""".*?"""', "", text, flags=re.S)
    made = set(re.findall(r"(\w+) = [^=\n]*?f?['\"]", code))
    for value in re.findall(r"\{([^{}]+)\}", "".join(re.findall(r'f"[^"]*"|f\'[^\']*\'', code))):
        assert value.startswith(("safe(", "markup.")) or value in made, (name, value)


def test_every_value_written_into_markup_is_safe():
    body = (FOLDER / "page.py").read_text("utf-8").split("def _body", 1)[1].split("return", 1)[1]
    written = re.findall(r"\{([^{}]+)\}", body)
    known = {"name", "clock", "totals", "land", "kind", "views", "safe_json(values)"}
    for value in written:
        assert value.startswith(("safe(", 'text["')) or value in known, value


def test_licences_lie_beside_what_is_vendored():
    assert "BSD 2-Clause" in (FOLDER / "assets" / "leaflet.LICENSE.txt").read_text()
    listed = (FOLDER / "assets" / "README.md").read_text("utf-8")
    for path in (FOLDER / "assets").iterdir():
        if path.is_file() and path.suffix in (".js", ".css", ".json"):
            assert path.name in listed
