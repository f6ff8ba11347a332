"""Renders chats into token ids and labels with the base's template, and says where a template misleads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.errors import Finding, ModelError
from workbench.records import Message
from workbench.rendering.habits import FAULTS, habits, render
from workbench.text import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workbench.records import Messages

IGNORE = -100
_PROBE = "Zq7"


@dataclass(frozen=True, kw_only=True)
class Example:
    """One row as the model is trained on it.

    ``labels`` is as long as ``input_ids``: ``IGNORE`` on everything the model is given, the token itself on
    what it is to write, the stop token included.
    """

    input_ids: list[int]
    labels: list[int]

    @property
    def trained(self) -> int:
        """The number of tokens with a label."""
        return sum(label != IGNORE for label in self.labels)


class Renderer:
    """The base's chat template and tokenizer as one function from messages to token ids.

    ``stops`` are the ids that end an answer (by default the tokenizer's end of sequence); generation stops at
    the same ids that training teaches.
    """

    def __init__(self, tokenizer: Any, *, stops: Iterable[int] = (), name: str = "the base") -> None:
        self.tokenizer = tokenizer
        self.name = name
        eos = getattr(tokenizer, "eos_token_id", None)
        self.stops = frozenset((*stops, *(() if eos is None else (int(eos),))))
        if not getattr(tokenizer, "chat_template", None):
            raise ModelError(
                Finding(
                    where=name,
                    found="a tokenizer without a chat template",
                    expected="chat_template.jinja, or chat_template in tokenizer_config.json",
                    fix="Use the instruct version of the base, or add its chat template.",
                )
            )
        if not self.stops:
            raise ModelError(
                Finding(
                    where=name,
                    found="no end-of-sequence token in the tokenizer or generation_config.json",
                    expected="the token that the chat template ends a turn with",
                    fix="Set eos_token in tokenizer_config.json.",
                )
            )
        self.pad = int(tokenizer.pad_token_id) if tokenizer.pad_token_id is not None else min(self.stops)
        self._special = _special_tokens(tokenizer)
        self.habits = habits(tokenizer, special=self._special)
        self._lead = self._shown(self._encode(self.habits.lead)) if self.habits.lead else ""

    @property
    def stop_names(self) -> list[str]:
        """The stop tokens as they are written."""
        return self.names(self.stops)

    @property
    def lead_ids(self) -> list[int]:
        """What the template writes between the prompt and an answer, as ids."""
        return self._encode(self.habits.lead) if self.habits.lead else []

    def names(self, ids: Iterable[int]) -> list[str]:
        """Return tokens as they are written, by id."""
        return [str(token) for token in self.tokenizer.convert_ids_to_tokens(sorted(ids))]

    def prompt_ids(self, messages: Messages) -> list[int]:
        """Return the ids of a prompt, ending where the model begins to write.

        Raises:
            ModelError: the template refuses these messages.
        """
        return self._encode(self._render(messages, prompt=True))

    def example(self, prompt: Messages, completion: Messages) -> Example:
        """Return ids and labels of a row; every assistant turn of the completion is trained.

        A turn's ids start with exactly the ids that generation starts from.

        Raises:
            ModelError: the template refuses the messages, writes a prompt that is no prefix of the whole, or
                ends the answer with something else than a stop token.
        """
        found = self.examples(prompt, completion)
        if len(found) > 1:
            raise self._fault("a later turn changes how earlier turns are rendered")
        return found[0] if found else Example(input_ids=[], labels=[])

    def examples(self, prompt: Messages, completion: Messages, *, last: bool = False) -> list[Example]:
        """Return the rows of a chat: one, unless the template writes earlier turns anew in later ones.

        Templates that take the reasoning out of earlier turns do so; each such turn is then a row of its own,
        with the turns before it as generation would see them. ``last`` trains only the last assistant turn.

        Raises:
            ModelError: as ``example``.
        """
        rows: list[Example] = []
        ids: list[int] = []
        labels: list[int] = []
        history = tuple(prompt)
        final = max((i for i, message in enumerate(completion) if message.role == "assistant"), default=-1)
        for place, message in enumerate(completion):
            if message.role == "assistant" and (place == final or not last):
                head = self.prompt_ids(history)
                if head[: len(ids)] != ids or len(head) == len(ids):
                    rows.append(Example(input_ids=ids, labels=labels))
                    ids, labels = [], []
                answer = self._answer(history, message, head)
                labels = labels + [IGNORE] * (len(head) - len(ids)) + answer
                ids = head + answer
            history = (*history, message)
        return [*rows, Example(input_ids=ids, labels=labels)] if ids else rows

    def text(self, ids: Sequence[int]) -> str:
        """Return the text of generated ids without control tokens and the template's lead."""
        shown = self._shown(ids)
        if self._lead and self.raw_text(ids).startswith(self.habits.lead):
            return shown[len(self._lead) :]
        return shown

    def raw_text(self, ids: Sequence[int]) -> str:
        """Return the text of ids with every control token as it is written."""
        return str(
            self.tokenizer.decode(list(ids), skip_special_tokens=False, clean_up_tokenization_spaces=False)
        )

    def turn_end(self) -> int | None:
        """Return the id that a short answer ends with; ``None`` where the template refuses a short chat."""
        chat = (Message(role="user", content=_PROBE),)
        try:
            return self.example(chat, (Message(role="assistant", content=_PROBE),)).labels[-1]
        except ModelError:
            return None

    def control_tokens(self, text: str) -> list[str]:
        """List the control tokens that stand in ``text`` as if it were plain text."""
        return [token for token in self._special if token in text]

    def doubled_start(self) -> bool:
        """Tell whether a prompt starts with two beginning-of-sequence tokens."""
        ids = self.prompt_ids((Message(role="user", content=_PROBE),))
        start = getattr(self.tokenizer, "bos_token_id", None)
        return start is not None and ids[:2] == [start, start]

    def _answer(self, history: Messages, message: Message, head: list[int]) -> list[int]:
        """Return the ids that follow ``head`` up to and with the stop token."""
        start = self._render(history, prompt=True)
        whole = self._render((*history, message), prompt=False)
        if not whole.startswith(start) or whole == start:
            raise self._fault(
                f"a prompt ends {excerpt(start[-40:])!r}, but the finished chat goes on differently"
            )
        ids = self._encode(whole)
        # Where the first characters of the answer would merge with the end of the prompt, generation can't
        # merge them either: the answer is then encoded alone.
        tail = ids[len(head) :] if ids[: len(head)] == head else self._encode(whole[len(start) :])
        end = next((place for place, token in enumerate(tail) if token in self.stops), None)
        if end is not None:
            return tail[: end + 1]
        return [*tail, self._next_turn(history, message, whole)]

    def _next_turn(self, history: Messages, message: Message, whole: str) -> int:
        """Return the stop token that begins the next turn, where a template (GLM's) ends no turn itself.

        Raises:
            ModelError: no stop token follows the answer there either.
        """
        further = self._render((*history, message, Message(role="user", content=_PROBE)), prompt=False)
        following = self._encode(further[len(whole) :]) if further.startswith(whole) else []
        if following and following[0] in self.stops:
            return following[0]
        raise self._fault(
            f"an answer ends {excerpt(whole[-40:])!r}, without a stop token "
            f"({', '.join(map(repr, self.stop_names))})"
        )

    def _render(self, messages: Messages, *, prompt: bool) -> str:
        import jinja2

        try:
            return render(self.tokenizer, messages, self.habits, prompt=prompt)
        except (jinja2.TemplateError, *FAULTS) as error:
            roles = " ".join(message.role for message in messages)
            raise self._fault(f"{error} (for roles: {roles})") from error

    def _shown(self, ids: Sequence[int]) -> str:
        return str(
            self.tokenizer.decode(list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False)
        )

    def _encode(self, text: str) -> list[int]:
        # The template has written every special token itself; adding them again would double the start.
        return list(self.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])

    def _fault(self, found: str) -> ModelError:
        return ModelError(
            Finding(
                where=f"the chat template of {self.name}",
                found=found,
                expected="prompts that are the beginning of the finished chat, and answers with a stop token",
                fix="Use another base, or correct its chat_template.jinja (and eos_token).",
            )
        )


def _special_tokens(tokenizer: Any) -> tuple[str, ...]:
    added = getattr(tokenizer, "added_tokens_decoder", {})
    return tuple(sorted((t.content for t in added.values() if t.special), key=len, reverse=True))
