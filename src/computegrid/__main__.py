"""``python -m computegrid`` is the command ``computegrid``."""

from computegrid.cli import main

if __name__ == "__main__":
    main()
