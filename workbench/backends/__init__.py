"""Prompts in, completions out: the model seam, with a replay and a fake that need no model.

The local model is in ``workbench.backends.local``, apart because it imports torch.
"""

from workbench.backends.fake import FakeBackend
from workbench.backends.replay import ReplayBackend, prompt_key, record

__all__ = ["FakeBackend", "ReplayBackend", "prompt_key", "record"]
