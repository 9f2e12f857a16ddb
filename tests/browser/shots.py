"""Screenshots of every view, for whoever changes the maps to look at.

``python tests/browser/shots.py out`` opens every map in ``out`` and writes a picture beside it, as
on a desk and as on a phone; of a comparison also the flows of each regime. With ``docs/images
--readme`` it solves every bundled model and writes the small pictures of the README instead. Needs
playwright and Chromium; says so and ends well where they are missing, so that a plain run does not
fail for want of a picture.
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
DESK, PHONE, README = (1400, 860), (360, 740), (1280, 800)
SMALL = 150_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
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
        pictures = readme if asked.readme else maps
        for target in pictures(browser, asked.folder):
            print(target)
        browser.close()
    return 0


def maps(browser, folder: Path):
    """A picture of every map in a folder."""
    for html in sorted(folder.glob("*.html")):
        page = opened(browser, html, DESK)
        yield taken(page, html.with_suffix(".png"))
        if page.locator("input[name=cg-mode]:checked[value=moved]").count():
            page.locator("input[name=cg-mode][value=is]").check()
            yield taken(page, html.with_name(f"{html.stem}-flows.png"))
        page.close()
        page = opened(browser, html, PHONE)
        yield taken(page, html.with_name(f"{html.stem}-phone.png"))
        page.close()


def readme(browser, folder: Path):
    """A small picture of each bundled model."""
    for model in cg.models():
        scenario = cg.load(model)
        drawn = cg.solve(scenario, scenario.default_regime).explore(lang="en")
        html = save_page(drawn, folder / f".{model}.html")
        page = opened(browser, html, README)
        target = taken(page, folder / f"{model}.png")
        page.close()
        html.unlink()
        shrink(target)
        yield target


def opened(browser, html: Path, size: tuple[int, int]):
    """A page, drawn."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.goto(html.resolve().as_uri())
    page.wait_for_selector(".cg-page[data-ready=true]", timeout=60_000)
    return page


def taken(page, target: Path) -> Path:
    page.wait_for_timeout(150)
    page.screenshot(path=target)
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
