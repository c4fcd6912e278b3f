"""What voices are told beside the script."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.policies import Right
from accounts.rest.fields import Body, Truth, Word
from accounts.rest.operations import Example, operation
from projects.models import Project
from scenes.api.base import FootageResource
from scenes.services.speaking import MOST_LETTERS, MOST_PRONUNCIATIONS, change_speaking


class PronunciationOut(serializers.Serializer[Any]):
    """How a word is spoken."""

    word = serializers.CharField()
    spoken = serializers.CharField()


class SpeakingOut(serializers.Serializer[Any]):
    """What voices are told beside the script."""

    narrated = serializers.BooleanField(help_text="A narrator reads the action of shots in which nobody speaks.")
    pronunciations = PronunciationOut(many=True)


class PronunciationIn(Body):
    """How a word is spoken."""

    word = Word(max_length=MOST_LETTERS, help_text="As the script has it.")
    spoken = Word(max_length=MOST_LETTERS, help_text="What voices are given in its place.")


class SpeakingIn(Body):
    """What is to be another; what is left out stays."""

    narrated = Truth(required=False)
    pronunciations = serializers.ListField(
        child=PronunciationIn(), required=False, max_length=MOST_PRONUNCIATIONS, help_text="All of them."
    )


class Speaking(FootageResource):
    """The narrator, and how words are spoken."""

    tag = "elements"

    @operation(answer=SpeakingOut)
    def get(self, request: Request, project_id: UUID) -> Response:
        """Read whether a narrator reads the action, and how words are spoken."""
        return self.answer(_shown(self.open(project_id).project))

    @operation(
        answer=SpeakingOut,
        body=SpeakingIn,
        needs=Right.CREATE,
        examples=[Example("A name", {"pronunciations": [{"word": "Siobhan", "spoken": "Shi-vawn"}]})],
    )
    def patch(self, request: Request, project_id: UUID) -> Response:
        """Have a narrator read the action or not, and say how words are spoken; what it changes is stale then."""
        opened = self.open(project_id)
        said = dict(self.sent)
        if "pronunciations" in said:
            said["pronunciations"] = [(pair["word"], pair["spoken"]) for pair in said["pronunciations"]]
        change_speaking(opened=opened, **said)
        return self.answer(_shown(opened.project))


def _shown(project: Project) -> dict[str, Any]:
    return {
        "narrated": project.narrated,
        "pronunciations": [{"word": word, "spoken": spoken} for word, spoken in project.pronunciations],
    }
