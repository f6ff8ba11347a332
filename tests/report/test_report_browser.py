import re
from pathlib import Path

import made_run
import pytest

from workbench.report import build_report, render_html
from workbench.report.economics import Prices, amount, costs
from workbench.report.money import calls_word
from workbench.verdicts import TokenFigures

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PATIENCE = 120_000
TOKENS = TokenFigures(**made_run.TOKENS)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="no /usr/bin/chromium; apt-get install chromium"),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    place = tmp_path_factory.mktemp("made")
    path = place / "report.html"
    path.write_text(render_html(build_report(made_run.run(place / "run", cases=60, hostile=True))), "utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright isn't installed")
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS, timeout=PATIENCE)
        yield running
        running.close()


@pytest.fixture
def opened(browser, address):
    """Open the page at a width; whatever it complains of or asks for fails the test."""
    contexts, faults = [], []

    def opener(width=1280, *, scheme="light", at="", javascript=True):
        context = browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=scheme, java_script_enabled=javascript
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda r: None if r.url.startswith((address, "data:")) else faults.append(r.url))
        page.goto(address + at, wait_until="domcontentloaded")
        return page

    yield opener
    for context in contexts:
        context.close()
    assert faults == []


def test_hostile_text_stays_text(opened):
    page = opened()
    assert page.evaluate("window.stolen") is None
    assert page.locator("img").count() == 0
    assert "</script><script>window.stolen = 1</script>" in page.locator("#cases").text_content()


def test_filters_narrow_the_cases(opened):
    page = opened()
    assert page.locator(".found").text_content() == "60 cases"
    page.select_option("select[name=state]", "lost")
    lost = page.locator(".cases > li:not([hidden])").count()
    assert 0 < lost < 60
    assert page.locator(".found").text_content() == f"{lost} of 60 cases"
    page.fill("input[name=text]", "no such words anywhere")
    assert page.locator(".cases > li:not([hidden])").count() == 0
    assert page.locator(".none").is_visible()
    page.fill("input[name=text]", "")
    page.select_option("select[name=state]", "")
    page.select_option("select[name=behaviour]", "harm")
    assert 0 < page.locator(".cases > li:not([hidden])").count() < 12
    page.select_option("select[name=behaviour]", "rules")
    assert page.locator(".cases > li:not([hidden])").count() == 48
    page.select_option("select[name=behaviour]", "")
    page.select_option("select[name=slice]", "billing")
    shown = page.locator(".cases > li:not([hidden])")
    assert 0 < shown.count() < 60
    assert all(item.get_attribute("data-slice") == "billing" for item in shown.all())


