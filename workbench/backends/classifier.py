"""Runs a sequence classification model, such as one for natural language inference or a guard, on texts."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from workbench.errors import Finding, MissingExtraError, ModelError
from workbench.io.bases import check_base, unusable
from workbench.io.fingerprint import fingerprint
from workbench.ports import silent
from workbench.rendering.opening import context_of, quiet, tokenizer_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.ports import Progress

_LONGEST = 512
_BATCH = 32


class HfClassifier:
    """A model for sequence classification from a folder or the hub (transformers), behind the seam.

    Probabilities are a softmax over labels; of a model with one output or of several labels at once
    (``problem_type: multi_label_classification``) a sigmoid of each. Results do not depend on ``batch``.
    """

    def __init__(self, model: Any, tokenizer: Any, *, identity: str, batch: int = _BATCH) -> None:
        names = model.config.id2label
        self.labels = tuple(str(names[i]) for i in range(model.config.num_labels))
        self.identity = identity
        self._model, self._tokenizer, self._batch = model, tokenizer, batch
        self._longest = min(context_of(model.config, tokenizer), _LONGEST)
        self._apart = len(names) == 1 or model.config.problem_type == "multi_label_classification"

    @classmethod
    def open(cls, name: str, *, batch: int = _BATCH) -> HfClassifier:
        """Load a folder or a hub id; code that comes with a model is never run, nor a pickle read.

        Raises:
            ModelError: no such folder, no tokenizer or safetensors, or a model of another kind.
            MissingExtraError: torch or transformers isn't installed.
        """
        try:
            import torch
            from safetensors import SafetensorError
            from transformers import AutoModelForSequenceClassification
        except ImportError as error:
            needs = "a model as grader"
            raise MissingExtraError.of(error.name or "torch", extra="train", purpose=needs) from error
        options = check_base(name)
        try:
            with quiet():
                model, told = AutoModelForSequenceClassification.from_pretrained(
                    name, use_safetensors=True, trust_remote_code=False, output_loading_info=True, **options
                )
        except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
            raise unusable(name, "model for sequence classification", error) from error
        if told["missing_keys"]:
            raise ModelError(_no_head(name, sorted(told["missing_keys"])))
        model.eval()
        model.to("cuda" if torch.cuda.is_available() else "cpu")
        tokenizer = tokenizer_of(name)
        if tokenizer.pad_token_id is None:
            tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
        return cls(model, tokenizer, identity=f"hf {fingerprint(name)}", batch=batch)

    def classify(
        self, texts: Sequence[tuple[str, str]], *, progress: Progress = silent
    ) -> list[list[tuple[float, ...]]]:
        """Return for each ``(text, beside)`` the probabilities of ``labels``, one tuple a window."""
        windows = [(i, ids) for i, one in enumerate(texts) for ids in self._windows(*one)]
        out: list[list[tuple[float, ...]]] = [[] for _ in texts]
        order = sorted(range(len(windows)), key=lambda n: -len(windows[n][1]["input_ids"]))
        found: dict[int, tuple[float, ...]] = {}
        for start in range(0, len(order), self._batch):
            part = order[start : start + self._batch]
            found |= dict(zip(part, self._probabilities([windows[n][1] for n in part]), strict=True))
            progress("classify", start + len(part), len(order))
        for n, (i, _) in enumerate(windows):
            out[i].append(found[n])
        return out

    def _windows(self, text: str, beside: str) -> Iterator[dict[str, Any]]:
        """Cut ``text`` into windows that fit beside ``beside``, each overlapping the one before by a quarter.

        Of a ``beside`` longer than half a window each half-window's worth is read beside every window.
        """
        for piece in self._halves(beside):
            special = self._tokenizer.num_special_tokens_to_add(pair=bool(piece))
            room = self._longest - special - len(self._ids(piece))
            found = self._tokenizer(
                text,
                piece or None,
                truncation="only_first" if piece else True,
                max_length=self._longest,
                stride=max(room // 4, 0),
                return_overflowing_tokens=True,
            )
            names = [name for name in self._tokenizer.model_input_names if name in found]
            for i in range(len(found["input_ids"])):
                yield {name: found[name][i] for name in names}

    def _halves(self, beside: str) -> list[str]:
        found = self._tokenizer(beside, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        ends = [end for _, end in found["offset_mapping"]]
        half = max(self._longest // 2 - 2, 1)
        cuts = [0, *ends[half - 1 : -1 : half], len(beside)] if len(ends) > half else [0, len(beside)]
        return [beside[start:end] for start, end in pairwise(cuts)]

    def _ids(self, text: str) -> list[int]:
        return list(self._tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])

    def _probabilities(self, rows: Sequence[dict[str, list[int]]]) -> list[tuple[float, ...]]:
        import torch

        padded = self._tokenizer.pad(list(rows), return_tensors="pt")
        with torch.inference_mode():
            logits = self._model(**padded.to(self._model.device)).logits.float()
        chances = logits.sigmoid() if self._apart else logits.softmax(-1)
        return [tuple(row) for row in chances.tolist()]


def _no_head(name: str, missing: list[str]) -> Finding:
    return Finding(
        where=name,
        found=f"no weights for {', '.join(missing[:3])}",
        expected="a model that was trained for sequence classification",
        fix="Name a model for natural language inference, or one that classifies texts.",
    )
