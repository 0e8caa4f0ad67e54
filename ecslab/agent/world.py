"""All that an agent can reach: its API, its runtime and fabric, the clock and the journal. It does nothing."""

from __future__ import annotations

from dataclasses import dataclass

from ecslab.agent.api import AgentApi, AgentConfig
from ecslab.agent.changes import Changes
from ecslab.agent.logs import LogBook
from ecslab.journal import Journal
from ecslab.networks.base import Fabric
from ecslab.runtimes.base import Runtime
from ecslab.timeline import Timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Handed from the agent to its engine."""

    config: AgentConfig
    api: AgentApi
    runtime: Runtime
    fabric: Fabric
    timeline: Timeline
    journal: Journal
    changes: Changes
    book: LogBook
