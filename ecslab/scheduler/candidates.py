"""The instances one demand may choose from, judged once and kept in order: placement for large clusters.

Pure. It gives what ``scheduler.placement.place`` gives, the same choice with the same reasons (a property test holds
it), without looking at every instance for every task: each is judged when it has changed, and instances that every
strategy treats alike are kept together. Invariant: what is known of each room is what the rule says of it now.

A choice costs as much as there are such kinds of instances (zones × room left), however many instances there are.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Mapping, Sequence
from typing import TypeVar, overload

from ecslab.model.instance import ContainerInstance, Room
from ecslab.model.plan import Placement, Tally, Verdict
from ecslab.scheduler.placement import Demand, Found, Pick, judge, left_of, spread_key

Kind = tuple[str | int, ...]
"""What the strategies see of a room, step by step: room left, tasks of the group on it, or an attribute's value."""
Known = tuple[ContainerInstance, Found]
HOSTS = ("instanceId", "host")
K = TypeVar("K")


class Change:
    """One change of what is known: what was known before. A chain of them leads from any moment to now."""

    __slots__ = ("before", "next", "number")

    def __init__(self) -> None:
        self.number = -1
        self.before: Known | None = None
        self.next: Change | None = None


class Candidates:
    """The rooms of one demand, by number; a lower number comes first wherever order matters."""

    def __init__(self, demand: Demand, rooms: Mapping[int, Room]) -> None:
        self.demand = demand
        self._steps = tuple(s for s in demand.strategy if s.get("type") in ("spread", "binpack"))
        self._rooms: dict[int, Room] = {}
        self._found: dict[int, Found] = {}
        self._kinds: dict[Kind, list[int]] = {}
        """The numbers of the rooms that fit, in order."""
        self._counts: tuple[dict[str, int], ...] = tuple({} for _ in self._steps)
        """For each step that spreads over an attribute: tasks of the group at each value, full instances included."""
        self._reasons: dict[str, list[int]] = {}
        self._latest = Change()
        for number, room in rooms.items():
            self.put(number, room)

    def put(self, number: int, room: Room | None) -> None:
        """A room is now like this; None where the instance is gone."""
        before = self._rooms.get(number)
        if room is before or room == before:
            return
        self._remember(number, before)
        if before is not None:
            self._leave(number, before)
        if room is not None:
            self._enter(number, room)

    def choose(self, pick: Pick) -> Placement:
        """Choose an instance for one task, or say of each why not."""
        verdicts = Verdicts(self, self._latest)
        kinds = list(self._kinds)
        for at in range(len(self._steps)):
            costs = [self._cost(at, kind) for kind in kinds]
            least = min(costs, default=0)
            kinds = [kind for kind, cost in zip(kinds, costs, strict=True) if cost == least]
        best = _Union([self._kinds[kind] for kind in kinds], self._rooms)
        if not best:
            return Placement(instance_arn=None, verdicts=verdicts, tallies=self._tallies())
        chosen = best[0] if len(best) == 1 else pick(best)
        return Placement(instance_arn=chosen.instance.arn, verdicts=verdicts, tallies=self._tallies())

    def _cost(self, at: int, kind: Kind) -> int:
        value = kind[at]
        return self._counts[at][value] if isinstance(value, str) else value

    def _kind(self, room: Room) -> Kind:
        return tuple(self._part(step, room) for step in self._steps)

    def _part(self, step: Mapping[str, str], room: Room) -> str | int:
        if step["type"] == "binpack":
            return left_of(step, room)
        field = step.get("field", "instanceId")
        return room.groups.get(self.demand.group, 0) if field in HOSTS else spread_key(field, room)

    def _enter(self, number: int, room: Room) -> None:
        found = judge(self.demand, room)
        self._rooms[number], self._found[number] = room, found
        kind = self._kind(room)
        self._count(kind, room.groups.get(self.demand.group, 0))
        insort(self._reasons.setdefault(found[0], []), number)
        if not found[0]:
            insort(self._kinds.setdefault(kind, []), number)

    def _leave(self, number: int, room: Room) -> None:
        reason, kind = self._found.pop(number)[0], self._kind(room)
        del self._rooms[number]
        self._count(kind, -room.groups.get(self.demand.group, 0))
        _remove(self._reasons, reason, number)
        if not reason:
            _remove(self._kinds, kind, number)

    def _count(self, kind: Kind, tasks: int) -> None:
        for counts, value in zip(self._counts, kind, strict=True):
            if isinstance(value, str):
                counts[value] = counts.get(value, 0) + tasks

    def _remember(self, number: int, before: Room | None) -> None:
        change, self._latest = self._latest, Change()
        change.number, change.next = number, self._latest
        change.before = (before.instance, self._found[number]) if before is not None else None

    def _tallies(self) -> tuple[Tally, ...]:
        firsts = sorted((numbers[0], len(numbers)) for numbers in self._reasons.values())
        return tuple(Tally(number=size, first=_verdict(*self._known(first))) for first, size in firsts)

    def _known(self, number: int) -> Known:
        return self._rooms[number].instance, self._found[number]

    def known_at(self, moment: Change) -> tuple[Verdict, ...]:
        """What was known of every room at a moment, in order."""
        known: dict[int, Known | None] = {}
        change: Change | None = moment
        while change is not None and change.next is not None:
            known.setdefault(change.number, change.before)
            change = change.next
        for number in self._rooms:
            if number not in known:
                known[number] = self._known(number)
        return tuple(_verdict(*found) for _, found in sorted(known.items()) if found is not None)


