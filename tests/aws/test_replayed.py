"""The law of the journal: what is folded from its entries is the state of the account, whatever was asked of it."""

from __future__ import annotations

from typing import Any

import pytest

from ecslab.journal import Entry
from ecslab.model.replayed import InstanceState, ServiceState, State, TaskState, replayed
from tests.aws.generating import Requests
from tests.aws.test_fuzz import Fuzzed
from tests.aws.test_fuzz import fuzzed as fuzzed

REQUESTS = 600


def shown(backend: Any) -> State:
    """The state as the store has it."""
    store = backend.store
    return State(
        clusters={c.arn: c.status for c in backend.clusters.values()},
        definitions={
            record.arn: record.status
            for revisions in backend.task_definitions.values()
            for record in revisions.values()
            if record.status != "DELETE_IN_PROGRESS"
        },
        instances={
            i.arn: InstanceState(status=i.status.value, connected=i.agent_connected) for i in store._instances.values()
        },
        services={
            s.service_arn: ServiceState(status=s.status.value, desired=s.desired_count, definition=s.task_definition)
            for s in store.services()
        },
        tasks={
            t.task_arn: TaskState(
                status=t.last_status.value,
                desired=t.desired_status.value,
                stop_code=t.stop_code.value if t.stop_code else "",
                reason=t.stopped_reason or "",
                health=t.health_status.value,
            )
            for t in store.all_tasks()
        },
    )


def differences(told: State, real: State) -> list[str]:
    """What is not the same; what the API can no longer describe may still be told of."""
    found = []
    for part in ("clusters", "definitions", "instances", "services", "tasks"):
        mine, theirs = getattr(told, part), getattr(real, part)
        wrong = [arn for arn in theirs if mine.get(arn) != theirs[arn]]
        found += [f"{part}: {arn} is {mine.get(arn)}, not {theirs[arn]}" for arn in wrong]
        if part == "definitions":
            found += [f"{part}: {arn} is told of and not there" for arn in mine.keys() - theirs.keys()]
    return found


def entries(fuzzed: Fuzzed) -> tuple[Entry, ...]:
    return fuzzed.lab.journal.read()


@pytest.mark.parametrize("seed", range(3))
def test_replaying_the_journal_rebuilds_the_state(fuzzed: Fuzzed, seed: int) -> None:
    fuzzed.requests = Requests(100 + seed, {})
    fuzzed.populate()
    for number in range(REQUESTS):
        if number % 25 == 0:
            fuzzed.learn()
            fuzzed.lab.timeline.advance(7)
            assert differences(replayed(entries(fuzzed)), shown(fuzzed.lab.backend)) == []
        operation = fuzzed.requests.operation(number)
        fuzzed.call(operation, fuzzed.requests.sensible(operation))
    fuzzed.lab.timeline.advance(60)
    assert differences(replayed(entries(fuzzed)), shown(fuzzed.lab.backend)) == []


def test_the_journal_tells_a_whole_story_and_each_moment_of_it(fuzzed: Fuzzed) -> None:
    fuzzed.populate()
    fuzzed.call("UpdateService", {"service": "web", "desiredCount": 3})
    fuzzed.lab.timeline.advance(60)
    then, moment = shown(fuzzed.lab.backend), len(fuzzed.lab.journal)
    fuzzed.call("DeleteService", {"service": "web", "force": True})
    fuzzed.lab.timeline.advance(60)
    assert differences(replayed(entries(fuzzed)[:moment]), then) == []
    (service,) = replayed(entries(fuzzed)).services.values()
    assert (service.status, service.desired) == ("INACTIVE", 0)


@pytest.mark.parametrize("kind", ["task.status", "task.stop", "service.updated", "definition.registered"])
def test_a_journal_with_an_entry_missing_rebuilds_another_state(fuzzed: Fuzzed, kind: str) -> None:
    fuzzed.populate()
    fuzzed.call("UpdateService", {"service": "web", "desiredCount": 1})
    fuzzed.lab.timeline.advance(60)
    whole = entries(fuzzed)
    last = [entry for entry in whole if entry.kind == kind][-1]
    assert differences(replayed(whole), shown(fuzzed.lab.backend)) == []
    assert differences(replayed(e for e in whole if e is not last), shown(fuzzed.lab.backend)) != []
