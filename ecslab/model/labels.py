"""The labels on everything a lab creates, by which it is found again and swept."""

from __future__ import annotations

LABEL_LAB = "ecslab.lab"
"""The lab's id."""
LABEL_OWNER = "ecslab.owner"
"""``pid:create time`` of the owning server, so a dead lab's leftovers can be told from a living one's."""
LABEL_KEEPER = "ecslab.keeper"
"""On containers that only hold a network namespace (pause containers)."""
