"""Debian's Chromium, driven by Playwright, and the pictures that are kept of what it showed."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from emporium.settings import REPOSITORY

CHROMIUM = shutil.which("chromium")
ARTIFACTS = Path(os.environ.get("ARTIFACTS", REPOSITORY / ".artifacts"))
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
ANSWERED = "Failed to load resource"
"""What the browser says of every answer from 400 on: pages that refuse are as they should be."""
MILLISECONDS = 60_000
"""How long a step may take on a busy machine."""
expect.set_options(timeout=MILLISECONDS)


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Run a browser. While it runs, no test of this thread can have an event loop of its own."""
    options = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield browser
        browser.close()


def complaints(page: Page) -> list[str]:
    """Return what will go wrong in a page, filled as it does: scripts that fail, rules that are broken."""
    found: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(ANSWERED):
            found.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


@dataclass
class Album:
    """Pictures of one test, in the order of its steps."""

    folder: Path
    n_pictures: int = 0

    def __call__(self, page: Page, step: str) -> None:
        """Keep how a page looks, whole."""
        self.n_pictures += 1
        self.folder.mkdir(parents=True, exist_ok=True)
        name = f"{self.n_pictures:02}-{step.replace(' ', '-')}.png"
        # Hiding the caret would leave a style at the field, which the pages' policy complains of.
        page.screenshot(path=self.folder / name, full_page=True, caret="initial")