def test_a_filter_over_a_thousand_cases_answers_at_once(browser, tmp_path):
    """List items that are numbered make hiding them quadratic: seconds, at this size."""
    path = tmp_path / "report.html"
    path.write_text(render_html(build_report(made_run.run(tmp_path / "run", cases=1000))), "utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    seconds = page.evaluate("""() => {
      const field = document.querySelector("select[name=state]"), start = performance.now();
      field.value = "lost";
      field.dispatchEvent(new Event("input", { bubbles: true }));
      document.body.offsetHeight;
      return (performance.now() - start) / 1000;
    }""")
    lost, told = page.locator(".cases > li[data-state=lost]").count(), page.locator(".found").text_content()
    assert lost == page.locator(".cases > li").count() > 0
    page.close()
    assert re.fullmatch(r"[1-9]\d* of 1000 cases", told)
    assert seconds < 0.5


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    """Write a report whose cases are mostly packed."""
    place = tmp_path_factory.mktemp("long")
    path = place / "report.html"
    report = build_report(made_run.run(place / "run", cases=300, hostile=True))
    path.write_text(render_html(report, budget=330_000), "utf-8")
    return path.as_uri(), [case.id for case in report.cases]


def test_packed_cases_unfold_as_they_are_come_to(browser, long):
    address, names = long
    page = browser.new_page()
    page.goto(address)
    items = page.locator(".cases > li")
    items.first.wait_for()
    assert page.locator(".folded").count() == 0
    assert page.locator(".found").text_content() == "300 cases"
    assert items.count() == 50
    page.locator(".later").evaluate("button => button.click()")
    assert items.count() >= 100
    page.locator(".later").scroll_into_view_if_needed()
    items.nth(149).wait_for()
    shown = items.evaluate_all("all => all.map((one) => one.id)")
    assert shown == [f"case-{name}" for name in names[: len(shown)]]
    page.close()


def test_a_deep_link_and_the_keyboard_reach_what_is_packed(browser, long):
    address, names = long
    page = browser.new_page()
    page.goto(f"{address}#case-{names[240]}")
    opened = page.locator(".cases details[open]")
    opened.wait_for()
    assert opened.locator("..").get_attribute("id") == f"case-{names[240]}"
    page.keyboard.press("j")
    assert page.locator(".cases .here").get_attribute("id") == f"case-{names[241]}"
    before = page.locator(".cases > li").count()
    page.locator(".earlier").click()
    assert page.locator(".cases > li").count() == before + 50
    assert page.locator(".cases .here").get_attribute("id") == f"case-{names[241]}"
    page.close()


def test_text_is_searched_in_packed_cases_as_it_reads(browser, long):
    address, names = long
    page = browser.new_page()
    page.goto(address)
    page.fill("input[name=text]", f"{names[-1]}")
    assert page.locator(".found").text_content() == "1 of 300 cases"
    page.fill("input[name=text]", "</script><script>WINDOW")
    assert page.locator(".found").text_content() == "1 of 300 cases"
    page.fill("input[name=text]", "data-state")
    assert page.locator(".found").text_content() == "0 of 300 cases"
    page.close()


def test_without_unpacking_or_javascript_the_first_cases_stand_and_it_is_said(browser, long):
    address, _ = long
    for script in (None, "delete window.DecompressionStream"):
        context = browser.new_context(java_script_enabled=script is not None)
        if script:
            context.add_init_script(script)
        page = context.new_page()
        page.goto(address)
        page.locator(".cases > li").first.wait_for()
        drawn = page.locator(".cases > li").count()
        assert 0 < drawn < 300
        said = page.locator(".folded").text_content()
        assert script or f"The first {drawn} of 300 cases stand below" in said
        assert page.locator(".folded").is_visible()
        context.close()


def test_a_rule_leads_to_the_cases_that_break_it(opened):
    page = opened()
    page.locator("a[data-rule]").first.click()
    shown = page.locator(".cases > li:not([hidden])")
    assert 0 < shown.count() < 60
    rule = page.locator("select[name=rule]").input_value()
    assert rule == "6"
    assert all(rule in item.get_attribute("data-rules").split() for item in shown.all())


def test_a_deep_link_opens_its_case(opened):
    page = opened(at="#case-rules-0022")
    assert page.locator("#case-rules-0022 details[open]").count() == 1
    assert page.locator(".cases details[open]").count() == 1


def test_the_keyboard_goes_from_case_to_case(opened):
    page = opened()
    for key in ("j", "j", "j", "k", "Enter"):
        page.keyboard.press(key)
    items = page.locator(".cases > li")
    assert "here" in items.nth(1).get_attribute("class")
    assert page.locator(".cases details[open]").count() == 1
    page.keyboard.press("j")
    assert items.nth(2).locator("details[open]").count() == 1
    page.keyboard.press("/")
    page.keyboard.type("jk")
    assert page.locator("input[name=text]").input_value() == "jk"


def test_prices_are_worked_out_as_python_does(opened):
    page = opened()
    changed = {"input": 2.5, "cached": 0.3, "output": 7.0, "hits": 0.5, "tuned": 3.0, "tuned_output": 9.5}
    for name, value in (changed | {"once": 11.0}).items():
        page.locator(f"input[name={name}]").fill(str(value))
    told = costs(TOKENS, Prices(**changed, once=11.0))
    for way, call in told.calls.items():
        assert page.locator(f"[data-cost={way}]").text_content() == amount(call.cost)
        assert page.locator(f"[data-cost={way}_1000]").text_content() == amount(1000 * call.cost)
    assert page.locator("[data-cost=against_plain]").text_content() == calls_word(told.against_plain)
    assert page.locator("[data-cost=against_caching]").text_content() == calls_word(told.against_caching)
    page.locator("input[name=tuned]").fill("50")
    assert page.locator("[data-cost=against_caching]").text_content() == "never"


def test_cases_are_found_by_difficulty_and_language(opened):
    page = opened()
    page.select_option("select[name=lang]", "zh")
    chinese = page.locator(".cases > li")
    assert 0 < chinese.count() < 30
    assert all(item.get_attribute("data-lang") == "zh" for item in chinese.all())
    page.select_option("select[name=lang]", "")
    assert page.locator("select[name=difficulty] option").all_text_contents() == ["All", "Easy", "Hard"]
    page.select_option("select[name=difficulty]", "easy")
    easy = page.locator(".cases > li")
    assert 0 < easy.count() < 60
    assert all(item.get_attribute("data-difficulty") == "easy" for item in easy.all())


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_never_scrolls_sideways(opened, width):
    page = opened(width)
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_theme_follows_the_system_until_it_is_chosen(opened):
    page = opened(scheme="dark")
    paper = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(paper)
    page.locator(".theme").click()
    assert page.evaluate(paper) != dark
    page.locator(".theme").click()
    assert page.evaluate(paper) == dark


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(opened, scheme):
    page = opened(scheme=scheme)
    page.evaluate("document.querySelectorAll('.cases details').forEach((d, i) => { d.open = i < 3; })")
    assert page.evaluate(CONTRAST) == []


def test_without_javascript_all_is_there_but_filters(opened):
    page = opened(javascript=False)
    assert page.locator(".filters").is_hidden()
    assert page.locator(".theme").is_hidden()
    page.locator(".cases summary").first.click()
    assert page.locator(".cases details[open] .arms").first.is_visible()


# WCAG 2.2, 1.4.3: the contrast of every visible text with what is painted beneath it.
CONTRAST = """() => {
  const parse = (c) => { const m = c.match(/[\\d.]+/g).map(Number); return m.length < 4 ? [...m, 1] : m; };
  const light = (c) => {
    const [r, g, b] = c.map((v) => (v <= 10 ? v / 3294.6 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c[3] > 0.99) return c;
    }
    return [255, 255, 255];
  };
  const bad = new Set();
  for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own || !e.checkVisibility() || e.closest("option")) continue;
    const style = getComputedStyle(e);
    const ink = parse(e instanceof SVGElement ? style.fill : style.color);
    const [a, b] = [light(ink.slice(0, 3)), light(ground(e).slice(0, 3))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) bad.add(`${e.tagName}.${e.getAttribute("class")}: ${ratio.toFixed(2)}`);
  }
  return [...bad];
}"""
