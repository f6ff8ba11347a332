"""Takes logged prompts apart into rules, templates and slots, and writes compact pairs without the prompt."""

from workbench.convert.compact import CompactForm, compact
from workbench.convert.files import read_templates
from workbench.convert.induce import Induced, induce
from workbench.convert.learn import Learning
from workbench.convert.live import Fitted, LiveTemplates, Unfit
from workbench.convert.run import ConvertOptions, convert

__all__ = [
    "CompactForm",
    "ConvertOptions",
    "Fitted",
    "Induced",
    "Learning",
    "LiveTemplates",
    "Unfit",
    "compact",
    "convert",
    "induce",
    "read_templates",
]
