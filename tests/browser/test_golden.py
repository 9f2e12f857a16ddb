"""Three views look as they did: golden images, compared with a tolerance for fonts and versions.

``UPDATE_GOLDEN=1 pytest tests/browser/test_golden.py`` writes them anew; look at them before they
are committed.
"""

import os
from pathlib import Path

import dispatches
import numpy as np
import pytest
from PIL import Image, ImageFilter

from computegrid.maps import draw_comparison, draw_dispatch, draw_freeze, save_page
from computegrid.scenario.regime import Forbid, Regime
from computegrid.studies.compare import compare
from computegrid.studies.freeze import freeze

pytestmark = pytest.mark.browser
GOLDEN = Path(__file__).parent / "golden"
SIZE = {"width": 900, "height": 560}


def dispatch_view():
    return draw_dispatch(dispatches.dispatch(), lang="en")


def comparison_view():
    no_us = Regime("no-us", [Forbid(label="no US", supply={"control": "US"})], title="No US sites")
    both = [Regime("open", (), title="Open market"), no_us]
    return draw_comparison(compare(dispatches.scenario(), both), lang="en")


def freeze_view():
    return draw_freeze(freeze(dispatches.scenario(), regime=Regime("open", ())), lang="en")


def grey_blur(picture: Image.Image) -> np.ndarray:
    soft = picture.convert("RGB").filter(ImageFilter.GaussianBlur(3))
    return np.asarray(soft.resize((225, 140), Image.Resampling.BOX), dtype=float)


@pytest.mark.parametrize("view", [dispatch_view, comparison_view, freeze_view])
def test_a_view_looks_as_it_did(view, open_page, tmp_path: Path):
    opened = open_page(save_page(view(), tmp_path / "page.html"), **SIZE)
    name = f"{view.__name__.removesuffix('_view')}.png"
    shot = tmp_path / name
    opened.page.locator(".cg-map").screenshot(path=shot)
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        with Image.open(shot) as picture:
            picture.convert("RGB").quantize(128).save(GOLDEN / name, optimize=True)
    with Image.open(shot) as now, Image.open(GOLDEN / name) as before:
        assert now.size == before.size
        apart = np.abs(grey_blur(now) - grey_blur(before)).max(axis=2)
    assert apart.mean() < 3, "the whole picture changed"
    assert (apart > 40).mean() < 0.01, "a part of the picture changed"
