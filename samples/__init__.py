"""Samples are a package so that the scripts that make them run from the repository root."""
