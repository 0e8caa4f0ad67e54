"""What a command printed that was run in a container (``lab.exec``). It holds what the server said."""

from __future__ import annotations

from ecslab.client.cards import pill
from ecslab.client.html import page, tag
from ecslab.client.transport import Transport


class Output(str):
    """The output, as text, with the command's exit code."""

    exit_code: int
    container: str

    def __new__(cls, text: str, exit_code: int, container: str) -> Output:
        found = super().__new__(cls, text)
        found.exit_code, found.container = exit_code, container
        return found

    def __repr__(self) -> str:
        end = f"(exit code {self.exit_code})"
        return f"{self.rstrip()}\n{end}" if self.strip() else end

    def _repr_html_(self) -> str:
        kind = "bad" if self.exit_code else "good"
        head = tag("div", tag("span", self.container, class_="title"), pill(f"exit code {self.exit_code}", kind))
        return page(tag("div", head, tag("pre", str(self))))


def execute(transport: Transport, task: str, command: str, container: str | None) -> Output:
    """Run a command in a container. EcslabError with ECS's own refusal."""
    said = transport.post("exec", task=task, command=command, container=container)
    return Output(str(said["output"]), int(said["exit_code"]), str(said["container"]))
