"""Binds answers to a JSON schema token by token, through llguidance."""

from __future__ import annotations

import json
from collections import deque
from functools import cached_property
from typing import TYPE_CHECKING, Any

from workbench.errors import ConfigError, Finding, MissingExtraError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from workbench.rendering import Renderer

# As ``json.dumps`` lays a document out: where any white space may stand, a model can write it without end.
_LAYOUT: Any = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}


class Guide:
    """Says which tokens may come next in one answer; made by ``Guides.start``.

    What the chat template writes between the prompt and an answer (``lead``) comes first.
    """

    def __init__(self, matcher: Any, *, vocabulary: int, lead: list[int]) -> None:
        self._matcher = matcher
        self._vocabulary = vocabulary
        self._lead = deque(lead)

    def allowed(self) -> NDArray[np.bool_]:
        """Return one boolean a token, ``[vocabulary]``."""
        import numpy as np

        if self._lead:
            first = np.zeros(self._vocabulary, dtype=bool)
            first[self._lead[0]] = True
            return first
        bits = np.frombuffer(self._matcher.compute_bitmask(), dtype=np.uint8)
        found = np.unpackbits(bits, bitorder="little")[: self._vocabulary].astype(bool)
        return np.pad(found, (0, self._vocabulary - len(found)))

    def take(self, token: int) -> None:
        """Go on behind the token that was chosen."""
        if self._lead:
            self._lead.popleft()
        else:
            self._matcher.consume_token(token)

    @property
    def fault(self) -> str:
        """Why the answer can't be bound any longer; empty while it can."""
        return str(self._matcher.get_error()) if self._matcher.is_error() else ""


class Guides:
    """The base's tokens as llguidance reads them, made once at the first schema."""

    def __init__(self, renderer: Renderer, *, vocabulary: int) -> None:
        self._renderer = renderer
        self._vocabulary = vocabulary

    def start(self, schema: Any, *, place: str) -> Guide:
        """Begin an answer that is valid by ``schema``, which stands at ``place``.

        Raises:
            ConfigError: no JSON schema, or one with a keyword that can't be held to.
            MissingExtraError: llguidance isn't installed.
        """
        _check(schema, place)
        tokens = self._tokens
        from llguidance import LLMatcher

        grammar = LLMatcher.grammar_from_json_schema(json.dumps(schema), overrides=_LAYOUT)
        matcher = LLMatcher(tokens, grammar, log_level=0)
        if matcher.is_error():
            raise _refused(place, str(matcher.get_error()).splitlines()[0][:300])
        return Guide(matcher, vocabulary=self._vocabulary, lead=self._renderer.lead_ids)

    @cached_property
    def _tokens(self) -> Any:
        try:
            from llguidance.hf import from_tokenizer
        except ImportError as error:
            raise MissingExtraError.of("llguidance", extra="train", purpose="a JSON schema") from error
        stops = sorted(self._renderer.stops)
        return from_tokenizer(self._renderer.tokenizer, n_vocab=self._vocabulary, eos_token=stops)


def _check(schema: Any, place: str) -> None:
    """Check that ``schema`` is a JSON schema, so that what is wrong is told with its place."""
    import jsonschema_rs

    if not isinstance(schema, dict):
        raise _refused(place, f"{type(schema).__name__}")
    try:
        jsonschema_rs.meta.validate(schema)
    except jsonschema_rs.ValidationError as error:
        where = ".".join([place, *map(str, error.instance_path)])
        raise _refused(where, str(error.message)[:300]) from None
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        raise _refused(place, str(error)[:300]) from None


def _refused(where: str, found: str) -> ConfigError:
    return ConfigError(
        Finding(
            where=where,
            found=found,
            expected="a JSON schema whose keywords can be held to while writing",
            fix="Correct the schema, or leave the keyword out.",
        )
    )
