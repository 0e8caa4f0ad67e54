"""AWS policies: read, matched and decided. Pure: it knows no IAM backend, no request, no clock."""

from ecslab.policy.conditions import Condition
from ecslab.policy.deciding import Ask, Decision, Looked, Principal, Reason, decide, decide_trust
from ecslab.policy.documents import Document, Effect, Kind, Statement, parse
from ecslab.policy.explaining import denial_message, explain

__all__ = [
    "Ask",
    "Condition",
    "Decision",
    "Document",
    "Effect",
    "Kind",
    "Looked",
    "Principal",
    "Reason",
    "Statement",
    "decide",
    "decide_trust",
    "denial_message",
    "explain",
    "parse",
]
