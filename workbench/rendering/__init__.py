"""Chat template to token ids: one code path for training, generation and serving, so they cannot differ."""

from workbench.rendering.renderer import IGNORE, Example, Renderer

__all__ = ["IGNORE", "Example", "Renderer"]
