"""Screenshots of every view, for whoever changes the maps to look at.

``python tests/browser/shots.py out [model ...]`` solves each model, draws its dispatch, comparison
and freeze desk, and writes ``out/<model>-<view>.png``. With ``docs/images --readme`` it writes
small pictures of the three theatres instead. Needs playwright and Chromium; says so and ends well
where they are missing, so that a plain run does not fail for want of a picture.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import computegrid as cg
from computegrid.maps import save_page
from computegrid.maps.palette import CONTROL_COLOURS, SEQUENTIAL

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
THEATRES = ["china", "europe", "gulf"]
SMALL = 150_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("models", nargs="*", default=THEATRES)
    parser.add_argument("--readme", action="store_true", help="small pictures of the dispatches")
    asked = parser.parse_args()
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        print("no screenshots: playwright is not installed (pip install playwright)")
        return 0
    if not CHROMIUM.exists():
        print("no screenshots: chromium is not installed (apt-get install chromium)")
        return 0
    asked.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        for model in asked.models:
            for name, drawn in views(model, only_dispatch=asked.readme):
                html = save_page(drawn, asked.folder / f".{name}.html")
                target = asked.folder / f"{model if asked.readme else name}.png"
                shoot(browser, html, target, small=asked.readme)
                html.unlink()
                print(target)
        browser.close()
    return 0


def views(model: str, *, only_dispatch: bool = False):
    """Each view of a model, as (name, page)."""
    scenario = cg.load(model)
    lang = "en" if only_dispatch else "both"
    yield f"{model}-dispatch", cg.solve(scenario, scenario.default_regime).explore(lang=lang)
    if not only_dispatch:
        yield f"{model}-comparison", cg.compare(scenario).explore(lang=lang)
        yield f"{model}-freeze", cg.freeze(scenario).explore(lang=lang)


def shoot(browser, html: Path, target: Path, *, small: bool = False) -> Path:
    """Open a page from disk and write what is seen."""
    size = {"width": 1280, "height": 800} if small else {"width": 1400, "height": 860}
    page = browser.new_page(viewport=size)
    page.goto(html.resolve().as_uri())
    page.wait_for_selector(".cg-page[data-ready=true]", timeout=60_000)
    page.screenshot(path=target)
    page.close()
    if small:
        shrink(target)
    return target


def shrink(target: Path) -> None:
    """Fewer colours until the picture is small enough for a README."""
    from PIL import Image

    with Image.open(target) as picture:
        full = picture.convert("RGB").resize((1000, 625), Image.Resampling.LANCZOS)
    wide, high = full.size
    hues = [*CONTROL_COLOURS.values(), *SEQUENTIAL, "#f3f6f8", "#f2efe8"]
    weighted = Image.new("RGB", (wide, high + 20 * len(hues)))  # rare hues count, and stay
    weighted.paste(full)
    for k, hue in enumerate(hues):
        weighted.paste(hue, (0, high + 20 * k, wide, high + 20 * (k + 1)))
    for colours in (256, 128, 64):
        few = weighted.quantize(colours, dither=Image.Dither.NONE).crop((0, 0, wide, high))
        few.save(target, optimize=True)
        if target.stat().st_size <= SMALL:
            return


if __name__ == "__main__":
    sys.exit(main())
