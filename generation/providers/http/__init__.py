"""Speaking HTTP with those who charge for it.

Three things that ``requests`` alone does not give, and that money needs: a time limit for the whole call (its own
time-outs start anew with every byte, so a slow drip lasts for ever), a sure word on whether the request can have
arrived, and downloads that go to public addresses only. Nothing is ever repeated and no redirect is followed unseen.
"""

from .addresses import NotPublic, is_public, public_address
from .calls import Answer, AnswerLost, FilePart, NotSent, call, read_json, retry_after
from .downloads import download
from .streams import Stream, events, named_events, stream
from .wire import guarded

__all__ = [
    "Answer",
    "AnswerLost",
    "FilePart",
    "NotPublic",
    "NotSent",
    "Stream",
    "call",
    "download",
    "events",
    "guarded",
    "is_public",
    "named_events",
    "public_address",
    "read_json",
    "retry_after",
    "stream",
]
