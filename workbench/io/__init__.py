"""Reads and writes: formats, frames, configuration, and output directories that are whole or absent."""
