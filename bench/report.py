"""Times the report of many cases: written, its size, and until its filters work in Chromium.

python -m bench.report --cases 2000
"""

from __future__ import annotations

import argparse
import importlib.util
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.cli.report import write_report

if TYPE_CHECKING:
    from types import ModuleType

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-sync",
    "--no-first-run",
]
# Works a filter as soon as there is one, and notes when its effect is laid out.
WORKED = """new MutationObserver((_, watch) => {
  const form = document.querySelector(".filters");
  if (!form || form.hidden) return;
  watch.disconnect();
  form.elements.state.value = "lost";
  form.elements.state.dispatchEvent(new Event("input", { bubbles: true }));
  document.body.offsetHeight;
  if (form.querySelector(".found").textContent.includes(" of ")) window.worked = performance.now();
}).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["hidden"] });"""


def made() -> ModuleType:
    """Load the module that makes the tests' runs up."""
    path = Path(__file__).resolve().parent.parent / "tests" / "report" / "made_run.py"
    spec = importlib.util.spec_from_file_location("made_run", path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def opened(page: Path, *, draws: int) -> tuple[list[float], list[float]]:
    """Return seconds until a filter has worked, in each of ``draws`` tabs: within the page, and from outside.

    Within, from the start of the navigation until the filtered list is laid out; from outside, from asking
    for the navigation until Playwright has chosen the filter as a person would and seen its effect.
    """
    from playwright.sync_api import sync_playwright

    within, outside = [], []
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for script in (WORKED, None) * draws:
            tab = browser.new_page(viewport={"width": 1280, "height": 800})
            if script:
                tab.add_init_script(script)
            start = time.perf_counter()
            tab.goto(page.as_uri(), wait_until="commit")
            if script:
                while not (milliseconds := tab.evaluate("window.worked")):
                    time.sleep(0.05)
                within.append(milliseconds / 1000)
            else:
                tab.select_option("select[name=state]", "lost")
                tab.wait_for_function("document.querySelector('.found').textContent.includes(' of ')")
                outside.append(time.perf_counter() - start)
            tab.close()
        browser.close()
    return sorted(within), sorted(outside)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--draws", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        run = made().run(Path(place) / "run", cases=given.cases)
        start = time.perf_counter()
        write_report(run)
        written = time.perf_counter() - start
        page = run / "report.html"
        size = page.stat().st_size / 1e6
        within, outside = opened(page, draws=given.draws)
    print(f"{given.cases} cases: written in {written:.2f} s, {size:.2f} MB")
    for name, seconds in (("in the page", within), ("by Playwright", outside)):
        told = f"median {seconds[len(seconds) // 2]:.2f} s, {seconds[0]:.2f} to {seconds[-1]:.2f}"
        print(f"a filter worked, {name}: {told} ({given.draws} tabs)")


if __name__ == "__main__":
    main()
