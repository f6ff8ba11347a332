"""Builds the tiny base, so that its weights can be made again from text this repository writes itself."""
