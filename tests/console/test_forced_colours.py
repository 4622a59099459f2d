"""What must stay visible where the system chooses the colours, in Chromium's dark palette."""

from playwright.sync_api import Browser

from tests.console import browsing
from tests.console.harness import ORGANIZATION, Console

ORG = f"/console/{ORGANIZATION}"
PAGES = [
    f"{ORG}/",
    f"{ORG}/station",
    f"{ORG}/worklist",
    f"{ORG}/notices/347000000000001033",
    f"{ORG}/notices/347000000000001336",
    f"{ORG}/notices?q=bruni",
    f"{ORG}/loads",
]
#: Boxes that only a background sets apart in other modes.
BOXES = (
    ".btn, .phone, .note, .way, .badge, .attempt, .odd, .got, .want, .slip, .hero .find,"
    " input:not([type=hidden], [type=checkbox], [type=radio], [type=file]), select, textarea"
)
#: Returns what cannot be seen: boxes without a border, and shapes in the colour of the page.
UNSEEN = """boxes => {
    const probe = document.createElement("p");
    probe.style.cssText = "background: Canvas; color: CanvasText";
    document.body.append(probe);
    const canvas = getComputedStyle(probe).backgroundColor;
    probe.remove();
    const name = (e) => e.outerHTML.slice(0, 90);
    const shown = (e) => e.getClientRects().length > 0;
    const found = [];
    for (const e of document.querySelectorAll(boxes)) {
        if (!shown(e) || e.matches(".visually-hidden *, .find :is(input, button)")) continue;
        const s = getComputedStyle(e);
        const sides = ["Top", "Left"].map((side) => parseFloat(s[`border${side}Width`]));
        if (!sides.some((width) => width >= 1)) found.push("no border: " + name(e));
    }
    const paint = (c) => c !== "none" && c !== canvas && !/^rgba.*, 0\\)$/.test(c);
    for (const e of document.querySelectorAll("svg :is(path, rect, circle, line, polyline)")) {
        if (!shown(e) || e.matches(".in, .w, .gr, [fill=none][stroke=none]")) continue;
        const s = getComputedStyle(e);
        if (!paint(s.fill) && !paint(s.stroke)) found.push("not painted: " + name(e));
    }
    const states = document.querySelectorAll(".st");
    for (const e of states)
        if (shown(e) && (!e.querySelector("svg") || !e.textContent.trim()))
            found.push("a state by colour alone: " + name(e));
    return [...new Set(found)];
}"""


def test_nothing_is_lost_in_forced_colours(browser: Browser, busy_office: tuple[Console, str]):
    """Boxes have borders, shapes differ from the page, states have a shape and a word."""
    shown = browsing.tab(
        browser, *busy_office, "writer", forced_colors="active", color_scheme="dark"
    )
    lost = []
    for path in PAGES:
        shown.open(path)
        shown.page.evaluate("document.querySelectorAll('main details').forEach(e => e.open = true)")
        lost += [f"{path}: {each}" for each in shown.page.evaluate(UNSEEN, BOXES)]

    assert lost == [], "\n".join(lost)
    shown.open(f"{ORG}/worklist?kind=double")
    shown.page.get_by_role("link", name="TARI 2026, rata 2, pagato due volte").click()
    assert shown.page.evaluate(UNSEEN, BOXES) == []
    chosen = shown.page.locator(".opt:has(> input:checked)")
    assert chosen.evaluate("e => getComputedStyle(e).borderLeftWidth") == "4px"
    shown.page.keyboard.press("Tab")
    outline = shown.page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert outline == "3px"
    shown.context.close()


def test_bars_of_a_chart_differ_by_more_than_their_length(
    browser: Browser, busy_office: tuple[Console, str]
):
    """Kinds of bars that have a legend have different paint."""
    shown = browsing.tab(
        browser, *busy_office, "writer", forced_colors="active", color_scheme="dark"
    )
    shown.open(f"{ORG}/worklist")
    paints = shown.page.evaluate(
        """["f4", "f5", "f2"].map(kind => {
            const e = document.querySelector(`.chart .${kind}`);
            const s = getComputedStyle(e);
            return s.fill + s.stroke;
        })"""
    )

    assert len(set(paints)) == 3
    shown.context.close()
