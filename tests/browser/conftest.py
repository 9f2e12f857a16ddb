"""A browser that is Debian's Chromium, and pages that may ask for nothing."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        if os.environ.get("CI") == "true":
            pytest.fail("chromium is not installed: apt-get install chromium")
        pytest.skip("chromium is not installed")
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield started
        started.close()


@dataclass
class Opened:
    """A page that was opened from disk, and everything it asked for or complained about."""

    page: Page
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def check(self) -> None:
        assert self.asked == []
        assert self.complaints == []


@pytest.fixture
def open_page(browser: Browser):
    contexts = []

    def opening(path: Path, width: int = 1280, height: int = 800) -> Opened:
        context = browser.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        context.add_init_script("window.hits = []; window.hit = (sink) => { hits.push(sink); };")
        opened = Opened(context.new_page())
        address = path.resolve().as_uri()

        def note(request) -> None:
            if request.url != address and not request.url.startswith("data:"):
                opened.asked.append(request.url)

        opened.page.on("request", note)
        opened.page.on("console", lambda m: opened.complaints.append(f"{m.type}: {m.text}"))
        opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        opened.page.goto(address)
        opened.page.wait_for_selector(".cg-page[data-ready=true]", timeout=20_000)
        return opened

    yield opening
    for context in contexts:
        context.close()
