"""``ecslab env``: lines that point the AWS CLI and every SDK at the lab.

It prints even where no lab runs only an error: a shell that evaluates it must not be pointed at nothing.
"""

from __future__ import annotations

import argparse

from ecslab.client.home import lab_home, read_record, status_of
from ecslab.errors import LabNotRunning

UNWANTED = ("AWS_PROFILE", "AWS_SESSION_TOKEN")
"""Variables that would lead a tool to the user's real account, or spoil the throw-away credentials."""

ASSIGN = {
    "bash": 'export {name}="{value}"',
    "zsh": 'export {name}="{value}"',
    "fish": 'set -gx {name} "{value}";',
    "powershell": '$Env:{name} = "{value}"',
}
REMOVE = {
    "bash": "unset {name}",
    "zsh": "unset {name}",
    "fish": "set -e {name};",
    "powershell": "Remove-Item Env:{name} -ErrorAction SilentlyContinue",
}


def variables(endpoint: str, region: str) -> dict[str, str]:
    """What every AWS tool needs to know to reach the lab."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def env(arguments: argparse.Namespace) -> int:
    """Print the lines for a shell. LabNotRunning."""
    record = read_record(lab_home(arguments.home))
    status = status_of(record) if record is not None else None
    if record is None or status is None:
        raise LabNotRunning("No lab server is running, so there is nothing to point the shell at.", "Run `ecslab up`.")
    for name, value in variables(record.endpoint, status["region"]).items():
        print(ASSIGN[arguments.shell].format(name=name, value=value))
    for name in UNWANTED:
        print(REMOVE[arguments.shell].format(name=name))
    return 0
