"""sft-workbench: turn a log of long-prompt LLM calls into a tuned, evaluated, gated LoRA adapter."""

__version__ = "0.1.0"
