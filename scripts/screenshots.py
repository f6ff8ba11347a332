"""Takes the pictures of the review page that the documentation shows.

    python scripts/screenshots.py --run demo --out docs/images

RUN is a whole run (`make demo`). Needs Chromium (``--chromium PATH``). Everything shown is of the bundled
sample; nothing is asked of the network.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

if TYPE_CHECKING:
    from collections.abc import Iterator

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
# Name of the picture, what is reviewed, language, width, scheme.
PICTURES = (
    ("review", "convert", "en", 1280, "light"),
    ("review-evaluation", "eval", "en", 1280, "light"),
    ("review-zh", "convert", "zh-CN", 390, "dark"),
)


@contextmanager
def served(run: Path, part: str, store: Path) -> Iterator[str]:
    """Serve the review of a part of a run, every row checked, and yield its address."""
    import uvicorn

    from workbench.pipeline.stages import read_contracts
    from workbench.review.app import Manner, Session, application
    from workbench.review.items import pair_items, run_items
    from workbench.review.store import Store
    from workbench.review.telling import Checker, measure

    checker = Checker(read_contracts(run / "convert"))
    held = Store(store)
    held.fill(run_items(run / part) if part == "eval" else pair_items(run / part / "pairs.parquet"))
    held.check(lambda one: measure(one, checker), until=lambda: False)
    app = application(held, checker, Session("picture"), Manner(reviewer="ann"))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/?token=picture"
    finally:
        server.should_exit = True
        thread.join(10)
        held.close()


def take(browser: Any, address: str, path: Path, *, lang: str, width: int, scheme: str) -> None:
    """Take one picture, and refuse a page that is wider than the window."""
    context = browser.new_context(locale=lang, color_scheme=scheme, viewport={"width": width, "height": 860})
    page = context.new_page()
    page.goto(address)
    page.wait_for_load_state("load")
    page.screenshot(path=path)
    over = page.locator("html").evaluate("e => e.scrollWidth - e.clientWidth")
    context.close()
    if over > 0:
        raise SystemExit(f"{path.name}: {over} pixels wider than the window")


def main() -> int:
    """Take every picture."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--run", type=Path, required=True, help="a whole run, such as that of `make demo`")
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as started, tempfile.TemporaryDirectory() as scratch:
        browser = started.chromium.launch(executable_path=given.chromium, args=ARGUMENTS)
        for name, part, lang, width, scheme in PICTURES:
            store = Path(scratch) / f"{name}.sqlite"
            with served(given.run, part, store) as address:
                path = given.out / f"{name}.png"
                take(browser, address, path, lang=lang, width=width, scheme=scheme)
                print(path)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
