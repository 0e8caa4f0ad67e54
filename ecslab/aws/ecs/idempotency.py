"""``clientToken``: the same call made twice does its work once.

Within a day, a token with the same parameters gives the answer of the first call (its tasks or service as they are
now); with other parameters the call is refused. Invariant: a call that failed, or placed nothing, is not remembered.
Sources: Amazon ECS API Reference, "Ensuring idempotency", RunTask, CreateService; ConflictException of RunTask.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ecslab.aws.ecs.base import Request, Verbs
from ecslab.errors import ApiError, InvalidParameterException

LASTS = 24 * 3600.0
"""Lab seconds for which a token is remembered."""
LONGEST = {"RunTask": 64, "CreateService": 36, "CreateTaskSet": 36, "CreateGateway": 64}
"""The operations that take a token, and its most characters. CreateGateway ignores what else a second call says."""
_MADE = ("tasks", "service", "taskSet", "gatewayArn")


class ConflictException(ApiError):
    """The token was used for something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A call that was carried out: what it asked for, its answer, and when (lab seconds)."""

    asked: str
    answer: Mapping[str, Any]
    at: float


class IdempotencyVerbs(Verbs):
    """The memory of tokens."""

    tokens: dict[tuple[str, str], Done]

    def answer_again(self, operation: str, request: Request) -> Mapping[str, Any] | None:
        """The answer of the same call before; None where there was none. ConflictException and others as ECS's."""
        token = request.get("clientToken") or ""
        if not token or operation not in LONGEST:
            return None
        _check(token, LONGEST[operation])
        done = self.tokens.get((operation, token))
        if done is None or self.context.now() - done.at > LASTS:
            return None
        if done.asked != _asked(request) and operation != "CreateGateway":
            raise _other(operation, token)
        return self._as_now(done.answer)

    def keep_answer(self, operation: str, request: Request, answer: Any) -> None:
        """Remember what a call with a token has done."""
        token = request.get("clientToken") or ""
        made = isinstance(answer, Mapping) and any(answer.get(key) for key in _MADE)
        if token and operation in LONGEST and made:
            self.tokens[operation, token] = Done(asked=_asked(request), answer=answer, at=self.context.now())

    def _as_now(self, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        tasks = answer.get("tasks")
        if tasks is None:
            return answer
        return {**answer, "tasks": [self.store.task(t.task_arn) or t for t in tasks]}


def _check(token: str, most: int) -> None:
    if len(token) > most or not all("!" <= letter <= "~" for letter in token):
        raise InvalidParameterException(
            f"clientToken must have at most {most} characters, all of them visible ASCII (33 to 126)."
        )


def _asked(request: Request) -> str:
    return json.dumps(request, sort_keys=True, default=str)


def _other(operation: str, token: str) -> ApiError:
    if operation == "RunTask":
        return ConflictException(
            f"The clientToken {token} has been used with other parameters. Use a new token for a new request."
        )
    what = "service" if operation == "CreateService" else "task set"
    return InvalidParameterException(
        f"Creation of {what} was not idempotent. The clientToken {token} has been used with other parameters."
    )
