"""Rehearsal: Runway and Runware simulated, with real prices and real trouble, but no real money.

A small HTTP server that speaks both providers' protocols as strictly as they do. It charges what the catalogue says,
takes as long as the models usually take (scaled), keeps books of every order it ever received, and can play each
fault that a provider or the network between has shown. Everything it knows lies in one folder: it survives being
killed, and several processes may serve the same state.

::

    http       what a request and a reply are, and how a reply goes out when it must go wrong
    faults     what can go wrong, by name, and when it does
    state      the SQLite file; books reads it for people and tests
    tasks      the life of an order as a function of the clock
    tariff     prices and times, from the catalogue
    media      pictures, clips and sounds that pass for real
    runway     one provider's words: which fields, which answers
    runware    the other's
    server     the doors, on one port
    running    the one server of an installation (the only part that knows Django)
"""

from generation.rehearsal.books import Books
from generation.rehearsal.faults import Rule, Scenario
from generation.rehearsal.server import RehearsalServer

__all__ = ["Books", "RehearsalServer", "Rule", "Scenario"]