class Verdicts(Sequence[Verdict]):
    """The verdicts of one decision, in the order of the instances; put together when somebody reads them."""

    def __init__(self, candidates: Candidates, moment: Change) -> None:
        self._candidates = candidates
        self._moment = moment
        self._all: tuple[Verdict, ...] | None = None

    def _read(self) -> tuple[Verdict, ...]:
        if self._all is None:
            self._all = self._candidates.known_at(self._moment)
        return self._all

    @overload
    def __getitem__(self, index: int) -> Verdict: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Verdict, ...]: ...
    def __getitem__(self, index: int | slice) -> Verdict | tuple[Verdict, ...]:
        return self._read()[index]

    def __len__(self) -> int:
        return len(self._read())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._read() == tuple(other)

    __hash__ = None  # type: ignore[assignment]


class _Union(Sequence[Room]):
    """The rooms of several ordered lists of numbers, as one ordered sequence that is never put together."""

    def __init__(self, lists: list[list[int]], rooms: Mapping[int, Room]) -> None:
        self._lists = lists
        self._rooms = rooms

    def __len__(self) -> int:
        return sum(map(len, self._lists))

    @overload
    def __getitem__(self, index: int) -> Room: ...
    @overload
    def __getitem__(self, index: slice) -> list[Room]: ...
    def __getitem__(self, index: int | slice) -> Room | list[Room]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        at = index + len(self) if index < 0 else index
        if not 0 <= at < len(self):
            raise IndexError(index)
        return self._rooms[self._lists[0][at] if len(self._lists) == 1 else self._number(at)]

    def _number(self, at: int) -> int:
        """The number with exactly ``at`` smaller ones: halving the range of numbers until it is found."""
        low, high = min(numbers[0] for numbers in self._lists), max(numbers[-1] for numbers in self._lists)
        while low < high:
            middle = (low + high) // 2
            if sum(bisect_right(numbers, middle) for numbers in self._lists) > at:
                high = middle
            else:
                low = middle + 1
        return low


def _remove(lists: dict[K, list[int]], key: K, number: int) -> None:
    numbers = lists[key]
    del numbers[bisect_left(numbers, number)]
    if not numbers:
        del lists[key]


def _verdict(instance: ContainerInstance, found: Found) -> Verdict:
    reason, detail = found
    return Verdict(instance_arn=instance.arn, ec2_instance_id=instance.ec2_instance_id, reason=reason, detail=detail)
