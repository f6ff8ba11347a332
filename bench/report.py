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


def made() -> ModuleType:
    """Load the module that makes the tests' runs up."""
    path = Path(__file__).resolve().parent.parent / "tests" / "report" / "made_run.py"
    spec = importlib.util.spec_from_file_location("made_run", path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def opened(page: Path, *, draws: int) -> list[float]:
    """Return seconds from navigation until a filter has been worked, in each of ``draws`` tabs."""
    from playwright.sync_api import sync_playwright

    seconds = []
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for _ in range(draws):
            tab = browser.new_page(viewport={"width": 1280, "height": 800})
            start = time.perf_counter()
            tab.goto(page.as_uri(), wait_until="commit")
            tab.select_option("select[name=state]", "lost")
            tab.wait_for_function("document.querySelector('.found').textContent.includes(' of ')")
            seconds.append(time.perf_counter() - start)
            tab.close()
        browser.close()
    return seconds


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
        seconds = sorted(opened(page, draws=given.draws))
    print(f"{given.cases} cases: written in {written:.2f} s, {size:.2f} MB")
    middle = seconds[len(seconds) // 2]
    print(f"a filter worked after {middle:.2f} s (median of {given.draws} tabs)")


if __name__ == "__main__":
    main()
