"""Lets ``python -m workbench`` do what the command does."""

from workbench.cli import main

if __name__ == "__main__":
    main()
