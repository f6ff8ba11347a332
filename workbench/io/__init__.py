"""Reading and writing: formats, frames, configuration files, and output directories that are whole or absent."""
