"""What is shown of the film, its sounds, titles and renderings, and what is said of them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.rest.fields import Body, Person, Text, Truth, WholeNumber
from projects.api.base import PageInProject
from scenes.api.shown_assets import AssetOut
from scenes.models import Film, Shot, Title
from scenes.services import film_cut

_TRACKS = Film.Track.choices
_LAID = [track.value for track in film_cut.LAID]
_LONGEST = film_cut.LONGEST_FILM_MS


def _ms(least: int = 0, most: int = _LONGEST, **options: Any) -> WholeNumber:
    return WholeNumber(min_value=least, max_value=most, **{"required": False, **options})


class Decibels(serializers.FloatField):
    """A number; a text or truth value in JSON is none."""

    def to_internal_value(self, data: Any) -> float:
        """Return it."""
        if isinstance(data, (bool, str)):
            self.fail("invalid")
        return super().to_internal_value(data)


class CutShot(serializers.Serializer[Any]):
    """A shot of the cut."""

    shot = serializers.UUIDField(source="id")
    label = serializers.CharField()  # type: ignore[assignment]
    duration_ms = serializers.IntegerField()
    trim_ms = serializers.IntegerField()
    transition = serializers.ChoiceField(choices=Shot.Transition.choices)
    transition_ms = serializers.IntegerField()
    still = serializers.UUIDField(source="still_id", allow_null=True)
    clip = serializers.UUIDField(source="clip_id", allow_null=True)


class SoundOut(serializers.Serializer[Any]):
    """A sound laid under the film."""

    id = serializers.UUIDField()
    asset = serializers.UUIDField(source="asset_id")
    track = serializers.ChoiceField(choices=_TRACKS)
    shot = serializers.UUIDField(source="shot_id", allow_null=True, help_text="Which it follows; null: none.")
    start_ms = serializers.IntegerField(help_text="From the beginning of its shot, or of the film.")
    in_ms = serializers.IntegerField(help_text="Where in the recording it begins.")
    length_ms = serializers.IntegerField()
    gain_db = serializers.FloatField()
    fade_in_ms = serializers.IntegerField()
    fade_out_ms = serializers.IntegerField()
    ducked = serializers.BooleanField(help_text="Quieter while somebody speaks.")


class TitleOut(serializers.Serializer[Any]):
    """Words on the picture, or on a card of their own."""

    id = serializers.UUIDField()
    text = serializers.CharField()
    subtext = serializers.CharField()
    place = serializers.ChoiceField(choices=Title.Place.choices)
    style = serializers.ChoiceField(choices=Title.Style.choices)  # type: ignore[assignment]
    shot = serializers.UUIDField(source="shot_id", allow_null=True, help_text="Which it follows; null: none.")
    start_ms = serializers.IntegerField(help_text="From the beginning of its shot, or of the film.")
    length_ms = serializers.IntegerField()


class FilmOut(serializers.Serializer[Any]):
    """A project's film, without its cut."""

    id = serializers.UUIDField()
    project = serializers.UUIDField(source="project_id")
    title = serializers.CharField()
    muted = serializers.ListField(
        child=serializers.ChoiceField(choices=_TRACKS), help_text="Tracks that are not heard."
    )
    fade_out_ms = serializers.IntegerField(help_text="How long the last shot fades to black.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class FilmCut(FilmOut):
    """A project's film as it is cut now."""

    follows_storyboard = serializers.BooleanField(help_text="Nobody has put its shots into another order.")
    duration_ms = serializers.IntegerField(help_text="Of its shots.")
    shots = CutShot(many=True)
    sounds = SoundOut(many=True)
    titles = TitleOut(many=True)


class MoveIn(Body):
    """A shot in another place of the cut."""

    shot = serializers.UUIDField()
    before = serializers.UUIDField(allow_null=True, required=False, default=None, help_text="Null: at the end.")


class CutShotChange(Body):
    """What is to be another with a shot of the cut."""

    id = serializers.UUIDField()
    trim_ms = _ms()
    duration_ms = _ms()
    transition = serializers.ChoiceField(choices=Shot.Transition.choices, required=False)
    transition_ms = _ms()


class FilmFields(Body):
    """What is to be another with the film itself."""

    fade_out_ms = _ms(most=film_cut.LONGEST_TRANSITION_MS)
    muted = serializers.ListField(
        child=serializers.ChoiceField(choices=_TRACKS), max_length=len(_TRACKS), required=False
    )


class _SoundFields(Body):
    track = serializers.ChoiceField(choices=_LAID, required=False)
    shot = serializers.UUIDField(allow_null=True, required=False)
    start_ms = _ms()
    in_ms = _ms()
    length_ms = _ms()
    gain_db = Decibels(min_value=film_cut.QUIETEST_DB, max_value=film_cut.LOUDEST_DB, required=False)
    fade_in_ms = _ms()
    fade_out_ms = _ms()
    ducked = Truth(required=False)


class SoundIn(_SoundFields):
    """A sound to be laid under the film."""

    asset = serializers.UUIDField(help_text="A sound of the project.")


class SoundChange(_SoundFields):
    """What is to be another with a sound; ``deleted`` puts it into the trash, or takes it out again."""

    id = serializers.UUIDField()
    deleted = Truth(required=False)


class _TitleFields(Body):
    text = Text(max_length=160, required=False)
    subtext = Text(max_length=160, required=False)
    place = serializers.ChoiceField(choices=Title.Place.choices, required=False)
    style = serializers.ChoiceField(choices=Title.Style.choices, required=False)  # type: ignore[assignment]
    shot = serializers.UUIDField(allow_null=True, required=False)
    start_ms = _ms()
    length_ms = _ms(film_cut.SHORTEST_TITLE_MS, film_cut.LONGEST_TITLE_MS)


class TitleIn(_TitleFields):
    """A new title."""


class TitleChange(_TitleFields):
    """What is to be another with a title; ``deleted`` puts it into the trash, or takes it out again."""

    id = serializers.UUIDField()
    deleted = Truth(required=False)


class CutChange(Body):
    """A change of the cut: any of these, all of them or none."""

    move = MoveIn(required=False)
    order = serializers.ListField(
        child=serializers.UUIDField(),
        max_length=20_000,
        required=False,
        help_text="Shots; none: the storyboard's order.",
    )
    film = FilmFields(required=False)
    shots = serializers.ListField(child=CutShotChange(), required=False, max_length=film_cut.MOST_AT_ONCE)
    sounds = serializers.ListField(child=SoundChange(), required=False, max_length=film_cut.MOST_AT_ONCE)
    titles = serializers.ListField(child=TitleChange(), required=False, max_length=film_cut.MOST_AT_ONCE)
    add_sound = SoundIn(required=False)
    add_title = TitleIn(required=False)


class CutChanged(serializers.Serializer[Any]):
    """What a change of the cut did."""

    made = serializers.UUIDField(allow_null=True, help_text="The sound or title that was added.")
    inverse = serializers.DictField(help_text="The change that takes it back, to be sent here as it is.")


class RenderQuery(PageInProject):
    """Of which project."""


class RenderOut(serializers.Serializer[Any]):
    """A finished rendering of the film."""

    id = serializers.UUIDField()
    project = serializers.UUIDField(source="film.project_id")
    film = serializers.UUIDField(source="film_id")
    number = serializers.IntegerField()
    asset = AssetOut()
    subtitles = serializers.UUIDField(source="subtitles_id", allow_null=True, help_text="A file of their own.")
    event = serializers.IntegerField(source="event_number", help_text="The project's event as of which it was cut.")
    created_by = Person(allow_null=True)
    created_at = serializers.DateTimeField()
