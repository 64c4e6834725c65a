"""A headless Chromium, asked over its DevTools protocol."""

import asyncio
import contextlib
import itertools
import json
import shutil
import subprocess
import time

import aiohttp

CHROMIUM = shutil.which("chromium")
SECONDS = 60
# What the browser answers when the page that was asked is left meanwhile.
LEFT = {
    "Inspected target navigated or closed",
    "Execution context was destroyed.",
    "Cannot find default execution context",
}


class PageLeftError(Exception):
    """The page went to another address before it answered."""


@contextlib.asynccontextmanager
async def chromium(folder):
    """Run a browser with a profile of its own in `folder`."""
    command = [
        CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
        "--window-size=800,600", "--remote-debugging-port=0", f"--user-data-dir={folder / 'profile'}", "about:blank",
    ]  # fmt: skip
    with (folder / "chromium.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        port_file = folder / "profile" / "DevToolsActivePort"
        await until(lambda: port_file.exists() and port_file.read_text().count("\n") == 1)
        port, path = port_file.read_text().split("\n")
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"ws://127.0.0.1:{port}{path}", max_msg_size=0) as socket,
        ):
            yield Browser(socket)
    finally:
        process.terminate()
        process.wait(SECONDS)


class Browser:
    def __init__(self, socket):
        self._socket = socket
        self._numbers = itertools.count(1)

    async def ask(self, method, session=None, **params):
        """Send a command and return its result; what the browser tells meanwhile is passed over."""
        number = next(self._numbers)
        asked = {"id": number, "method": method, "params": params}
        await self._socket.send_json(asked | ({"sessionId": session} if session else {}))
        async with asyncio.timeout(SECONDS):
            while True:
                told = json.loads((await self._socket.receive()).data)
                if told.get("id") == number:
                    return _result(told)

    async def new_page(self):
        """Return a page of a visitor whom the browser does not know."""
        context = await self.ask("Target.createBrowserContext")
        target = await self.ask("Target.createTarget", url="about:blank", **context)
        attached = await self.ask(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True
        )
        page = Page(self, attached["sessionId"])
        await page.ask("Page.enable")
        return page


def _result(told):
    if told.get("error", {}).get("message") in LEFT:
        raise PageLeftError(told["error"]["message"])
    assert "error" not in told, told
    return told["result"]


class Page:
    def __init__(self, browser, session):
        self._browser, self._session = browser, session

    async def ask(self, method, **params):
        return await self._browser.ask(method, self._session, **params)

    async def before_each_page(self, script):
        """Let a script run before those of the page."""
        await self.ask("Page.addScriptToEvaluateOnNewDocument", source=script)

    async def go(self, url):
        await self.ask("Page.navigate", url=url)
        await self.until_at(url)

    async def until_at(self, url):
        """Wait until a page is there, whole."""

        async def is_there():
            with contextlib.suppress(PageLeftError):
                here = await self.evaluate("[location.href, document.readyState]")
                return here == [url, "complete"]
            return False

        await until(is_there)

    async def evaluate(self, expression):
        told = await self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    async def click(self, selector):
        """Press and release the mouse on the middle of an element, as a person would."""
        box = await self.evaluate(
            f"(() => {{ const b = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
            " return [b.x + b.width / 2, b.y + b.height / 2] })()"
        )
        where = {"x": box[0], "y": box[1], "button": "left", "clickCount": 1}
        for kind in ("mousePressed", "mouseReleased"):
            await self.ask("Input.dispatchMouseEvent", type=kind, **where)


async def until(condition, seconds=SECONDS):
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if await found if asyncio.iscoroutine(found) else found:
            return
        assert time.monotonic() < deadline, "did not come true"
        await asyncio.sleep(0.02)
