"""What is asked of the engine while its workers die: stills and clips of two teams, at two providers, all different."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle, islice

from accounts.models import User
from accounts.policies import Right
from accounts.services import create_team
from generation import planning, services
from projects.access import OpenProject, open_project
from projects.models import Project
from scenes.models import Scene, Shot
from scenes.screenplay.drafts import Angle

RUNWAY = {"still_model": "gen4_image", "clip_model": "gen4_turbo"}
RUNWARE = {"still_model": "runware:100@1", "clip_model": "bytedance:2@2"}
# Of four shots, one gets a clip as well: it starts from its still, so that two orders hang together.
KINDS = ((planning.STILLS, planning.CLIPS), (planning.STILLS,), (planning.STILLS,), (planning.STILLS,))


@dataclass(frozen=True, slots=True)
class Wanting:
    """One project that wants things made."""

    opened: OpenProject
    scene: Scene

    @classmethod
    def begin(cls, owner: User, name: str, models: dict[str, str]) -> Wanting:
        """Make a project whose stills and clips come from certain models."""
        team = owner.teams.get()
        project = Project.objects.create(team=team, name=name, created_by=owner, **models)
        scene = Scene.objects.create(project=project, number="1", position=1, heading="EXT. HARBOUR - DAWN")
        return cls(open_project(owner, project.pk, Right.SPEND), scene)

    def ask(self, number: int) -> int:
        """Ask for one more shot's pictures. Returns how many jobs that is.

        Args:
            number: which one it is of the whole installation. It stands in the prompt, by which the provider's books
                and ours are compared.
        """
        shot = Shot.objects.create(
            scene=self.scene,
            letter=f"{chr(65 + number // 26 % 26)}{chr(65 + number % 26)}{number // 676 or ''}",
            position=number + 1,
            angle=Angle.WIDE,
            description="A ferry",
            prompt_by_hand=f"Ferry number {number} leaves the harbour.",
            duration_ms=2000,
        )
        wanted = planning.wishes_for(self.opened, shots=[shot], kinds=KINDS[number // 4 % len(KINDS)])
        services.generate(opened=self.opened, wanted=wanted, title=f"Shot {number}")
        return len(wanted)


class Installation:
    """Two teams with two projects each; the first team lets the other provider make what one cannot."""

    def __init__(self) -> None:
        self.projects: list[Wanting] = []
        for name, fallback in (("Harbour Pictures", True), ("Quay Pictures", False)):
            owner = User.objects.create_user(f"{name.split()[0].lower()}@example.com", "not-needed", name=name)
            team = create_team(name=name, owner=owner)
            team.fallback, team.provider_order = fallback, ["runway", "runware"]
            team.save()
            for title, models in (("Runway", RUNWAY), ("Runware", RUNWARE)):
                self.projects.append(Wanting.begin(owner, f"{name} at {title}", models))
        self.shots = 0
        self.jobs = 0

    def ask(self, jobs: int) -> None:
        """Ask until there are so many jobs, going round the projects."""
        for wanting in islice(cycle(self.projects), self.shots % len(self.projects), None):
            if self.jobs >= jobs:
                return
            self.jobs += wanting.ask(self.shots)
            self.shots += 1
