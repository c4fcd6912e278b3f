"""Rows of the engine: accounts at providers, jobs and attempts, and the books."""

from generation.models.accounts import ProviderAccount
from generation.models.groups import BatchGroup, GroupPart
from generation.models.jobs import MEDIA_OF_OPERATION, Approval, Attempt, Batch, Job
from generation.models.money import Budget, Counter, Entry
from generation.models.writing import Writing

__all__ = [
    "MEDIA_OF_OPERATION",
    "Approval",
    "Attempt",
    "Batch",
    "BatchGroup",
    "Budget",
    "Counter",
    "Entry",
    "GroupPart",
    "Job",
    "ProviderAccount",
    "Writing",
]
