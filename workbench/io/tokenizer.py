"""Counts tokens as the base would see them, encoding text that many prompts share only once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import Finding, MissingExtraError, ModelError
from workbench.io.bases import check_base, trusts, unusable
from workbench.records import Message
from workbench.text import count_words

if TYPE_CHECKING:
    from workbench.ports import Tokenizer
    from workbench.records import Messages

_REMEMBERED = 20_000
_REMEMBERED_CHARACTERS = 4_000_000
_PROBES = (
    (
        Message(role="system", content="Be brief.\n\n- No lists: 48,213 items!\n"),
        Message(role="user", content=" Hi?"),
    ),
    (
        Message(role="user", content="客户问：订单 48213 在哪？🙂"),
        Message(role="assistant", content='{"a": 1}\r\n'),
    ),
)


def load_tokenizer(base: str | Path) -> Tokenizer:
    """Load the tokenizer and chat template of a base: a folder, or a hub id.

    Raises:
        ModelError: no such folder, no tokenizer in it, or no chat template.
        MissingExtraError: transformers isn't installed.
    """
    try:
        from transformers import AutoTokenizer
    except ImportError as error:
        raise MissingExtraError.of(
            "transformers", extra="train", purpose="counting tokens with a base"
        ) from error
    options = check_base(base, config=False, weights=False)
    try:
        loaded = AutoTokenizer.from_pretrained(str(base), trust_remote_code=trusts(base), **options)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise unusable(base, "tokenizer", error) from error
    if not getattr(loaded, "chat_template", None):
        raise ModelError(
            Finding(
                where=str(base),
                found="a tokenizer without a chat template",
                expected="chat_template.jinja, or chat_template in tokenizer_config.json",
                fix="Use the instruct version of the base, or add its chat template.",
            )
        )
    return ChatTokenizer(loaded, name=Path(base).name)


class ChatTokenizer:
    """Counts with a transformers tokenizer and its chat template.

    A rendered chat is cut at its special tokens and each piece counted once and remembered. That is exact
    only for tokenizers that treat such pieces alone; it is tried on load, and where it fails whole texts are
    counted.
    """

    exact = True

    def __init__(self, tokenizer: Any, *, name: str) -> None:
        self.name = name
        self._tokenizer = tokenizer
        special = sorted(_special(tokenizer), key=len, reverse=True)
        self._cut = re.compile("(" + "|".join(map(re.escape, special)) + ")") if special else None
        self._special = frozenset(special)
        self._known: dict[str, int] = {}
        if not all(self._in_pieces(t) == self._whole(t) for t in map(self._probe, _PROBES)):
            self._cut = None

    def count(self, messages: Messages, *, generation_prompt: bool) -> int:
        """Return the number of tokens of the rendered messages.

        Raises:
            ModelError: the chat template refuses these messages.
        """
        text = self._render(messages, generation_prompt=generation_prompt)
        return self._in_pieces(text) if self._cut else self._whole(text)

    def count_text(self, text: str) -> int:
        """Return the number of tokens of plain text, without special tokens around it."""
        return self._remembered(text)

    def _render(self, messages: Messages, *, generation_prompt: bool) -> str:
        import jinja2

        chat = [{**message.extra, "role": message.role, "content": message.content} for message in messages]
        try:
            return str(
                self._tokenizer.apply_chat_template(
                    chat, tokenize=False, add_generation_prompt=generation_prompt
                )
            )
        except (jinja2.TemplateError, ValueError, TypeError) as error:
            roles = " ".join(message.role for message in messages)
            raise ModelError(
                Finding(
                    where=f"the chat template of {self.name}",
                    found=f"{error} (for roles: {roles})",
                    expected="a template that takes these roles",
                    fix="Give a base whose chat template knows them, or leave such records out.",
                )
            ) from error

    def _probe(self, messages: Messages) -> str:
        return "".join(f"{next(iter(self._special), '')}{message.content}" for message in messages)

    def _whole(self, text: str) -> int:
        return len(self._tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])

    def _in_pieces(self, text: str) -> int:
        pieces = self._cut.split(text) if self._cut else [text]
        return sum(1 if piece in self._special else self._remembered(piece) for piece in pieces if piece)

    def _remembered(self, text: str) -> int:
        count = self._known.get(text)
        if count is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            count = self._known[text] = self._whole(text)
        return count


class WordTokenizer:
    """Estimates tokens from words where no base is at hand: ``ratio`` a word and ``overhead`` a message.

    An estimate, and named one wherever its figures are shown.
    """

    exact = False
    name = "an estimate from words"

    def __init__(self, *, ratio: float = 1.3, overhead: int = 4) -> None:
        self._ratio = ratio
        self._overhead = overhead
        self._recent: dict[str, int] = {}
        self._former: dict[str, int] = {}
        self._room = _REMEMBERED_CHARACTERS

    def count(self, messages: Messages, *, generation_prompt: bool) -> int:
        """Estimate the tokens of a chat."""
        turns = len(messages) + generation_prompt
        return self._overhead * turns + sum(self.count_text(message.content) for message in messages)

    def count_text(self, text: str) -> int:
        """Estimate the tokens of plain text, and remember it: what comes again soon is not counted again."""
        count = self._recent.get(text)
        if count is None:
            count = self._former.get(text)
            if count is None:
                count = round(self._ratio * count_words(text))
            self._room -= len(text)
            if self._room < 0:
                self._former, self._recent, self._room = self._recent, {}, _REMEMBERED_CHARACTERS
            self._recent[text] = count
        return count


def _special(tokenizer: Any) -> set[str]:
    """Return the tokens that are cut out of text before it is encoded."""
    added = getattr(tokenizer, "added_tokens_decoder", {})
    return {token.content for token in added.values() if token.special and not (token.lstrip or token.rstrip)}
