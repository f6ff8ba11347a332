"""Load `workbench serve` and `workbench review` on 127.0.0.1, and count what is served, refused and lost.

    python -m bench.load                       # every scene of both servers, about two minutes
    python -m bench.load --endurance 300       # the same traffic for five minutes: memory, and its slope
    python -m bench.load --only review --json  # one server; one JSON object a line

Served: a whole answer with the text that the same call gives when it is alone. Refused: 429 with
`Retry-After`, 404 for an adapter that was just dropped, 409 for a row that another person is at. Left: given
up by the caller. Lost: everything else (a broken connection, half a stream, another text, a decision that was
taken and isn't in the export); one is enough for exit code 1.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.load_review import Desk
from bench.load_serve import Shop
from bench.review import large
from bench.serve import ADAPTERS, BASE, random_adapter
from bench.traffic import Memory, Tally

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
ROWS, WAITING = 8, 16


@contextmanager
def started(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a verb that serves, and yield it with the address that it tells."""
    with subprocess.Popen(
        [sys.executable, "-m", "workbench", *arguments], cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as server:  # fmt: skip
        told = (re.search(r"http://127\S+", line) for line in server.stdout or ())
        address = next((found.group() for found in told if found), "")
        if not address:
            raise SystemExit("the server didn't start")
        try:
            yield server, address
        finally:
            server.send_signal(signal.SIGINT)
            server.communicate(timeout=60)


def serving(place: Path, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Yield a row for each scene with `serve`."""
    for number, name in enumerate((*ADAPTERS, "extra")):
        random_adapter(place / name, number)
    command = [f"--adapter={name}={place / name}" for name in ADAPTERS]
    command += ["--adapter-root", str(place), "--rows", str(ROWS), "--waiting", str(WAITING)]
    with started("serve", "--base", str(BASE), "--port", "0", *command) as (server, address):
        shop = Shop(_port(address), models=("base", *ADAPTERS), extra=("extra", str(place / "extra")))
        asyncio.run(shop.learn())
        yield from _scenes("serve", shop, server.pid, options)


def reviewing(place: Path, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Yield a row for each scene with `review`."""
    data = large(place, options.rows)
    with started("review", str(data), "--no-open", "--port", "0") as (server, address):
        desk = Desk(_port(address), token=address.partition("token=")[2])
        asyncio.run(desk.enter())
        yield from _scenes("review", desk, server.pid, options)


def _scenes(name: str, world: Shop | Desk, pid: int, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    endurance: int = options.endurance
    scenes = world.enduring(endurance) if endurance else world.scenes(options.calls)
    if endurance:  # what is taken once, by the first calls of every kind, is no leak
        asyncio.run(world.warm(options.calls))
    for scene, work in scenes.items():
        tally, memory = asyncio.run(_watched(work(), Memory(pid)))
        yield {"server": name, "scene": scene, **tally.row(), **memory.row(), "why": tally.lost[:5]}


async def _watched(work: Any, memory: Memory) -> tuple[Tally, Memory]:
    async with memory.watched():
        return await work, memory


def _port(address: str) -> int:
    found = re.search(r":(\d+)", address)
    return int(found.group(1)) if found else 0


def main() -> int:
    """Print a row for each scene; 1 where anything was lost."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=("serve", "review"))
    parser.add_argument("--calls", type=int, default=400, help="calls of a scene")
    parser.add_argument("--rows", type=int, default=4000, help="pairs under review")
    parser.add_argument("--endurance", type=int, default=0, metavar="SECONDS")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    lost = 0
    for name, made in (("serve", serving), ("review", reviewing)):
        if options.only in {None, name}:
            with tempfile.TemporaryDirectory() as place:
                for row in made(Path(place), options):
                    lost += row["lost"]
                    print(json.dumps(row) if options.json else _line(row), flush=True)
    return 1 if lost else 0


def _line(row: dict[str, Any]) -> str:
    refused = ", ".join(f"{n} {why}" for why, n in row["refused"].items()) or "0"
    slope = ""
    if "mb_a_minute" in row:
        slope = f", {row['mb_a_minute']:+.2f} MB a minute ({row['low']:+.2f} to {row['high']:+.2f})"
    return (
        f"| {row['server']} | {row['scene']} | {row['served']} | {refused} | {row['left']} | {row['lost']} "
        f"| {row['p50_ms']:.0f} | {row['p95_ms']:.0f} | {row['p99_ms']:.0f} "
        f"| {row['memory_start_mb']:.0f} → {row['memory_end_mb']:.0f}{slope} |"
        + "".join(f"\n  lost: {one}" for one in row["why"])
    )


if __name__ == "__main__":
    sys.exit(main())
