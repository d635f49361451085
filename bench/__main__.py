"""`python -m bench [NAME …]`: run the measurements one after another; exits 1 when one misses its bar.

A measurement is a module here that can be run by itself (`python -m bench.NAME`) and exits 0 when its bars are met.
Each runs in a process of its own, so that none inherits the other's settings or connections.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

FOLDER = Path(__file__).parent
PARTS = {"__main__", "serving_app"}
ON_REQUEST = {"tour"}
"""What has no bar and writes into the repository: run only when it is named."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the named measurements, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure what the product promises.")
    known = ", ".join(measurements())
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"which; all of them when none is named: {known}"
    )
    names = parser.parse_args(arguments).names
    if unknown := sorted(set(names) - set(measurements())):
        parser.error(f"there is no measurement {unknown[0]}; there are {known}")
    missed = [name for name in names or usual() if not passes(name)]
    if missed:
        print(f"Missed: {', '.join(missed)}", file=sys.stderr)
    return 1 if missed else 0


def measurements() -> list[str]:
    """Every module that runs by itself and is not a part of another."""
    return sorted(
        path.stem
        for path in FOLDER.glob("*.py")
        if path.stem not in PARTS and '__name__ == "__main__"' in path.read_text()
    )


def usual() -> list[str]:
    """What runs when nothing is named."""
    return [name for name in measurements() if name not in ON_REQUEST]


def passes(name: str) -> bool:
    """Whether the measurement met its bars; its report goes to the terminal."""
    print(f"== {name}", flush=True)
    return subprocess.run([sys.executable, "-m", f"bench.{name}"], cwd=FOLDER.parent).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
