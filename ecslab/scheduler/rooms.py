"""The instances of a cluster with what is left on each, for many placements one after another.

Pure: it measures nothing itself, it is told. ``Rooms`` outlives single plans and remembers, for each kind of demand,
the ``Candidates`` there are; ``Draft`` is one plan, whose tasks share the room. Invariants: a Draft sees every room as
it is now, less what it has taken itself; what a Draft took is forgotten with it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import overload

from ecslab.model.instance import ContainerInstance, Room
from ecslab.model.plan import Placement
from ecslab.model.status import ContainerInstanceStatus
from ecslab.scheduler.candidates import Candidates
from ecslab.scheduler.placement import Demand, Pick, place, take

REMEMBERED = 256
"""Kinds of demand that a cluster remembers; the one that was asked for longest ago is forgotten."""
Key = tuple[object, ...]
Measure = Callable[[str], Room]


@dataclass(slots=True)
class _Kept:
    """Candidates, and what may have changed since they were last asked."""

    candidates: Candidates
    seen: int
    assumed: set[int] = field(default_factory=set)
    """Rooms in which a draft has taken room of its own."""


class Rooms(Sequence[Room]):
    """The rooms of one cluster, in the order in which their instances came."""

    def __init__(self, rooms: Iterable[Room] = (), measure: Measure | None = None) -> None:
        self._measure = measure
        self._rooms: dict[str, Room] = {}
        self._numbers: dict[str, int] = {}
        self._by_number: dict[int, str] = {}
        self._stale: dict[str, None] = {}
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()
        self._changes: list[int] = []
        self._dropped = 0
        """Changes that are no longer in the list; who has not seen them compares everything."""
        self._draining: set[str] = set()
        for room in rooms:
            self.put(room)

    def put(self, room: Room) -> None:
        """An instance has joined, or is now like this."""
        arn = room.instance.arn
        self._stale.pop(arn, None)
        if arn not in self._numbers:
            self._by_number[len(self._numbers)] = arn
            self._numbers[arn] = len(self._numbers)
        joined, self._rooms[arn] = arn not in self._rooms, room
        if joined and self._numbers[arn] < len(self._numbers) - 1:
            self._rooms = dict(sorted(self._rooms.items(), key=lambda item: self._numbers[item[0]]))
        draining = room.instance.status is ContainerInstanceStatus.DRAINING
        (self._draining.add if draining else self._draining.discard)(arn)
        self._note(arn)

    def remove(self, arn: str) -> None:
        """An instance is gone."""
        if self._rooms.pop(arn, None) is not None:
            self._stale.pop(arn, None)
            self._draining.discard(arn)
            self._note(arn)

    def touch(self, arn: str) -> None:
        """What is left on an instance has changed: it is measured again before anybody looks."""
        if arn in self._rooms:
            self._stale[arn] = None

    def _note(self, arn: str) -> None:
        self._changes.append(self._numbers[arn])
        most = 2 * len(self._rooms) + 64
        if len(self._changes) > most:
            gone = len(self._changes) // 2
            self._dropped += gone
            del self._changes[:gone]

    def _settle(self) -> None:
        while self._stale and self._measure is not None:
            self.put(self._measure(next(iter(self._stale))))

    @property
    def draining(self) -> frozenset[str]:
        """The ARNs of the instances that are DRAINING."""
        self._settle()
        return frozenset(self._draining)

    def get(self, arn: str) -> Room | None:
        """The room on one instance; None where it is not among them."""
        if arn in self._stale and self._measure is not None:
            self.put(self._measure(arn))
        return self._rooms.get(arn)

    def number(self, arn: str) -> int:
        """The place of an instance in the order."""
        return self._numbers[arn]

    def candidates(self, demand: Demand, provider: str | None, zone: str) -> _Kept:
        """The candidates for a demand as they are now: of one capacity provider and in one zone, where one is given."""
        self._settle()
        key = (*_key(demand), provider, zone)
        kept = self._kept.get(key)
        if kept is None or kept.candidates.demand.definition is not demand.definition:
            kept = self._kept[key] = _Kept(Candidates(demand, {}), -1)
        self._kept.move_to_end(key)
        while len(self._kept) > REMEMBERED:
            self._kept.popitem(last=False)
        for number in self._changed_since(kept):
            room = self._rooms.get(self._by_number[number])
            fits = room is not None and _is_of(room.instance, provider, zone)
            kept.candidates.put(number, room if fits else None)
        kept.seen = self._dropped + len(self._changes)
        kept.assumed.clear()
        return kept

    def _changed_since(self, kept: _Kept) -> Iterable[int]:
        if kept.seen < self._dropped:
            return list(self._by_number)
        return sorted({*self._changes[kept.seen - self._dropped :], *kept.assumed})

    @overload
    def __getitem__(self, index: int) -> Room: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Room, ...]: ...
    def __getitem__(self, index: int | slice) -> Room | tuple[Room, ...]:
        return tuple(self)[index]

    def __iter__(self) -> Iterator[Room]:
        self._settle()
        return iter(tuple(self._rooms.values()))

    def __len__(self) -> int:
        return len(self._rooms)


class Draft:
    """The placements of one plan for one demand."""

    def __init__(self, demand: Demand, rooms: Sequence[Room]) -> None:
        self.demand = demand
        self._rooms = rooms if isinstance(rooms, Rooms) else Rooms(rooms)
        self._open: dict[tuple[str | None, str], _Kept] = {}
        self._taken: dict[str, Room] = {}

    def place(self, pick: Pick, *, provider: str | None = None, zone: str = "") -> Placement:
        """Choose an instance for the next task: of a capacity provider and in a zone, where they are given."""
        kept = self._open.get((provider, zone))
        if kept is None:
            kept = self._open[provider, zone] = self._rooms.candidates(self.demand, provider, zone)
            for arn, room in self._taken.items():
                self._assume(kept, arn, room, (provider, zone))
        return self._take(kept.candidates.choose(pick))

    def place_on(self, arn: str, pick: Pick, *, provider: str | None = None) -> Placement:
        """The same where only one instance is asked for."""
        room = self._room(arn)
        return self._take(place(self.demand, [room] if _is_of(room.instance, provider, "") else [], pick))

    def _room(self, arn: str) -> Room:
        room = self._taken.get(arn) or self._rooms.get(arn)
        if room is None:
            raise KeyError(arn)
        return room

    def _take(self, found: Placement) -> Placement:
        arn = found.instance_arn
        if arn is not None:
            room = self._taken[arn] = take(self.demand, self._room(arn))
            for where, kept in self._open.items():
                self._assume(kept, arn, room, where)
        return found

    def _assume(self, kept: _Kept, arn: str, room: Room, where: tuple[str | None, str]) -> None:
        if _is_of(room.instance, *where):
            number = self._rooms.number(arn)
            kept.assumed.add(number)
            kept.candidates.put(number, room)


def draining_of(rooms: Sequence[Room]) -> frozenset[str]:
    """The ARNs of the instances that are DRAINING."""
    if isinstance(rooms, Rooms):
        return rooms.draining
    return frozenset(r.instance.arn for r in rooms if r.instance.status is ContainerInstanceStatus.DRAINING)


def _is_of(instance: ContainerInstance, provider: str | None, zone: str) -> bool:
    own = instance.capacity_provider_name
    mine = provider == own if instance.managed else provider in (None, own)
    return mine and zone in ("", instance.availability_zone)


def _key(demand: Demand) -> Key:
    rules = [tuple(sorted(rule.items())) for rule in (*demand.constraints, {}, *demand.strategy)]
    return demand.definition.arn, demand.group, tuple(rules), demand.zones, demand.cpu, demand.memory
