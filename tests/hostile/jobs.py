"""Lays the corpus out in a folder, with the good files that its commands want beside the hostile one."""

import json
from pathlib import Path

from tests.hostile.corpus import corpus
from tests.hostile.trial import ROOT
from workbench.io.frames import pairs_to_frame
from workbench.records import Message, Pair, Source, TokenCounts

_CONTRACT = """\
task: desk
rules:
- {id: words, text: At most 30 words., kind: length, check: {use: length, unit: words, max: 30}}
- {id: json, text: Reply with JSON., kind: format, check: {use: json_only}}
- {id: status, text: Status is a., kind: format, check: {use: one_of, path: $.status, values: [a]}}
- {id: schema, text: An object., kind: format, check: {use: json_schema, schema: {type: object}}}
- {id: xml, text: Reply with XML., kind: format, check: {use: xml_only}}
- {id: tags, text: One root., kind: format, check: {use: xml_structure, root: a, tags: [a, b]}}
- {id: begin, text: Begin with Hi., kind: format, check: {use: starts_with, phrase: Hi}}
- {id: end, text: End with Bye., kind: format, check: {use: ends_with, phrase: Bye}}
- {id: says, text: Say yes., kind: style, check: {use: contains, phrases: ["yes"]}}
- {id: never, text: Never say no., kind: style, check: {use: not_contains, phrases: ["no", "不"]}}
- {id: quiet, text: No exclamation., kind: style, check: {use: no_characters, characters: "!！"}}
- {id: hidden, text: No ids., kind: safety, check: {use: no_identifiers, pattern: "INT-[0-9]+"}}
- {id: han, text: Reply in Chinese., kind: language, check: {use: language, lang: zh}}
- {id: same, text: Same language., kind: language, check: {use: same_language}}
- {id: bullets, text: Use bullets., kind: format, check: {use: markup, element: bullet, min: 1}}
- {id: tables, text: Use a table., kind: format, check: {use: markup, element: table, min: 1}}
- {id: headings, text: Use headings., kind: format, check: {use: markup, element: heading, min: 1}}
- {id: harm, text: Refuse harm., kind: safety, check: {use: refuse_harmful}}
- {id: neutral, text: Be neutral., kind: neutrality, check: {use: neutral}}
- {id: grounded, text: Only the context., kind: grounding, check: {use: grounded}}
"""


def prepared(folder: Path, *, only: str = "", every: int = 1, names=None):
    """Write the files and return ``(name, command)`` of each command with its places filled in.

    ``only``: files with this in their names; ``names``: these alone; ``every``: each n-th of them.
    """
    folder = folder / f"laid-{len(list(folder.iterdir()))}"
    folder.mkdir()
    places = _helpers(folder)
    items = [item for item in corpus() if only in item.name and (names is None or item.name in names)]
    jobs = []
    for at, item in enumerate(items[::every]):
        filled = {**places, "file": item.write(folder), "out": folder / f"out-{at}"}
        jobs += [(item.name, [part.format(**filled) for part in command]) for command in item.commands]
    return jobs


def _helpers(folder: Path) -> dict[str, str]:
    written = {
        "contract": ("contract.yaml", _CONTRACT.encode()),
        "policy": ("policy.yaml", b"min_rows: 1\n"),
        "log": ("log.jsonl", (json.dumps({"messages": []}) + "\n").encode()),
    }
    for name, raw in written.values():
        (folder / f"good-{name}").write_bytes(raw)
    places = {key: str(folder / f"good-{name}") for key, (name, _) in written.items()}
    pairs = folder / "good-pairs.parquet"
    pairs_to_frame(_pair(n) for n in range(8)).write_parquet(pairs)
    return places | {"base": str(ROOT / "samples" / "base"), "pairs": str(pairs)}


def _pair(number: int) -> Pair:
    return Pair(
        id=f"p{number}",
        prompt=(Message(role="user", content=f"Question {number}?"),),
        completion=(Message(role="assistant", content=f"Answer {number}."),),
        task="desk",
        template_id="t",
        slots=(),
        source=Source(file="log.jsonl", line=number + 1, record=number),
        tokens=TokenCounts(original=90, compact=20, completion=9),
    )
