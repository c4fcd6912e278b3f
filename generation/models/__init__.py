"""Rows of the engine: accounts at providers, jobs and attempts, and the books."""

from generation.models.accounts import ProviderAccount
from generation.models.jobs import MEDIA_OF_OPERATION, Approval, Attempt, Batch, Job
from generation.models.money import Budget, Counter, Entry

__all__ = [
    "MEDIA_OF_OPERATION",
    "Approval",
    "Attempt",
    "Batch",
    "Budget",
    "Counter",
    "Entry",
    "Job",
    "ProviderAccount",
]
