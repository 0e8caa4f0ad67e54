"""What a backend needs from the lab around it: the clock, the journal, and an injected source of randomness."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from ecslab.journal import Journal
from ecslab.timeline import Timeline

ACCOUNT = "123456789012"
"""The account every lab is (the id of AWS's own examples)."""
REGION = "us-east-1"
"""The region a lab starts in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabContext:
    """One open lab. ``random`` is seeded, so the same calls on virtual time give the same names."""

    timeline: Timeline
    journal: Journal
    random: random.Random = field(default_factory=random.Random)

    def now(self) -> float:
        """Lab time, seconds since the epoch."""
        return self.timeline.now()

    def hex_id(self, digits: int = 32) -> str:
        """A fresh id of lower-case hex digits."""
        return f"{self.random.getrandbits(digits * 4):0{digits}x}"

    def uuid(self) -> str:
        """A fresh id in the shape of a UUID."""
        h = self.hex_id()
        return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"
