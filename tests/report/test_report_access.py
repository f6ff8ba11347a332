"""axe-core on the pages: nothing serious, whatever is unfolded, in light and dark, wide and narrow."""

import made_data
import made_run
import pytest
from accessibility import grave
from test_report_browser import PATIENCE, browser, pytestmark  # noqa: F401 - a fixture, and its marks

from workbench.cli import execute
from workbench.report import build_report, render_html
from workbench.report.comparison import compare_runs
from workbench.report.comparisonfaces import comparison_html

PAGES = ("report", "card", "comparison", "versions")


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Write a page of each kind, with all its sections."""
    place = tmp_path_factory.mktemp("pages")
    runs = [made_run.run(place / name / "run", cases=24, hostile=True) for name in ("monday", "friday")]
    (place / "report.html").write_text(render_html(build_report(runs[0])), "utf-8")
    (place / "comparison.html").write_text(comparison_html(compare_runs(runs)), "utf-8")
    old, new = made_data.curated(place / "old", rows=21, hostile=False), made_data.curated(place / "new")
    assert execute(["diff", str(old), str(new), "--html", str(place / "versions.html"), "--quiet"]) == 0
    out = place / "out"
    assert execute(["card", str(new), "--base", str(old), "--out", str(out), "--quiet"]) == 0
    (out / "card.html").rename(place / "card.html")
    return place


@pytest.mark.parametrize(
    ("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]
)
@pytest.mark.parametrize("name", PAGES)
def test_nothing_shuts_anybody_out(browser, pages, name, width, scheme):  # noqa: F811 - the fixture
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto((pages / f"{name}.html").as_uri(), wait_until="domcontentloaded")
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    found = grave(page)
    context.close()
    assert found == []


def test_axe_would_find_it(browser):  # noqa: F811 - the fixture
    page = browser.new_page()
    page.set_content("<html><body><img src='data:,'><button></button></body></html>")
    found = grave(page)
    page.close()
    assert any("image-alt" in one for one in found)
    assert any("button-name" in one for one in found)
