"""What a placement decision looks like in the journal: why each instance was chosen or not, and how many of each.

Pure. ``lab.why`` and the placement view show these rows. Invariant: the counts are of every instance, also where the
rows are not.
"""

from __future__ import annotations

from typing import Any

from ecslab.model.plan import Placement

SHOWN = 20
"""Instances up to which there is a row for each; of more there is one per reason."""
FITS = "fits"


def explained(placement: Placement) -> dict[str, Any]:
    """A decision as data of a journal entry: ``rows`` and ``counts``."""
    return {"rows": rows(placement), "counts": counts(placement)}


def rows(placement: Placement) -> list[dict[str, str]]:
    """One row per instance; in a large cluster, one per reason."""
    if sum(tally.number for tally in placement.tallies) > SHOWN:
        return _by_reason(placement)
    return [
        {
            "instance": v.ec2_instance_id,
            "verdict": "chosen" if v.instance_arn == placement.instance_arn else v.reason or FITS,
            "reason": v.detail,
        }
        for v in placement.verdicts
    ]


def _by_reason(placement: Placement) -> list[dict[str, str]]:
    found = []
    for tally in placement.tallies:
        first = f"such as {tally.first.ec2_instance_id}{tally.first.detail and ': '}{tally.first.detail}"
        many = f"{tally.number} instance{'s' if tally.number > 1 else ''}"
        found.append({"instance": many, "verdict": tally.first.reason or FITS, "reason": first})
    return found


def counts(placement: Placement) -> dict[str, int]:
    """How many instances had each verdict; the chosen one is among those that fit."""
    return {tally.first.reason or FITS: tally.number for tally in placement.tallies}
