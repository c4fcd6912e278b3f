"""``manage.py verify_ledger``: whether the books are right."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Sum

from generation.models import Counter, Entry
from generation.models.money import Scope
from generation.money import books
from generation.money.wording import dollars


class Command(BaseCommand):
    """Compares attempts, ledger and counters; may run while work goes on."""

    help = "Check the books: every reservation, settlement and counter. Ends with status 1 when something is wrong."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--repair-counters",
            action="store_true",
            help="work the counters out again from the ledger; the ledger itself is never changed",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Repair if asked, look at everything, and tell."""
        if options["repair_counters"]:
            repaired = books.repair_counters()
            for line in repaired:
                self.stdout.write(f"Repaired. {line}")
            self.stdout.write(f"{len(repaired)} counters were worked out again from the ledger.")
        found = books.violations()
        for line in found:
            self.stdout.write(line)
        if found:
            raise CommandError(
                f"The books are not right: {len(found)} findings, above. Wrong counters are mended by "
                "--repair-counters; anything else is for a person to look into, starting with the attempts named."
            )
        self.stdout.write(self.style.SUCCESS(f"The books are right. {self._sums()}"))

    @staticmethod
    def _sums() -> str:
        parts = [f"{Entry.objects.count()} entries in the ledger."]
        for rehearsal, label in ((False, "Spent"), (True, "In rehearsals")):
            sums = Counter.objects.filter(scope=Scope.TEAM, rehearsal=rehearsal).aggregate(Sum("held"), Sum("spent"))
            spent, held = sums["spent__sum"] or 0, sums["held__sum"] or 0
            if spent or held or not rehearsal:
                parts.append(f"{label}: {dollars(spent)}; held: {dollars(held)}.")
        return " ".join(parts)
