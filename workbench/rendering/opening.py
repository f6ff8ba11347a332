"""Opens a base (folder or hub id) as one value: weights, renderer and the hashes that name it."""

from __future__ import annotations

import logging
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from workbench.errors import MissingExtraError
from workbench.io.bases import check_base, trusts, unusable
from workbench.io.fingerprint import file_hash
from workbench.records import Value
from workbench.rendering.preflight import refuse_runaway
from workbench.rendering.renderer import Renderer
from workbench.text import content_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Quantize = Literal["none", "4bit", "8bit"]
Precision = Literal["auto", "float32", "bfloat16", "float16"]
# bitsandbytes tells of kernels that it looks for on the network, and of each product that it casts.
logging.getLogger("bitsandbytes").setLevel(logging.ERROR)


class BaseHashes(Value, frozen=True, kw_only=True):
    """What a base is, each part by content: an adapter fits only the base with the same ``weights``."""

    weights: str
    tokenizer: str
    template: str


@dataclass(frozen=True, kw_only=True)
class OpenText:
    """The part of a base that turns chats into tokens: no weights are read.

    ``told_stops`` are the ids that the base's generation settings end an answer with, which is all that a
    server knows; the renderer's stops hold the tokenizer's own end as well.
    """

    name: str
    renderer: Renderer
    config: Any
    told_stops: frozenset[int]

    @property
    def context(self) -> int:
        """The longest row in tokens that the model can take."""
        return context_of(self.config, self.renderer.tokenizer)


@dataclass(frozen=True, kw_only=True)
class OpenBase:
    """A loaded base: ``model`` in evaluation mode on its device, and how to render for it."""

    name: str
    model: Any
    renderer: Renderer
    hashes: BaseHashes
    text: OpenText

    @property
    def context(self) -> int:
        """The longest row in tokens that the model can take."""
        return self.text.context


def open_text(base: str | Path) -> OpenText:
    """Read a base's tokenizer, chat template and settings, and no weights.

    Raises:
        ModelError: no such folder, no tokenizer, no chat template, or no configuration.
        MissingExtraError: transformers isn't installed.
    """
    try:
        from transformers import AutoConfig
    except ImportError as error:
        raise MissingExtraError.of(
            error.name or "transformers", extra="train", purpose="reading a base"
        ) from error
    options = check_base(base, weights=False)
    tokenizer = tokenizer_of(base)
    try:
        config = AutoConfig.from_pretrained(str(base), trust_remote_code=trusts(base), **options)
    except (OSError, ValueError, KeyError, RecursionError) as error:
        raise unusable(base, "config.json", error) from error
    told = _told_stops(base, config, options)
    template = getattr(tokenizer, "chat_template", None)
    for text in template.values() if isinstance(template, dict) else [template]:
        refuse_runaway(text or "", name=Path(base).name)
    renderer = Renderer(tokenizer, stops=told, name=Path(base).name)
    return OpenText(name=Path(base).name, renderer=renderer, config=config, told_stops=frozenset(told))


def _told_stops(base: str | Path, config: Any, options: Mapping[str, Any]) -> list[int]:
    from transformers import GenerationConfig

    try:
        stops = GenerationConfig.from_pretrained(str(base), **options).eos_token_id
    except (OSError, ValueError, RecursionError):
        stops = None  # transformers then takes the model's own
    stops = stops if stops is not None else getattr(config, "eos_token_id", None)
    return [stops] if isinstance(stops, int) else list(stops or ())


def context_of(config: Any, tokenizer: Any) -> int:
    """Return the longest row in tokens that a model can take."""
    positions = getattr(config, "max_position_embeddings", None)
    told = getattr(tokenizer, "model_max_length", None)
    limits = [int(n) for n in (positions, told) if n is not None and 0 < n < 1 << 30]
    return min(limits, default=1 << 30)


