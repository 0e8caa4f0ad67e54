"""Questions 6.2, 6.3, 6.5 and 6.10: whose localhost it is. One probe that must connect, one that must not."""

from __future__ import annotations

from collections.abc import Iterable

from ecslab.checks import Finding, NotAttempted, World, failed, passed

from .looking import Task, fetched, interface_of, mode_of, place_of, running, short, variable

CACHE = "http://localhost:9000/"


def pair(world: World) -> Iterable[Finding]:
    tasks = running(world, "pair")
    if not tasks:
        raise NotAttempted("No task of the family `pair` is RUNNING yet.")
    wrong = [t for t in tasks if mode_of(world, t) != "awsvpc"]
    if wrong:
        advice = "Register it with networkMode awsvpc and run that revision; stop the others."
        yield failed(f"It runs in {mode_of(world, wrong[0])} mode.", advice, code="mode", weight=4)
        return
    if len(tasks) >= 2 and len({str(place_of(world, t, 80)) for t in tasks}) == len(tasks):
        yield passed("Two tasks, each with an address of its own.")
    else:
        yield failed(f"{len(tasks)} of two tasks run.", "Run two.", code="one-task")
    yield from _own_cache(world, tasks)
    yield _neighbours(world, tasks)


def _own_cache(world: World, tasks: list[Task]) -> Iterable[Finding]:
    for task in tasks[:2]:
        body = fetched(world, task, CACHE)
        if short(task["taskArn"]) in body:
            yield passed(f"web of task {short(task['taskArn'])[:8]} reaches its own cache at localhost:9000.")
        else:
            advice = "Containers share localhost only within one task: both belong into one definition."
            yield failed("web does not reach a cache at localhost:9000.", advice, code="apart")


def _neighbours(world: World, tasks: list[Task]) -> Finding:
    if len(tasks) < 2:
        return failed("There is no neighbour to look at.", "Run two.", code="one-task")
    one, other = tasks[0], tasks[1]
    where = place_of(world, other, 9000)
    if where and short(other["taskArn"]) in fetched(world, one, f"http://{where}/"):
        return passed("The neighbour's cache answers at the neighbour's address, and not at localhost.")
    advice = "Does the cache map containerPort 9000?"
    return failed("The neighbour's cache does not answer at the neighbour's address.", advice, code="no-cache-port")


def repaired(world: World) -> Iterable[Finding]:
    backends, fronts = running(world, "backend"), running(world, "frontend")
    if not backends:
        raise NotAttempted("The backend does not run: run the cell above once more.")
    if not fronts or len(world.definitions("frontend")) < 2:
        raise NotAttempted("Only the broken frontend runs.")
    front = fronts[-1]
    url = variable(world, front, "BACKEND")
    body = fetched(world, front, url) if url else ""
    if any(short(task["taskArn"]) in body for task in backends):
        yield passed("The frontend gets its answer from the backend, which is another task.")
    elif body:
        advice = "That works, but they are one task now: they live, die and scale together. Leave them apart."
        yield failed("The answer comes from the frontend's own task.", advice, code="moved-in", weight=2)
        return
    elif "localhost" in url or "127.0.0.1" in url:
        advice = "localhost is the task itself. The backend is another task: what is its address?"
        yield failed(f"BACKEND is {url}: nobody is there.", advice, code="localhost")
    else:
        advice = "inside(arn) gives the address of a task that runs. Is it the backend of now?"
        yield failed(f"Nothing answers the frontend at {url or 'an empty BACKEND'}.", advice, code="no-answer")
    if not fetched(world, front, CACHE, wait=False):
        yield passed("And at its own localhost:9000 there is still nobody.")
    else:
        yield failed("Somebody answers at the frontend's localhost:9000.", "Leave the two apart.", code="moved-in")


def linked(world: World) -> Iterable[Finding]:
    tasks = running(world, "linked")
    if not tasks:
        raise NotAttempted("No task of the family `linked` is RUNNING yet.")
    task = tasks[-1]
    mode = mode_of(world, task)
    if mode != "bridge":
        advice = "There they share localhost, true. The old program insists on bridge: link the two."
        yield failed(f"It runs in {mode} mode.", advice, code="mode", weight=2)
        return
    if short(task["taskArn"]) in fetched(world, task, "http://cache:9000/"):
        yield passed("web reaches the cache by the name that the link gives it.")
    else:
        advice = 'The container that dials names whom it dials: "links": ["cache"] belongs to web.'
        yield failed("Nobody answers web at http://cache:9000.", advice, code="T25")
    if not fetched(world, task, CACHE, wait=False):
        yield passed("At web's own localhost:9000 nobody answers: in bridge mode each container has its own.")
    else:
        yield failed("Somebody answers at localhost:9000.", "Why does web itself listen there?", code="localhost")


def bistro(world: World) -> Iterable[Finding]:
    tables, menus = running(world, "bistro"), running(world, "menu-card")
    if not tables or not menus:
        raise NotAttempted("Both `bistro` and `menu-card` must have RUNNING tasks.")
    yield from _served(world, tables, menus)
    yield from _own_cache(world, tables)
    zones = {str((interface_of(world, t) or {}).get("AvailabilityZone")) for t in tables}
    if len(tables) >= 2 and len(zones) >= 2:
        yield passed("The bistro stands in two availability zones.")
    else:
        yield failed(f"{len(tables)} tasks in {len(zones)} zone(s).", "Two tasks, and subnets of two zones.",
                     code="one-zone")  # fmt: skip
    if not fetched(world, menus[0], CACHE, wait=False):
        yield passed("The menu card does not find the bistro's cache at its own localhost.")
    else:
        yield failed("The menu card has a cache at localhost, too.", "It belongs to the bistro alone.",
                     code="cache-everywhere")  # fmt: skip


def _served(world: World, tables: list[Task], menus: list[Task]) -> Iterable[Finding]:
    ids = {short(menu["taskArn"]) for menu in menus}
    for table in tables[:2]:
        body = fetched(world, table, variable(world, table, "MENU") or CACHE)
        if any(task in body for task in ids):
            yield passed(f"Task {short(table['taskArn'])[:8]} of the bistro reads the menu at MENU.")
        else:
            advice = "MENU is an URL with the address at which other tasks reach the menu card."
            yield failed("A task of the bistro does not get the menu from MENU.", advice, code="no-menu")
