"""Takes logged prompts apart into rules, templates and slots, and writes compact pairs without the prompt."""

from workbench.convert.compact import CompactForm, compact
from workbench.convert.files import read_templates, write_converted
from workbench.convert.induce import Induced, induce
from workbench.convert.learn import Learning
from workbench.convert.run import Converted, ConvertOptions, convert

__all__ = [
    "CompactForm",
    "ConvertOptions",
    "Converted",
    "Induced",
    "Learning",
    "compact",
    "convert",
    "induce",
    "read_templates",
    "write_converted",
]
