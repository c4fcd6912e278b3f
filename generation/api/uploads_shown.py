"""What is shown of uploads and waveforms, and what is said of them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.rest.fields import Body, Text, WholeNumber, Word
from generation.uploads import MOST_BYTES
from scenes.models import Film
from scenes.services.film_cut import LAID, LONGEST_FILM_MS

MOST_PARTS = 1000
_LAID = [track.value for track in LAID]


def _file(help_text: str) -> serializers.FileField:
    return serializers.FileField(allow_empty_file=True, max_length=1000, help_text=help_text)


class AssetFileIn(Body):
    """A file to be kept."""

    project = serializers.UUIDField()
    scene = serializers.UUIDField(required=False, help_text="Into whose folder; without it the whole project's.")
    file = _file("A picture, film or sound.")


class TakeFileIn(Body):
    """A file to be a take."""

    file = _file("A picture becomes a still, a film a clip.")


class SoundFileIn(Body):
    """A sound to be laid under the film."""

    file = _file("A sound.")
    track = serializers.ChoiceField(choices=_LAID, required=False, default=Film.Track.MUSIC.value)
    shot = serializers.UUIDField(required=False, help_text="Which it follows; without it none.")
    start_ms = WholeNumber(
        required=False,
        default=0,
        max_value=LONGEST_FILM_MS,
        help_text="From the beginning of its shot, or of the film.",
    )


class SoundLaid(serializers.Serializer[Any]):
    """The sound that was laid."""

    sound = serializers.UUIDField()


class UploadIn(Body):
    """A file that will come in parts."""

    project = serializers.UUIDField()
    scene = serializers.UUIDField(
        required=False, default=None, allow_null=True, help_text="Into whose folder; null: the whole project's."
    )
    name = Word(max_length=200, help_text="What it is called; for people to read.")
    size = WholeNumber(min_value=1, max_value=MOST_BYTES, help_text="Bytes.")


class UploadOut(serializers.Serializer[Any]):
    """A file that is on its way."""

    id = serializers.UUIDField()
    project = serializers.UUIDField(source="project_id")
    scene = serializers.UUIDField(source="scene_id", allow_null=True)
    name = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes.")
    part_sizes = serializers.ListField(child=serializers.IntegerField(), help_text="Bytes of each part, in order.")
    created_at = serializers.DateTimeField()


class LinksIn(Body):
    """Which parts are to be sent."""

    parts = serializers.ListField(
        child=WholeNumber(min_value=1, max_value=MOST_PARTS), min_length=1, max_length=MOST_PARTS, help_text="From 1."
    )


class PartLink(serializers.Serializer[Any]):
    """Where one part is PUT."""

    part = serializers.IntegerField()
    size = serializers.IntegerField(help_text="Bytes; no other number is taken.")
    url = serializers.URLField()
    with_token = serializers.BooleanField(
        help_text="Send your token along: it is an address of ours. Without it the link is signed and needs nothing."
    )


class PartOut(serializers.Serializer[Any]):
    """A part that has arrived."""

    part = serializers.IntegerField()
    etag = serializers.CharField(help_text="To be named when the upload is finished; in the head as well.")


class PartIn(Body):
    """A part that was sent."""

    part = WholeNumber(min_value=1, max_value=MOST_PARTS)
    etag = Text(min_length=1, max_length=200, help_text="From the head of the answer to its PUT.")


class FinishIn(Body):
    """All parts."""

    parts = serializers.ListField(child=PartIn(), min_length=1, max_length=MOST_PARTS)


class WaveformOut(serializers.Serializer[Any]):
    """How loud a sound is over its length."""

    step_ms = serializers.IntegerField(help_text="How long each peak stands for.")
    peaks = serializers.ListField(child=serializers.IntegerField(), help_text="0 to 100 per cent.")


class RenderDifference(serializers.Serializer[Any]):
    """One thing that is otherwise now."""

    text = serializers.CharField()
    at_ms = serializers.IntegerField(allow_null=True, help_text="Where in the film of now it can be seen.")
