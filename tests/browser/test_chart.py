"""The chart of a scaled service, seen: a real JupyterLab runs a notebook and draws it, light and dark."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Page, expect

from tests.browser import test_view as seen

pytestmark = pytest.mark.browser
home, jupyter, browser_page = seen.home, seen.jupyter, seen.browser_page
CELLS = (
    'import ecslab\nlab = ecslab.connect(time="virtual")\necs = lab.client("ecs")',
    'ecs.register_task_definition(family="web", cpu="256", containerDefinitions=[\n'
    '    {"name": "web", "image": "ecslab/web:1", "memory": 64, "portMappings": [{"containerPort": 80}]}])\n'
    'ecs.create_service(serviceName="web", taskDefinition="web", desiredCount=2)\n'
    'scaling = lab.client("application-autoscaling")\n'
    'target = {"ServiceNamespace": "ecs", "ResourceId": "service/default/web",\n'
    '          "ScalableDimension": "ecs:service:DesiredCount"}\n'
    "scaling.register_scalable_target(**target, MinCapacity=2, MaxCapacity=6)\n"
    'cpu = {"PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}}\n'
    'scaling.put_scaling_policy(**target, PolicyName="cpu", PolicyType="TargetTrackingScaling",\n'
    '    TargetTrackingScalingPolicyConfiguration={"TargetValue": 60.0, **cpu});',
    'load = lab.load("web", pattern=[(0, 4), (5, 16)], minutes=20)\nlab.time.advance(minutes=45)\nload',
    'lab.chart("web")',
)


def notebook(path: Path) -> None:
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)


def test_a_chart_is_drawn_in_the_notebook_in_light_and_in_dark(
    home: Path, jupyter: Callable[[str], str], browser_page: Page, tmp_path: Path
) -> None:
    notebook(tmp_path / "notebooks" / "chart.ipynb")
    chart = seen.shown(browser_page, jupyter("chart.ipynb"), ".ecslab-chart")
    drawing = chart.locator("svg.plot")

    expect(drawing).to_be_visible()
    for words in ("CPUUtilization, Average", "target 60 (cpu)", "cpu AlarmHigh", "maximum 6", "cooldown after"):
        expect(drawing.locator("text").get_by_text(words, exact=True)).to_be_visible()
    expect(chart).to_contain_text("Setting desired count to")
    assert "service web wants" in str(drawing.get_attribute("aria-label"))
    box = drawing.bounding_box()
    assert box is not None
    assert box["width"] > 500
    chart.scroll_into_view_if_needed()
    seen.picture(browser_page, "chart", tmp_path)

    seen.dark(browser_page)
    expect(browser_page.locator("body")).to_have_attribute("data-jp-theme-light", "false")
    seen.picture(browser_page, "chart-dark", tmp_path)
