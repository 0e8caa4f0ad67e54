"""The live view, seen: a real JupyterLab in a headless Chromium runs a notebook, and the page follows the lab."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import Locator, Page, expect, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

import ecslab
from ecslab.client.starting import end
from ecslab.timeline import real_monotonic, real_sleep

pytestmark = pytest.mark.browser

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--no-first-run")  # fmt: skip
JUPYTER_SECONDS = 90.0
SEEN = 90_000.0
"""Milliseconds within which something must be seen on the page (the machine may be busy)."""
TRIES = 5
CELLS = (
    "import ecslab\nlab = ecslab.connect()\nlab",
    'ecs = lab.client("ecs")\n'
    'ecs.register_task_definition(family="web", containerDefinitions=[\n'
    '    {"name": "web", "image": "ecslab/web:1", "memory": 128, "portMappings": [{"containerPort": 80}]},\n'
    '    {"name": "log", "image": "ecslab/web:1", "memory": 64, "essential": False}])\n'
    'if not ecs.list_services()["serviceArns"]:\n'
    '    ecs.create_service(cluster="default", serviceName="web", taskDefinition="web", desiredCount=3)',
    "lab.show()",
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A lab home whose server is ended after the test; no private lab here."""
    folder = tmp_path / "home"
    monkeypatch.setenv("ECSLAB_HOME", str(folder))
    monkeypatch.setenv("ECSLAB_RUNTIME", "simulated")
    for name in ("NBGRADER_EXECUTION", "ECSLAB_PRIVATE"):
        monkeypatch.delenv(name, raising=False)
    yield folder
    end(folder)


@pytest.fixture
def jupyter(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], str]]:
    """A JupyterLab of the test's own; called with a notebook's name it gives the address that opens it."""
    root, token = tmp_path / "notebooks", secrets.token_hex(16)
    root.mkdir()
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = tmp_path / "jupyter_config_dir/lab/user-settings/@jupyterlab/apputils-extension"
    settings.mkdir(parents=True)
    Path(settings, "notification.jupyterlab-settings").write_text('{"fetchNews": "false", "checkForUpdates": false}')
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ServerApp.ip=127.0.0.1"]
    command += [
        f"--ServerApp.port={port}",
        f"--ServerApp.root_dir={root}",
        f"--IdentityProvider.token={token}",
        "--ServerApp.port_retries=0",
    ]
    command += ["--allow-root"] if os.geteuid() == 0 else []
    with (tmp_path / "jupyter.log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        answers(f"http://127.0.0.1:{port}/api?token={token}", process, tmp_path / "jupyter.log")
        yield lambda name: f"http://127.0.0.1:{port}/lab/tree/{name}?token={token}&reset"
    finally:
        shut_down(port, token, process)


def answers(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = real_monotonic() + JUPYTER_SECONDS
    while process.poll() is None and real_monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except (urllib.error.URLError, OSError):
            real_sleep(0.2)
        else:
            return
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")


def shut_down(port: int, token: str, process: subprocess.Popen[bytes]) -> None:
    """Ask JupyterLab to end with its kernels; kill it when it will not."""
    address = f"http://127.0.0.1:{port}/api/shutdown"
    request = urllib.request.Request(address, b"", {"Authorization": f"token {token}"})
    try:
        urllib.request.urlopen(request, timeout=10).close()
        process.wait(20)
    except (urllib.error.URLError, OSError, subprocess.TimeoutExpired):
        process.kill()
        process.wait()


@pytest.fixture
def browser_page(tmp_path: Path) -> Iterator[Page]:
    found = next(filter(None, map(shutil.which, BROWSERS)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(QUIET))
        page = browser.new_page(viewport={"width": 1280, "height": 1500})
        page.set_default_timeout(SEEN)
        expect.set_options(timeout=SEEN)
        yield page
        browser.close()


def notebook(path: Path) -> None:
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)


def picture(page: Page, name: str, tmp_path: Path) -> None:
    page.screenshot(path=str(Path(os.environ.get("ECSLAB_SCREENSHOTS", tmp_path)) / f"{name}.png"))


def shown(page: Page, address: str, kind: str = ".ecslab-view") -> Locator:
    """Open the notebook and run all of it: what it shows of that class. Again where the browser lost a request.

    It drops every connection when the networks of the machine change, as they do while other tests run containers.
    """
    view = page.locator(kind)
    for _ in range(TRIES):
        page.goto(address)
        page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for()
        if page.locator("dialog.jp-Dialog").count() > 0:
            continue
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_text("Run All Cells", exact=True).click()
        with contextlib.suppress(PlaywrightTimeout):
            view.wait_for(timeout=SEEN / 2)
            return view
    pytest.fail(f"The notebook could not be run in {TRIES} tries.")


def dark(page: Page) -> None:
    page.get_by_role("menuitem", name="Settings", exact=True).click()
    page.get_by_text("Theme", exact=True).first.hover()
    page.get_by_text("JupyterLab Dark", exact=True).click()


def test_the_live_view_shows_a_service_and_follows_it_by_itself(
    home: Path, jupyter: Callable[[str], str], browser_page: Page, tmp_path: Path
) -> None:
    notebook(tmp_path / "notebooks" / "view.ipynb")
    view = shown(browser_page, jupyter("view.ipynb"))
    running = view.locator('.task[data-status="RUNNING"]')

    expect(view.get_by_label("service web")).to_contain_text("3 of 3 running")
    expect(running).to_have_count(3)
    expect(view).to_contain_text("has reached a steady state")
    expect(browser_page.locator(".jp-RenderedHTMLCommon .ecslab").first).to_contain_text("simulated")
    picture(browser_page, "live-view", tmp_path)

    killed = str(running.first.get_attribute("data-task"))
    lab = ecslab.connect()
    lab.kill(killed)
    expect(view.locator(f'[data-task="{killed}"][data-status="STOPPED"]')).to_be_visible()
    expect(running).to_have_count(3)
    assert killed not in [task.get_attribute("data-task") for task in running.all()]
    lab.stop_agent(first_instance(lab))
    expect(view).to_contain_text("agent disconnected")

    dark(browser_page)
    expect(browser_page.locator("body")).to_have_attribute("data-jp-theme-light", "false")
    picture(browser_page, "live-view-dark", tmp_path)


def first_instance(lab: Any) -> str:
    with urllib.request.urlopen(f"{lab.endpoint}/_ecslab/state", timeout=10) as answer:
        return str(json.load(answer)["clusters"][0]["instances"][0]["ec2InstanceId"])
