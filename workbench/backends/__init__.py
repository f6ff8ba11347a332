"""Prompts in, completions out: the model seam, with a replay and a fake that need no model.

The local model is in ``workbench.backends.local`` and the HTTP one in ``workbench.backends.openai``, apart
because they import torch and an HTTP client.
"""

from workbench.backends.choose import Opened, inputs_of, open_backend
from workbench.backends.fake import FakeBackend
from workbench.backends.kept import KeptBackend
from workbench.backends.replay import ReplayBackend, prompt_key, record

__all__ = [
    "FakeBackend",
    "KeptBackend",
    "Opened",
    "ReplayBackend",
    "inputs_of",
    "open_backend",
    "prompt_key",
    "record",
]
