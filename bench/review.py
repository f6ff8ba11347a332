"""How long `workbench review` takes to show its first page of a large file, and every page after it.

    python -m bench.review --rows 50000

Pairs of the bundled support log, converted, repeated under new ids with another number in each question; the
checks of its contract run beside the page. Opened twice: the second time the rows are laid out already.
"""

from __future__ import annotations

import argparse
import http.cookiejar
import json
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import polars as pl

ROOT = Path(__file__).resolve().parent.parent
PAGES = 20


def large(place: Path, rows: int) -> Path:
    """Write ``rows`` pairs with their contract into a folder."""
    log = str(ROOT / "samples" / "support" / "logs.jsonl")
    convert = [sys.executable, "-m", "workbench", "convert", log, "--out", str(place / "converted"), "-q"]
    subprocess.run(convert, check=True, cwd=ROOT)
    pairs = pl.read_parquet(place / "converted" / "pairs.parquet")
    element = pl.element().struct

    def numbered(n: int) -> pl.DataFrame:
        content = (element.field("content") + f" #{n}").alias("content")
        prompt = pl.col("prompt").list.eval(pl.struct(element.field("role"), content))
        return pairs.with_columns((pl.col("id") + f"-{n}").alias("id"), prompt)

    whole = pl.concat(numbered(n) for n in range(-(-rows // pairs.height))).head(rows)
    whole.write_parquet(place / "converted" / "pairs.parquet")
    return place / "converted"


def opened(data: Path) -> dict[str, float]:
    """Start the verb, and return the seconds to the first page and of the slowest page after it."""
    command = [sys.executable, "-m", "workbench", "review", str(data), "--no-open"]
    begun = time.perf_counter()
    with subprocess.Popen(
        command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as verb:
        assert verb.stderr is not None  # noqa: S101
        address = next(line for line in verb.stderr if line.startswith("review at ")).split()[-1]
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        browser = urllib.request.build_opener(jar)
        browser.open(address).read()
        first, slowest = time.perf_counter() - begun, 0.0
        for _ in range(PAGES):
            asked = time.perf_counter()
            browser.open(address.partition("?")[0]).read()
            slowest = max(slowest, time.perf_counter() - asked)
        verb.send_signal(signal.SIGINT)
    return {"first_page_seconds": round(first, 2), "slowest_page_seconds": round(slowest, 3)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=50_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        data = large(Path(place), given.rows)
        for name in ("first time", "again"):
            print(json.dumps({"rows": given.rows, "opened": name, **opened(data)}))


if __name__ == "__main__":
    main()
