"""Faces of a run: one HTML page, its Markdown and JSON twins, and the terminal's summary."""

from workbench.report.build import build_report
from workbench.report.markdown import render_markdown
from workbench.report.model import Report
from workbench.report.page import render_html
from workbench.report.summary import to_json

__all__ = ["Report", "build_report", "render_html", "render_markdown", "to_json"]
