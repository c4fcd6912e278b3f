"""``manage.py make_film SCRIPT``: from a script to a finished film, without a browser."""

from __future__ import annotations

import shutil
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from accounts.policies import Right
from generation import execution, planning, services
from generation.catalogue import ImpossibleRequest
from generation.local import load_script, local_owner
from generation.management.progress import follow
from generation.models import Batch, Job
from generation.money.ledger import BudgetExceeded
from generation.states import JobState
from generation.vendors import keys
from generation.watching import failures_of
from generation.worker import Working
from projects.access import OpenProject, open_project
from projects.models import Project
from projects.services import rehearse
from scenes import storage
from scenes.models import Asset, Render
from scenes.screenplay.reading import ScriptError


class Command(BaseCommand):
    """Makes a film of a script file."""

    help = "Make a film of a screenplay: script, scenes, shots, stills, clips, voices, film."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("script", type=Path, help="a .fountain, .fdx or text file")
        parser.add_argument(
            "--provider", default="", help="who makes stills, clips and voices (default: as the project has it)"
        )
        parser.add_argument(
            "--rehearsal", action="store_true", help="simulate paid providers: real prices and times, no real money"
        )
        parser.add_argument("--at-once", type=int, default=None, help="so many jobs at once (default: no limit)")
        parser.add_argument("--out", type=Path, default=None, help="where the film goes (default: SCRIPT.mp4 here)")
        parser.add_argument("--name", default="", help="the project's name (default: the script's file name)")
        parser.add_argument(
            "--resolution", default="", choices=Project.Look.values, help="picture format of a new project"
        )
        parser.add_argument("--as", dest="email", default="", help="act as this person (default: the local owner)")
        parser.add_argument("--yes", action="store_true", help="do not ask before spending money")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check everything that can be wrong first, then make the film."""
        started = time.monotonic()
        data = self._read(options["script"])
        target = self._target(options["out"] or Path(options["script"].stem + ".mp4"))
        call_command("migrate", verbosity=0, interactive=False)
        owner = self._person(options["email"])
        name = options["name"].strip() or options["script"].stem.replace("_", " ").replace("-", " ").title()
        try:
            loaded = load_script(
                owner=owner, data=data, filename=options["script"].name, name=name[:120],
                format_like=options["resolution"],
            )  # fmt: skip
            opened = open_project(owner, loaded.opened.project.pk, Right.SPEND)
            rehearse(opened=opened, rehearsal=options["rehearsal"])
            if options["provider"]:
                services.use_provider(opened=opened, provider=options["provider"])
            wanted = planning.wishes_for(opened)
            for maker in {wish.model.provider for wish in wanted}:
                self._refuse_without_key(opened, maker)
        except (ScriptError, ImpossibleRequest) as error:
            raise CommandError(str(error)) from error
        for notice in loaded.notices:
            self.stdout.write(f"  note: {notice}")
        self._tell_plan(opened, planning.estimate(wanted), options)
        working = Working()
        working.start()
        try:
            batch = services.make_film(opened=opened, max_concurrent=options["at_once"])
            state = follow(batch.pk)
        except KeyboardInterrupt:
            raise CommandError("Stopped. Nothing is lost: the same command goes on from here.") from None
        except (ImpossibleRequest, BudgetExceeded) as error:
            raise CommandError(str(error)) from error
        finally:
            working.stop(timeout_seconds=10)
        self._finish(batch, state.failed + state.unknown, target, time.monotonic() - started)

    def _refuse_without_key(self, opened: OpenProject, provider: str) -> None:
        """Say that a key is missing before a price is agreed to."""
        try:
            keys.account_for(opened.project.team, provider, rehearsal=opened.project.rehearsal)
        except keys.NotConfigured as error:
            name = execution.registry()[provider].traits.key_setting
            raise CommandError(f"{error} Or set {name} in the environment.") from error

    def _read(self, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except IsADirectoryError:
            raise CommandError(f"{path} is a folder. Name the script file in it.") from None
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}. Check the name and your rights.") from error

    def _target(self, path: Path) -> Path:
        """Refuse a place that cannot be written before anything is made."""
        if path.suffix.lower() != ".mp4":
            raise CommandError(f"The film is an MP4: name it {path.with_suffix('.mp4').name}.")
        if not path.parent.is_dir():
            raise CommandError(f"There is no folder {path.parent}. Make it first, or choose another with --out.")
        try:
            path.with_name(f".{path.name}.part").touch()
        except OSError as error:
            raise CommandError(f"Nothing can be written to {path.parent}: {error.strerror}.") from error
        path.with_name(f".{path.name}.part").unlink()
        return path

    def _person(self, email: str) -> User:
        if not email:
            return local_owner()
        owner = User.objects.filter(email=email.lower(), is_active=True).first()
        if owner is None or not owner.memberships.exists():
            raise CommandError(f"Nobody with a team has the address {email}. Leave out --as, or sign up first.")
        return owner

    def _tell_plan(self, opened: OpenProject, estimate: planning.Estimate, options: dict[str, Any]) -> None:
        scenes = opened.project.scenes.filter(omitted_at=None)
        seconds = sum(scenes.values_list("duration_ms", flat=True)) / 1000
        cost = f"${estimate.cost / 1_000_000:.2f}" if estimate.cost else "free"
        self.stdout.write(
            f"{opened.project.name}: {_count(scenes.count(), 'scene')}, "
            f"{int(seconds // 60)}:{seconds % 60:04.1f} long. "
            f"To be made: {_count(estimate.stills, 'still')}, {_count(estimate.clips, 'clip')}, "
            f"{_count(estimate.voices, 'voice')} "
            f"with {_makers(opened)}. Cost: {cost}{', simulated' if opened.project.rehearsal else ''}."
        )
        if estimate.cost and not opened.project.rehearsal and not options["yes"] and not _agreed():
            raise CommandError("Nothing was spent. Add --yes to spend without being asked.")

    def _finish(self, batch: Batch, missing: int, target: Path, seconds: float) -> None:
        for label, reason in failures_of(batch.pk):
            self.stderr.write(f"  {label}: {reason}")
        film_job = Job.objects.filter(batch=batch, operation="film").order_by("-created_at").first()
        if film_job is None or film_job.state != JobState.SUCCEEDED:
            raise CommandError("The film was not made. The reasons are above; the same command tries again.")
        attempt = film_job.attempts.order_by("-number")[0]
        render = Render.objects.select_related("asset", "subtitles").get(attempt_id=attempt.pk)
        _copy(render.asset, target)
        if render.subtitles is not None:
            _copy(render.subtitles, target.with_suffix(".srt"))
        length = (render.asset.duration_ms or 0) / 1000
        self.stdout.write(
            self.style.SUCCESS(
                f"{target}: {int(length // 60)}:{length % 60:04.1f}, {render.asset.size / 1e6:.1f} MB, "
                f"made in {int(seconds // 60)}:{int(seconds % 60):02d}."
            )
        )
        if missing:
            self.stderr.write("Some shots are shown by their still or slate. The same command tries them again.")


def _makers(opened: OpenProject) -> str:
    models = planning.models_of(opened.project).values()
    return ", ".join(dict.fromkeys(f"{model.label} ({model.provider_label})" for model in models))


def _agreed() -> bool:
    try:
        return input("Spend this? [y/N] ").strip().lower() in {"y", "yes"}
    except EOFError:
        return False


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _copy(asset: Asset, target: Path) -> None:
    partial = target.with_name(f".{target.name}.part")
    with storage.open_file(asset.key) as source, partial.open("wb") as sink:
        shutil.copyfileobj(source, sink, 1024 * 1024)
    partial.replace(target)
