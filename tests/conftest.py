"""What every test run has: skips only for want of an engine, a browser, PostgreSQL or the CDK; nothing left behind.

``ECSLAB_CI_STRICT=1`` (set by ``.ci/run``) turns every skip into a failure. Everything a run starts inherits
a mark in its environment and a temporary directory of the run's own, so that what outlives the run is found,
whoever else is running labs on this machine. Invariant: a run that leaves a container, a network, a volume,
a process or a temporary file behind does not pass.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import docker
import psutil
import pytest

from ecslab import timeline

MARK = "ECSLAB_TEST_RUN"
LABEL_LAB = "ecslab.lab"
LABEL_OWNER = "ecslab.owner"
STRICT = os.environ.get("ECSLAB_CI_STRICT") == "1"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
GRACE = 10.0
"""Real seconds that what is ending may take to be gone."""


def pytest_configure(config: pytest.Config) -> None:
    """Give the run a temporary directory, a lab home and a mark of its own, before any test module is imported."""
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())
    own = Path(tempfile.mkdtemp(prefix="ecslab-tests-"))
    Path(own, "tmp").mkdir()
    os.environ["TMPDIR"] = tempfile.tempdir = str(own / "tmp")
    os.environ["ECSLAB_HOME"] = str(own / "home")
    os.environ[MARK] = uuid.uuid4().hex


def pytest_unconfigure(config: pytest.Config) -> None:
    """Delete the run's own directory, whatever is in it."""
    shutil.rmtree(Path(os.environ["TMPDIR"]).parent, ignore_errors=True)


def engine() -> docker.DockerClient | None:
    """The Docker engine of this machine, if one answers."""
    try:
        client = docker.from_env(timeout=10)
        client.ping()
    except docker.errors.DockerException:
        return None
    return client


def postgres_programs() -> Path | None:
    """The folder with PostgreSQL's initdb and postgres, which Debian does not put on the path."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return next((folder for folder in reversed(folders) if (folder / "initdb").is_file()), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a Docker engine, a browser or the CDK where there is none, and say so."""
    lacking: dict[str, str] = {}
    if any(item.get_closest_marker("docker") for item in items) and engine() is None:
        lacking["docker"] = "no Docker engine answers (start one, or set DOCKER_HOST)"
    if not any(shutil.which(name) for name in BROWSERS):
        lacking["browser"] = "no Chromium is installed (apt-get install chromium)"
    if not postgres_programs() or importlib.util.find_spec("psycopg") is None:
        lacking["postgres"] = "no PostgreSQL (apt-get install postgresql; pip install -e '.[postgres]')"
    if importlib.util.find_spec("aws_cdk") is None:
        lacking["cdk"] = "aws-cdk-lib is not installed (pip install -e '.[cdk]')"
    for item in items:
        for marker, reason in lacking.items():
            if item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))


def _no_skips(report: pytest.TestReport | pytest.CollectReport) -> None:
    if STRICT and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid}: no test may be skipped in this run ({reason})"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """In a strict run a skipped test is a failed one."""
    report = yield
    _no_skips(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    """In a strict run a skipped module is a failed one."""
    report = yield
    _no_skips(report)
    return report


@pytest.fixture(scope="session", autouse=True)
def nothing_is_left_behind() -> Iterator[None]:
    """Set up first, torn down last: by then everything the run started must be gone."""
    client = engine()
    before = _engine_leftovers(client)
    yield
    deadline = timeline.real_monotonic() + GRACE
    while left := _leftovers(client, before):
        if timeline.real_monotonic() > deadline:
            pytest.fail("This run left behind:\n  " + "\n  ".join(sorted(left)), pytrace=False)
        timeline.real_sleep(0.2)


def _leftovers(client: docker.DockerClient | None, before: set[str]) -> set[str]:
    return _marked_processes() | _files() | (_engine_leftovers(client) - before)


def _marked_processes() -> set[str]:
    left = set()
    for process in psutil.process_iter(["pid", "cmdline"]):
        try:
            marked = process.environ().get(MARK) == os.environ[MARK]
        except (psutil.Error, OSError):
            continue
        if marked and process.pid != os.getpid():
            left.add(f"process {process.pid}: {' '.join(process.info['cmdline'] or [])[:120]}")
    return left


def _files() -> set[str]:
    record = Path(os.environ["ECSLAB_HOME"], "server.json")
    left = {f"temporary file {path}" for path in Path(os.environ["TMPDIR"]).iterdir()}
    return left | ({f"server record {record}"} if record.exists() else set())


def _engine_leftovers(client: docker.DockerClient | None) -> set[str]:
    """Labelled things whose owner is dead, or is of this run (another lab of this machine may go on)."""
    if client is None:
        return set()
    found = {"labels": [LABEL_LAB]}
    containers = client.containers.list(all=True, filters={"label": LABEL_LAB}, ignore_removed=True)
    things = [("container", c.name, c.labels) for c in containers]
    things += [
        ("network", n["Name"], n["Labels"] or {}) for n in client.api.networks(filters={"label": found["labels"]})
    ]
    volumes = client.api.volumes(filters={"label": LABEL_LAB})["Volumes"] or []
    things += [("volume", v["Name"], v["Labels"] or {}) for v in volumes]
    return {f"{kind} {name}" for kind, name, labels in things if not _owned_by_others(labels)}


def _owned_by_others(labels: dict[str, str]) -> bool:
    pid = labels.get(LABEL_OWNER, "").partition(":")[0]
    try:
        owner = psutil.Process(int(pid))
        return owner.pid != os.getpid() and owner.environ().get(MARK) != os.environ[MARK]
    except (psutil.Error, ValueError, OSError):
        return False
