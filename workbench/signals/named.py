"""A signal of names: people and places in a pair, by Presidio over a spaCy model of the user's choice."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from msgspec import Meta

from workbench.errors import ConfigError, Finding, MissingExtraError
from workbench.signals.columns import COUNT, TEXT, Column, RowSignal
from workbench.signals.exposure import told
from workbench.signals.personal import Found

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.signals.columns import Tools
    from workbench.signals.rows import Row


class Named(RowSignal, frozen=True, kw_only=True, tag="presidio"):
    """Names of people and places in what was asked and in the answer, by Presidio (extra ``presidio``).

    ``model`` is a spaCy model that is installed, or its folder, and ``lang`` its language; of what Presidio
    recognises only ``entities`` count, from ``min_score`` (0 to 1) on. The columns hold counts and kinds,
    never the data. Off unless named: a small model reads some forty rows a second.
    """

    model: str = "en_core_web_sm"
    lang: str = "en"
    entities: tuple[str, ...] = ("PERSON", "LOCATION")
    min_score: Annotated[float, Meta(ge=0, le=1)] = 0.5
    columns: ClassVar[tuple[Column, ...]] = (
        Column("named", COUNT, "names of people and places in question, context and answer"),
        Column("named_answer", COUNT, "names of people and places in the answer"),
        Column("named_kinds", TEXT, "what was found, as `person 2, location 1`; empty for nothing"),
    )

    def of(self, row: Row, tools: Tools) -> tuple[Any, ...]:
        """Count.

        Raises:
            MissingExtraError: Presidio isn't installed.
            ConfigError: the model isn't installed.
        """
        del tools
        find = analyzer(self.model, self.lang, self.entities, self.min_score)
        asked, answer = find(row.asked), find(row.answer)
        return (len(asked) + len(answer), len(answer), told([*asked, *answer]))


@lru_cache(maxsize=4)
def analyzer(
    model: str, lang: str, entities: tuple[str, ...], min_score: float
) -> Callable[[str], list[Found]]:
    """Return what finds names in a text, by Presidio's analyzer over one spaCy model.

    Raises:
        MissingExtraError: Presidio isn't installed.
        ConfigError: the model isn't installed; Presidio itself would fetch it.
    """
    try:
        from presidio_analyzer import AnalyzerEngine
        from presidio_analyzer.nlp_engine import SpacyNlpEngine
        from spacy.util import is_package
    except ImportError as error:
        raise MissingExtraError.of(
            "presidio-analyzer", extra="presidio", purpose="the signal presidio"
        ) from error
    if not (is_package(model) or Path(model).is_dir()):
        raise ConfigError(
            Finding(
                where=f"signal presidio: model {model!r}",
                found="no spaCy model of that name here",
                expected="a model that is installed, or the folder of one",
                fix=f"Run: python -m spacy download {model}; or name another: {{use: presidio, model: …}}.",
            )
        )
    nlp = SpacyNlpEngine(models=[{"lang_code": lang, "model_name": model}])
    engine = AnalyzerEngine(nlp_engine=nlp, supported_languages=[lang])

    def find(text: str) -> list[Found]:
        found = engine.analyze(text, language=lang, entities=list(entities), score_threshold=min_score)
        return sorted(Found(one.entity_type.lower(), one.start, one.end) for one in found)

    return find
