"""Makes pairs of plain rows: of rows that are pairs already, and of records of any log shape."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from workbench.io.frames import PAIR_SCHEMA, pairs_to_frame
from workbench.io.readers import Reject, source_name
from workbench.io.tokenizer import WordTokenizer
from workbench.records import Message, Pair, TokenCounts
from workbench.text import content_id, excerpt

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from workbench.io.readers import Row
    from workbench.records import LogRecord

_SCALARS = (bool, int, float, str)


def pairs_of_rows(rows: Iterable[Row], *, place: Path) -> tuple[pl.DataFrame, list[Reject]]:
    """Read rows that have the keys of a pair; scalars beside them become columns.

    ``meta`` may be an object or its JSON. A row that isn't a pair is a reject.
    """
    pairs, further, rejects = list[Pair](), list[dict[str, Any]](), list[Reject]()
    for row in rows:
        try:
            if row.problem is not None:
                raise ValueError(row.problem)  # noqa: TRY301 - one way out for every reason
            pairs.append(_pair(row.value))
        except (ValueError, TypeError) as error:
            rejects.append(
                Reject(
                    file=source_name(place),
                    line=row.line,
                    record=row.record,
                    reason=row.problem or "not a pair",
                    found=excerpt(row.found or str(error)),
                    raw=row.raw or excerpt(str(row.value)),
                )
            )
        else:
            beside = {k: v for k, v in row.value.items() if k not in PAIR_SCHEMA}
            further.append({k: v for k, v in beside.items() if isinstance(v, _SCALARS)})
    frame = pairs_to_frame(pairs)
    names = sorted({name for row in further for name in row})
    columns = [pl.Series(name, [row.get(name) for row in further], strict=False) for name in names]
    return frame.with_columns(columns), rejects


def pairs_of_records(records: Sequence[LogRecord], *, seen: Counter[str] | None = None) -> pl.DataFrame:
    """Make a pair of each record as it stands: the prompt whole, no template, no slots.

    The id is the record's own, or the hash of its messages (numbered where it comes again); tokens are an
    estimate from words. A record's ``task`` field names its task; without one it has none. ``seen`` counts
    the ids of the pieces before.
    """
    count, seen = WordTokenizer(), Counter[str]() if seen is None else seen
    pairs = []
    for record in records:
        said = (part for m in (*record.prompt, *record.completion) for part in (m.role, m.content))
        name = record.id or content_id(*said)
        seen[name] += 1
        prompt, completion = _plain(record.prompt), _plain(record.completion)
        asked = count.count(prompt, generation_prompt=True)
        extras = {str(i): m.extra for i, m in enumerate((*record.prompt, *record.completion)) if m.extra}
        meta = ({"log": record.meta} if record.meta else {}) | ({"extras": extras} if extras else {})
        pairs.append(
            Pair(
                id=name if seen[name] == 1 else f"{name}-{seen[name]}",
                task=str(record.meta.get("task") or ""),
                prompt=prompt,
                completion=completion,
                template_id="",
                slots=(),
                source=record.source,
                tokens=TokenCounts(
                    original=asked,
                    compact=asked,
                    completion=count.count(completion, generation_prompt=False),
                ),
                meta=meta,
            )
        )
    return pairs_to_frame(pairs)


def _pair(value: dict[str, Any]) -> Pair:
    held = {name: value[name] for name in PAIR_SCHEMA.names() if name in value}
    missing = sorted(set(PAIR_SCHEMA.names()) - held.keys())
    if missing:
        raise ValueError(f"no {', '.join(missing)}")
    if isinstance(held["meta"], str):
        held["meta"] = msgspec.json.decode(held["meta"] or "{}")
    pair = msgspec.convert(held, Pair)
    if not pair.prompt or not pair.output:
        raise ValueError("no prompt" if not pair.prompt else "an empty answer")
    return pair


def _plain(messages: Sequence[Message]) -> tuple[Message, ...]:
    return tuple(Message(role=m.role, content=m.content) for m in messages)
