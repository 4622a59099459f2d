"""Real Chromium, and what is checked on each page that it shows."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from gpd_soap.console.cookies import LANGUAGE, SESSION
from tests.console.harness import Console

#: LIMIT: milliseconds that a page may take on a busy machine.
PATIENCE = 20_000
WIDTHS = (1280, 320)
HEIGHT = 900
#: What a page with a status of an error writes by itself.
STATUS_LINE = "Failed to load resource: the server responded with a status of 4"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Debian's Chromium, and end it."""
    with sync_playwright() as started:
        browser = started.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu"],
        )
        try:
            yield browser
        finally:
            browser.close()


class Tab:
    """A page of a browser in which an operator is signed in."""

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self.context, self.origin = context, origin
        self.page: Page = context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.messages: list[str] = []
        self.clicks = 0
        self.page.on("console", lambda message: self.messages.append(message.text))
        self.page.on("pageerror", lambda error: self.messages.append(str(error)))

    def open(self, path: str) -> int:
        """Open an address of the console; return the status of the answer."""
        answer = self.page.goto(self.origin + path)
        return answer.status if answer is not None else 0

    def click(self, what: str, **options: Any) -> None:
        """Press what has this name, a link or a button; count it."""
        self.clicks += 1
        button = self.page.get_by_role("button", name=what, **options)
        link = self.page.get_by_role("link", name=what, **options)
        button.or_(link).first.click()

    def size(self, width: int) -> None:
        """Give the window this width."""
        self.page.set_viewport_size({"width": width, "height": HEIGHT})

    def problems(self, *, axe: bool = True) -> list[str]:
        """Return what is wrong with the page that is shown; forgets the messages.

        Without `axe` its rules are left out, which take most of the time.
        """
        title, heading = self.page.title(), self.page.locator("h1").first.inner_text()
        wrong = [m for m in self.messages if not m.startswith(STATUS_LINE)]
        self.messages.clear()
        if not _words(title).startswith(_words(heading)):
            wrong.append(f"title {title!r} does not begin with the heading {heading!r}")
        if self.page.locator("h1").count() != 1:
            wrong.append("there is not one h1")
        wide = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if wide > 0:
            wrong.append(f"{wide} pixels stand out on the right")
        return wrong + (self._violations() if axe else [])

    def _violations(self) -> list[str]:
        self.page.evaluate(_axe())
        result = self.page.evaluate(
            "tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", TAGS
        )
        return [
            f"axe: {each['id']}: {node['target']} {node['html'][:120]}"
            for each in result["violations"]
            for node in each["nodes"][:3]
        ]


def tab(
    browser: Browser, console: Console, origin: str, name: str = "", *, language: str = "it",
    **options: Any,
) -> Tab:  # fmt: skip
    """Return a page in which an operator is signed in, if one is named."""
    context = browser.new_context(locale=language, **options)
    cookies: list[Any] = [{"name": LANGUAGE, "value": language, "url": f"{origin}/console"}]
    if name:
        # WHY: Chromium takes a Secure cookie from loopback, and Playwright from https alone.
        cookies.append(
            {"name": SESSION, "value": console.session(name), "secure": True, "httpOnly": True,
             "sameSite": "Strict", "url": origin.replace("http://", "https://")}
        )  # fmt: skip
    context.add_cookies(cookies)
    return Tab(context, origin)


def inspect(shown: Tab, paths: list[str], axe: tuple[int, ...] = WIDTHS) -> list[str]:
    """Return what is wrong with these pages at each width, by the rules of axe at some of them.

    Pages that are refused alike are looked at once.
    """
    wrong, refused = [], set()
    for path in paths:
        status = shown.open(path)
        if status in refused:
            shown.messages.clear()
            continue
        refused |= {status} & {403, 404}
        for width in WIDTHS:
            shown.size(width)
            wrong += [
                f"{path} at {width}: {problem}" for problem in shown.problems(axe=width in axe)
            ]
    return wrong


@cache
def _axe() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


def _words(text: str) -> str:
    return " ".join(text.split())
