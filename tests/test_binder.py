"""What Binder runs is what we say it runs. It builds no image: that is Binder's own work."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

BINDER = Path(__file__).resolve().parent.parent / "binder"


def test_start_chooses_the_process_runtime_and_hands_over_to_jupyter() -> None:
    command = [BINDER / "start", "printenv", "ECSLAB_RUNTIME"]
    assert subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout == "process\n"


def test_every_script_of_binder_can_be_executed_and_parsed() -> None:
    for script in (BINDER / "start", BINDER / "postBuild"):
        assert os.access(script, os.X_OK), script
        subprocess.run(["bash", "-n", script], check=True, timeout=10)
