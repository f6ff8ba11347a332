"""From logs to compact pairs, with every row accounted for."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from workbench.convert.compact import CompactForm
from workbench.convert.examples import example_pairs
from workbench.convert.files import write_contracts, write_templates
from workbench.convert.learn import Learning
from workbench.convert.pairs import PairMaker
from workbench.convert.survey import survey
from workbench.convert.tasks import write_tasks
from workbench.convert.versions import Drift
from workbench.convert.write import PartWriter, parts_beside, write_rows
from workbench.io.crew import Crew
from workbench.io.frames import pairs_to_frame
from workbench.io.hub import as_files
from workbench.io.readers import LogFormat, formats_of
from workbench.io.rundir import write_json, write_text
from workbench.ports import silent
from workbench.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from workbench.contracts import Contract
    from workbench.convert.survey import Surveyed
    from workbench.convert.write import Written
    from workbench.ports import Progress, Tokenizer
    from workbench.records import Template


class ConvertOptions(Spec, frozen=True, kw_only=True):
    """How logs become pairs: format of the rows, compact form, what counts as shared or as a version.

    Of more than ``folders`` tasks, those with the most calls get a contract and a folder of their own.
    """

    format: LogFormat = "auto"
    compact: CompactForm = CompactForm()
    learning: Learning = Learning()
    drift: Drift = Drift()
    folders: Annotated[int, msgspec.Meta(ge=1)] = 200


def convert(
    paths: Sequence[Path],
    out: Path,
    *,
    options: ConvertOptions = ConvertOptions(),  # noqa: B008
    tokenizer: Tokenizer,
    workers: int | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Convert chat logs into compact pairs under ``out``, and return the summary.

    ``paths`` are files, folders that ``datasets`` saved, or ids of data sets of the hub. Token counts are
    ``tokenizer``'s; the long prompt of every pair is ``template.render(slots)``. The log is
    read several times, a row at a time: memory hardly grows with it. ``workers`` processes share the work
    (default: one a core); their number changes nothing in what is written.

    Raises:
        InputError: a file can't be read, or no row of all of them is a record.
        InvariantError: rows don't add up.
    """
    with Crew(workers or os.cpu_count() or 1) as crew, as_files(paths) as files:
        surveyed = survey(
            list(files),
            format=options.format,
            learning=options.learning,
            drift=options.drift,
            crew=crew,
            progress=progress,
        )
        out.mkdir(parents=True, exist_ok=True)
        shown = {str(file): name for file, name in files.items()}
        place = parts_beside(out)
        writer = PartWriter(surveyed, form=options.compact, tokenizer=tokenizer, place=place, shown=shown)
        written = write_rows(writer, out, crew=crew, progress=progress)
    write_templates(surveyed, options.compact, out)
    contracts = _contracts(surveyed.templates, options.folders, progress)
    write_contracts(contracts, out)
    examples = _write_examples(surveyed, contracts, PairMaker(form=options.compact, tokenizer=tokenizer), out)
    write_tasks(surveyed, contracts, options.compact, out)
    summary = _summary(surveyed, written, tokenizer) | {
        "examples": examples,
        "folders": len(contracts),
        "without_rules": [task for task, contract in contracts.items() if not contract.rules],
    }
    write_json(out / "summary.json", summary)
    return summary


def _write_examples(
    surveyed: Surveyed, contracts: dict[str, Contract], maker: PairMaker, out: Path
) -> dict[str, int]:
    """Write the prompts' worked examples as pairs, those that break their own contract only into the list."""
    commonest: dict[str, Template] = {}
    for template in surveyed.templates:
        commonest.setdefault(template.task, template)
    judged = [
        one
        for task, template in commonest.items()
        if task in contracts
        for one in example_pairs(template, surveyed.values[template.id][0], contracts[task], maker)
    ]
    holding = [one.pair for one in judged if not one.broken]
    if judged:
        rows = [{"pair": one.pair, "breaks": one.broken} for one in judged]
        write_text(out / "examples.jsonl", "".join(msgspec.json.encode(r).decode() + "\n" for r in rows))
    if holding:
        pairs_to_frame(holding).write_parquet(out / "examples.parquet")
    return {"found": len(judged), "pairs": len(holding), "broken": len(judged) - len(holding)}


def _contracts(templates: tuple[Template, ...], most: int, progress: Progress) -> dict[str, Contract]:
    """Read the rules of the ``most`` commonest tasks, each from its commonest template.

    They stand in its system text, or in the user's static text where there is none.
    """
    from workbench.convert.infer import infer_contract

    calls: Counter[str] = Counter()
    for template in templates:
        calls[template.task] += template.count
    chosen = {task for task, _ in calls.most_common(most)}
    first: dict[str, Template] = {}
    for template in templates:
        if template.task in chosen:
            first.setdefault(template.task, template)
    out = {}
    for i, (task, template) in enumerate(first.items(), 1):
        text = template.system or template.static("user")
        out[task] = infer_contract(text, template_id=template.id, task=task)
        progress("contracts", i, len(first))
    return out


def _summary(surveyed: Surveyed, written: Written, tokenizer: Tokenizer) -> dict[str, Any]:
    """Say what went in and came out; token means are per pair, estimated where not ``exact``."""
    pairs, tokens = written.tasks.total(), written.tokens
    return {
        "in": sum(log.rows for log in surveyed.logs),
        "pairs": pairs,
        "rejected": written.rejected.total(),
        "templates": len(surveyed.templates),
        "versions": len(surveyed.versions),
        "system_prompts": surveyed.prompts,
        "unshared": surveyed.unshared,
        "tasks": dict(written.tasks.most_common()),
        "rejected_by": dict(written.rejected.most_common()),
        "formats": formats_of(surveyed.logs),
        "duplicate_ids": surveyed.repeated,
        "tokens": {
            "original_mean": round(tokens["original"] / pairs, 2),
            "compact_mean": round(tokens["compact"] / pairs, 2),
            "completion_mean": round(tokens["completion"] / pairs, 2),
            "saved_share": round(1 - tokens["compact"] / tokens["original"], 4)
            if tokens["original"]
            else 0.0,
            "exact": bool(getattr(tokenizer, "exact", True)),
            "tokenizer": str(getattr(tokenizer, "name", "given by the caller")),
        },
    }
