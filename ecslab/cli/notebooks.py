"""``ecslab lab``: JupyterLab on the first lab, with the lab server running. ``ecslab demo``: where the demo is."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from ecslab.cli.server import up
from ecslab.errors import LabError


def lab(arguments: argparse.Namespace) -> int:
    """Start the lab (its runtime line comes first), then JupyterLab until it ends; its exit code."""
    notebook = first_notebook(arguments.labs or labs_folder())
    up(arguments)
    print(f"JupyterLab opens {notebook.name}; the lab goes on after it until `ecslab stop`.", flush=True)
    command = [sys.executable, "-m", "jupyterlab", str(notebook)]
    command += ["--allow-root"] if os.geteuid() == 0 else []
    try:
        return subprocess.call([*command, *arguments.rest], cwd=notebook.parent.parent)
    except KeyboardInterrupt:
        return 0


def demo(arguments: argparse.Namespace) -> int:
    """Run the demo of this checkout."""
    script = labs_folder() / "demo.py"
    if not script.is_file():
        raise LabError("The demo is not part of this installation.", "Run `make demo` in a checkout of ecslab.")
    return subprocess.call([sys.executable, str(script)])


def labs_folder() -> Path:
    """The labs of this checkout, or ``./labs``."""
    beside = Path(__file__).resolve().parents[2] / "labs"
    return beside if beside.is_dir() else Path.cwd() / "labs"


def first_notebook(labs: Path) -> Path:
    """The first lab's notebook. LabError where there is none."""
    for folder in sorted(path for path in labs.glob("[0-9]*") if path.is_dir()):
        notebook = folder / f"{folder.name}.ipynb"
        if notebook.is_file():
            return notebook
    raise LabError(f"There is no lab notebook in {labs}.", "Run `make notebooks`, or say where they are with --labs.")
