"""AWS policies: read, matched and decided. Pure: it knows no IAM backend, no request, no clock."""

from ecslab.policy.conditions import Condition
from ecslab.policy.deciding import Decision, Reason, decide, decide_trust
from ecslab.policy.documents import Document, Effect, Kind, Position, Statement
from ecslab.policy.explaining import denial_message, explain
from ecslab.policy.looking import Ask, Looked, Part
from ecslab.policy.parsing import parse
from ecslab.policy.principals import Principal
from ecslab.policy.simulating import condition_keys, matched, missing_keys

__all__ = [
    "Ask",
    "Condition",
    "Decision",
    "Document",
    "Effect",
    "Kind",
    "Looked",
    "Part",
    "Position",
    "Principal",
    "Reason",
    "Statement",
    "condition_keys",
    "decide",
    "decide_trust",
    "denial_message",
    "explain",
    "matched",
    "missing_keys",
    "parse",
]
