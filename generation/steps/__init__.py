"""The short steps of an attempt: submit, collect, cancel. Each is claimed, may run twice, and costs nothing twice.

What an answer means for the money is decided here, from the class of the provider's error alone. The remote
call is never inside a transaction; every move afterwards is conditional on the lease that the step holds.
"""

from generation.steps.accepting import COMMIT_TRIES, DEADLINE_SECONDS, accept, outputs_known, stored
from generation.steps.cancelling import cancel_at_provider
from generation.steps.collecting import collect
from generation.steps.leaving import leave
from generation.steps.moves import doubt, pause, requeue, retry_or_fail
from generation.steps.submitting import submit_next

__all__ = [
    "COMMIT_TRIES",
    "DEADLINE_SECONDS",
    "accept",
    "cancel_at_provider",
    "collect",
    "doubt",
    "leave",
    "outputs_known",
    "pause",
    "requeue",
    "retry_or_fail",
    "stored",
    "submit_next",
]