def open_base(base: str | Path, *, dtype: Precision = "auto", quantize: Quantize = "none") -> OpenBase:
    """Load a base: a folder, or a hub id. Code that comes with one runs only where ``TRUSTED`` names it.

    ``auto`` is bfloat16 on a GPU that has it, float32 elsewhere. ``quantize`` keeps linear layers in 4 bits
    (NF4 with double quantisation, Dettmers et al. 2023) or 8 and computes in ``dtype``.

    Raises:
        ModelError: no such folder, no or only pickled weights, no tokenizer, or no chat template.
        MissingExtraError: torch, transformers or (to quantise) bitsandbytes isn't installed.
    """
    try:
        import torch
        from safetensors import SafetensorError
        from transformers import AutoModelForCausalLM
    except ImportError as error:
        raise MissingExtraError.of(error.name or "torch", extra="train", purpose="loading a base") from error
    options = check_base(base)
    text = open_text(base)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    kind = getattr(torch, resolved(dtype))
    try:
        with quiet():
            model = AutoModelForCausalLM.from_pretrained(
                str(base), dtype=kind, use_safetensors=True, trust_remote_code=trusts(base),
                **options, **({} if quantize == "none" else _quantised(quantize, kind, device)),
            )  # fmt: skip
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise unusable(base, "model", error) from error
    model.eval()
    if quantize == "none":
        model.to(device)
    _keep_trainable(model)
    return OpenBase(
        name=text.name,
        model=model,
        renderer=text.renderer,
        hashes=base_hashes(base, text),
        text=text,
    )


def _quantised(quantize: Quantize, kind: Any, device: str) -> dict[str, Any]:
    try:
        import bitsandbytes  # noqa: F401
    except ImportError as error:
        raise MissingExtraError.of("bitsandbytes", extra="quantize", purpose="--quantize") from error
    from transformers import BitsAndBytesConfig

    config = (
        BitsAndBytesConfig(load_in_8bit=True)
        if quantize == "8bit"
        else BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=kind,
        )
    )
    return {"quantization_config": config, "device_map": {"": device}}


def _keep_trainable(model: Any) -> None:
    """Keep bitsandbytes from repacking 4-bit weights for a CPU's inference at the first evaluation.

    What is repacked has no gradient any more: layers below would learn from half of it, with no error.
    """
    for module in model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False


@contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers' and peft's own bars and notices of coming changes off the screen."""
    from transformers.utils import logging

    shown, spoken = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            yield
    finally:
        logging.set_verbosity(spoken)
        if shown:
            logging.enable_progress_bar()


def tokenizer_of(base: str | Path) -> Any:
    """Load the tokenizer of a base.

    Raises:
        ModelError: there is none that can be used.
    """
    from transformers import AutoTokenizer

    options = check_base(base, config=False, weights=False)
    try:
        return AutoTokenizer.from_pretrained(str(base), trust_remote_code=trusts(base), **options)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise unusable(base, "tokenizer", error) from error


def resolved(dtype: Precision) -> str:
    """Return the dtype that ``auto`` stands for here, or the one given."""
    import torch

    if dtype != "auto":
        return dtype
    return "bfloat16" if torch.cuda.is_available() and torch.cuda.is_bf16_supported() else "float32"


def base_hashes(base: str | Path, text: OpenText) -> BaseHashes:
    """Name a base by its content without loading its weights; a hub id by its commit."""
    path = Path(base)
    tokenizer = text.renderer.tokenizer
    if path.is_dir():
        parts = [*sorted(path.glob("*.safetensors")), *(sorted(path.glob("*.py")) if trusts(base) else ())]
        weights = content_id(*map(file_hash, parts))
    else:
        weights = content_id("hub", str(base), str(getattr(text.config, "_commit_hash", None)))
    return BaseHashes(
        weights=weights,
        tokenizer=content_id(*_vocabulary(tokenizer)),
        template=content_id(str(tokenizer.chat_template)),
    )


def _vocabulary(tokenizer: Any) -> list[str]:
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is not None:
        return [backend.to_str()]
    return [f"{token}\t{place}" for token, place in sorted(tokenizer.get_vocab().items())]
