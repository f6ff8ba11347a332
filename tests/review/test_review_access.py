"""axe-core on the review page: nothing serious, in light and dark, wide and narrow."""

import pytest
from accessibility import grave
from test_review import converted, running, site  # noqa: F401 - fixtures
from test_review_blind import run  # noqa: F401 - a fixture


@pytest.mark.browser
def test_nothing_shuts_anybody_out(site):  # noqa: F811 - the fixture
    playwright = pytest.importorskip("playwright.sync_api")
    found = []
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        for width, scheme in ((1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")):
            context = browser.new_context(
                viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True
            )
            page = context.new_page()
            page.goto(f"{site}/?token=tok")
            playwright.expect(page.locator(".above code")).to_have_text("p3")
            found += [f"{width} {scheme} {one}" for one in grave(page)]
            page.goto(f"{site}/progress")
            found += [f"{width} {scheme} {one}" for one in grave(page)]
            context.close()
        browser.close()
    assert found == []


@pytest.mark.browser
def test_questions_about_an_answer_shut_nobody_out(run):  # noqa: F811 - the fixture
    from workbench.review.app import Manner, Session, application
    from workbench.review.items import run_items
    from workbench.review.store import Store
    from workbench.review.telling import Checker

    playwright = pytest.importorskip("playwright.sync_api")
    store = Store(run.with_name("access.sqlite"))
    store.fill(run_items(run))
    app = application(store, Checker([]), Session("tok"), Manner(lang="zh"))
    with running(app) as address, playwright.sync_playwright() as started:
        browser = started.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        context = browser.new_context(bypass_csp=True, color_scheme="dark")
        page = context.new_page()
        page.goto(f"{address}/?token=tok")
        page.locator("details.graders summary").click()
        assert grave(page) == []
        browser.close()
    store.close()
