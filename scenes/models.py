"""The footage: scripts, scenes, shots, the words spoken in them, elements, files, takes and films.

The rows mirror the folder layout of ``layout.py``; the rows are the truth and the folders follow.
Durations are whole milliseconds.
"""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from projects.models import Comment, Project
from projects.trash import Trashable, TrashableQuerySet
from scenes.handles import HANDLE_LIMIT, new_handle
from scenes.querysets import AssetQuerySet, ElementQuerySet, SceneQuerySet, ShotQuerySet, TakeQuerySet
from scenes.screenplay.cast import spoken_name
from scenes.screenplay.drafts import Angle
from scenes.screenplay.headings import TimeOfDay


class Script(models.Model):
    """One saved version of the project's screenplay, as Fountain. Versions are never changed, only followed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="scripts")
    version = models.PositiveIntegerField()
    text = models.TextField(blank=True)
    source_format = models.CharField(max_length=16, default="fountain")
    name = models.CharField(
        max_length=80, blank=True, help_text="What people call this version; the only thing said later."
    )
    automatic = models.BooleanField(default=False, help_text="Nobody pressed a button: the writer paused or left.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "version"], name="script_version_is_unique_in_project"),
        ]

    def __str__(self) -> str:
        return f"{self.project} · script {self.version}"


class ScriptDraft(models.Model):
    """What somebody is writing in one window and what is no version yet. It goes when it has become one.

    One row for each window, because two windows of the same person are two texts, and neither may lose to the other.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="script_drafts")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    window = models.UUIDField(help_text="Made up by the browser; the same after a reload.")
    based_on = models.PositiveIntegerField(default=0, help_text="The version that the writing began from.")
    text = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["-updated_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "author", "window"], name="one_draft_per_window"),
        ]

    def __str__(self) -> str:
        return f"{self.project} · draft of {self.author}"


class Scene(models.Model):
    """A scene. Its number is for life and names its folder; its position may change."""

    class Status(models.TextChoices):
        """How far the footage is; ``scene.json`` carries the same words."""

        EMPTY = "empty", "Empty"
        HAS_CONTENT = "has_content", "Has content"
        COMPLETE = "complete", "Complete"
        OMITTED = "omitted", "Omitted"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="scenes")
    number = models.CharField(max_length=16)
    position = models.PositiveIntegerField()
    heading = models.CharField(max_length=240, blank=True)
    interior = models.CharField(max_length=8, blank=True, help_text="INT, EXT, INT/EXT or nothing.")
    location = models.CharField(max_length=200, blank=True)
    time_of_day = models.CharField(
        max_length=16, default=TimeOfDay.DAY, choices=[(value.value, value.value.title()) for value in TimeOfDay]
    )
    characters = models.JSONField(default=list, blank=True)
    action = models.TextField(blank=True)
    dialogue = models.JSONField(default=list, blank=True, help_text="The speeches as written.")
    duration_ms = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.EMPTY)
    omitted_at = models.DateTimeField(null=True, blank=True)
    # What people decided; a later breakdown leaves it alone.
    by_hand = models.BooleanField(default=False, help_text="Inserted by a person; no script knows it.")
    placed_by_hand = models.BooleanField(default=False, help_text="A person put it where it is in the film.")
    omitted_by_hand = models.BooleanField(default=False, help_text="A person left it out, whatever the script says.")
    from_script = models.JSONField(
        default=dict, blank=True, help_text="What the script says where a person wrote something else, by field."
    )
    mirror_wanted = models.PositiveIntegerField(default=1, help_text="Rises with each change that scene.json shows.")
    mirror_written = models.PositiveIntegerField(default=0, help_text="Up to where scene.json is true.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = SceneQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "number"], name="scene_number_is_unique_in_project"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["project", "position"]),
            models.Index(
                fields=["project"], condition=Q(mirror_wanted__gt=F("mirror_written")), name="scene_mirror_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.heading}"


class Shot(models.Model):
    """A piece of a scene, at most as long as one clip. Its letter is for life, too."""

    class Transition(models.TextChoices):
        """How the film goes over into this shot."""

        CUT = "cut", "Cut"
        DISSOLVE = "dissolve", "Dissolve"
        FADE = "fade", "Fade through black"

    class Status(models.TextChoices):
        """How far the work on it is. Whether it is omitted says ``omitted_at``."""

        TODO = "todo", "To do"
        IN_PROGRESS = "in_progress", "In progress"
        REVIEW = "review", "In review"
        CHANGES = "changes", "Changes asked"
        APPROVED = "approved", "Approved"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    scene = models.ForeignKey(Scene, on_delete=models.CASCADE, related_name="shots")
    letter = models.CharField(max_length=8)
    position = models.PositiveIntegerField()
    angle = models.CharField(max_length=40, choices=[(value.value, value.value.capitalize()) for value in Angle])
    angle_by_hand = models.BooleanField(default=False)
    description = models.TextField(blank=True)
    characters = models.JSONField(default=list, blank=True)
    prompt_by_hand = models.TextField(blank=True, help_text="Replaces the built prompt while it is not empty.")
    duration_ms = models.PositiveIntegerField()
    duration_by_hand = models.BooleanField(default=False)
    # What people decided; a later breakdown leaves it alone.
    by_hand = models.BooleanField(default=False, help_text="Inserted by a person; no script knows it.")
    placed_by_hand = models.BooleanField(default=False, help_text="A person put it where it is in its scene.")
    omitted_by_hand = models.BooleanField(default=False, help_text="A person left it out, whatever the script says.")
    split_from = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="parts",
        help_text="The shot that it was cut off from: one shot in the script.",
    )
    part = models.PositiveSmallIntegerField(default=0, help_text="Which part of the split shot it is, from 0.")
    whole_description = models.TextField(blank=True, help_text="What the script says of a shot that was split.")
    transition = models.CharField(max_length=16, choices=Transition.choices, default=Transition.CUT)
    transition_ms = models.PositiveIntegerField(default=1000, help_text="How long it takes, where it is no cut.")
    trim_ms = models.PositiveIntegerField(default=0, help_text="Where in its clip the shot begins.")
    # Chosen by hand for this shot: model, seed, negative_prompt, options, references (ids of assets). Empty: as the
    # project has it. Which models there are is the business of another room.
    still_settings = models.JSONField(default=dict, blank=True)
    clip_settings = models.JSONField(default=dict, blank=True)
    still = models.ForeignKey("Take", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    clip = models.ForeignKey("Take", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.TODO)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="assigned_shots"
    )
    due_on = models.DateField(null=True, blank=True)
    omitted_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ShotQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["scene__position", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["scene", "letter"], name="shot_letter_is_unique_in_scene"),
            models.CheckConstraint(condition=Q(duration_ms__gt=0), name="shot_has_a_duration"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """What people call the shot: ``12AB`` is scene 12A, shot B."""
        return f"{self.scene.number}{self.letter}"


class Line(models.Model):
    """Words spoken in a shot, with their place in it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    shot = models.ForeignKey(Shot, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField()
    character = models.CharField(max_length=120)
    extension = models.CharField(max_length=40, blank=True, help_text="V.O., O.S. …")
    parenthetical = models.CharField(max_length=200, blank=True)
    text = models.TextField()
    dual = models.CharField(max_length=8, blank=True, help_text="left or right when two speak at once.")
    start_ms = models.PositiveIntegerField()
    duration_ms = models.PositiveIntegerField()
    narration = models.BooleanField(default=False, help_text="The action, read by the narrator; not in the script.")
    voice = models.ForeignKey("Take", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["shot", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["shot"], condition=Q(narration=True), name="a_shot_is_narrated_once"),
        ]

    def __str__(self) -> str:
        return f"{self.character}: {self.text[:60]}"


class Element(Trashable):
    """A character, location or prop that comes back through the film."""

    class Kind(models.TextChoices):
        """What it is."""

        CHARACTER = "character", "Character"
        LOCATION = "location", "Location"
        PROP = "prop", "Prop"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="elements")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    name = models.CharField(max_length=200)
    handle = models.CharField(max_length=HANDLE_LIMIT, help_text="What prompts call it, after an @. For life.")
    aliases = models.JSONField(default=list, blank=True, help_text="Other names that the script has for it.")
    description = models.TextField(blank=True)
    voice = models.CharField(max_length=120, blank=True, help_text="The voice model's name for it; empty: by name.")
    voice_model = models.CharField(max_length=80, blank=True, help_text="Speaks for it; empty: the project's.")
    references: models.ManyToManyField[Asset, Any] = models.ManyToManyField(
        "Asset", blank=True, related_name="+", through="Reference", through_fields=("element", "asset")
    )
    merged_into = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="merged"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ElementQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["kind", "name"]
        indexes: ClassVar = [models.Index(fields=["project", "name", "id"], name="element_by_name")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "kind", "name"], name="element_name_is_unique_in_project"),
            models.UniqueConstraint(fields=["project", "handle"], name="element_handle_is_unique_in_project"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; one that has no handle yet gets its own."""
        if not self.handle:
            taken = Element.objects.filter(project=self.project_id).values_list("handle", flat=True)
            self.handle = new_handle(self.name, set(taken))
        super().save(*args, **kwargs)

    @property
    def shown_name(self) -> str:
        """The name as people write it: scripts shout theirs."""
        return spoken_name(self.name) if self.name.isupper() else self.name

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that the script may have for it, in capitals."""
        return tuple(dict.fromkeys(str(name).upper() for name in (self.name, *self.aliases)))


class Reference(models.Model):
    """A picture of an element. The first one is its portrait."""

    element = models.ForeignKey(Element, on_delete=models.CASCADE, related_name="pictures")
    asset = models.ForeignKey("Asset", on_delete=models.CASCADE, related_name="shown_elements")
    position = models.PositiveIntegerField(default=0)
    merged_from = models.ForeignKey(
        Element, on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )

    class Meta:
        db_table = "scenes_element_references"
        ordering: ClassVar = ["position", "pk"]
        unique_together: ClassVar = [("element", "asset")]

    def __str__(self) -> str:
        return f"{self.element} {self.position}"


class Asset(Trashable):
    """One stored file with what was measured in it. The file's key is made by ``layout.py``."""

    class Kind(models.TextChoices):
        """The folder that it lies in."""

        IMAGE = "image", "Image"
        AUDIO = "audio", "Audio"
        VIDEO = "video", "Video"
        EXPORT = "export", "Export"

    class Origin(models.TextChoices):
        """Where it came from."""

        GENERATED = "generated", "Generated"
        UPLOADED = "uploaded", "Uploaded"
        DERIVED = "derived", "Derived"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="assets")
    scene = models.ForeignKey(Scene, on_delete=models.SET_NULL, null=True, blank=True, related_name="assets")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    origin = models.CharField(max_length=16, choices=Origin.choices)
    key = models.CharField(max_length=300)
    original_name = models.CharField(max_length=200, blank=True)
    media_type = models.CharField(max_length=80)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    duration_ms = models.PositiveIntegerField(null=True, blank=True)
    frames = models.PositiveIntegerField(null=True, blank=True)
    thumbnail_key = models.CharField(max_length=300, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AssetQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at"]
        indexes: ClassVar = [
            models.Index(fields=["project", "sha256"]),
            models.Index(fields=["project", "-created_at", "-id"], name="asset_newest_first"),
            models.Index(fields=["project", "-size", "-id"], name="asset_largest_first"),
            models.Index(fields=["project", "kind", "-created_at", "-id"], name="asset_by_kind"),
            models.Index(fields=["project", "origin", "-created_at", "-id"], name="asset_by_origin"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "key"], name="asset_key_is_unique_in_project"),
        ]

    def __str__(self) -> str:
        return self.key


class DiscardedFile(models.Model):
    """A stored file that no row stands on any more, or none yet; see ``services.discarding``.

    Anything may fall down at any time; what is listed here is still to be removed.
    """

    key = models.CharField(max_length=300, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField(
        default=timezone.now,
        db_default=Now(),
        db_index=True,
        help_text="Removed from then on, unless a row stands on it.",
    )
    being_removed = models.BooleanField(db_default=False, default=False)

    def __str__(self) -> str:
        return self.key


class Upload(models.Model):
    """A file that is on its way, to the bucket or in parts. It is no asset before it has passed the gate."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="uploads")
    scene = models.ForeignKey(Scene, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=200, blank=True)
    size = models.PositiveBigIntegerField(help_text="Bytes, as the browser announced them.")
    part_size = models.PositiveIntegerField(
        default=0, help_text="Bytes of each part but the last; 0: it comes at once."
    )
    multipart = models.TextField(blank=True, help_text="What the bucket calls it, where it comes in parts.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        ordering: ClassVar = ["created_at"]

    def __str__(self) -> str:
        return self.name

    @property
    def part_sizes(self) -> list[int]:
        """Bytes of each part, in order; one where it comes at once."""
        step = self.part_size or self.size
        return [min(step, self.size - start) for start in range(0, self.size, step or 1)]


class Take(Trashable):
    """An asset that stands for a shot, or for one of its lines.

    What it is and what went into it is never changed; only what people think of it is.
    """

    class Kind(models.TextChoices):
        """What it is a take of."""

        STILL = "still", "Still"
        CLIP = "clip", "Clip"
        VOICE = "voice", "Voice"

    class Verdict(models.TextChoices):
        """What the review said."""

        NONE = "", "Not reviewed"
        APPROVED = "approved", "Approved"
        CHANGES = "changes", "Changes asked"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # That of its shot, for life: a project's takes are listed without asking each of them for its shot and scene.
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="takes")
    shot = models.ForeignKey(Shot, on_delete=models.CASCADE, related_name="takes")
    line = models.ForeignKey(Line, on_delete=models.SET_NULL, null=True, blank=True, related_name="takes")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    number = models.PositiveIntegerField()
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="takes")
    mezzanine = models.ForeignKey(
        Asset,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="The same picture in the film's format, where the take differs from it.",
    )
    # The generation that made it, by id only: jobs live in a room that this one does not know.
    attempt_id = models.UUIDField(null=True, blank=True, unique=True)
    recipe = models.CharField(max_length=64, blank=True, help_text="Hash of the wish without its seed.")
    fingerprint = models.CharField(max_length=64, blank=True, help_text="Hash of the whole wish.")
    inputs = models.JSONField(default=dict)
    starred_at = models.DateTimeField(null=True, blank=True)
    verdict = models.CharField(max_length=16, choices=Verdict.choices, default=Verdict.NONE, blank=True)
    verdict_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    verdict_at = models.DateTimeField(null=True, blank=True)
    note = models.ForeignKey(
        Comment,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="takes",
        help_text="The note that asked for it; approving the take resolves it.",
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TakeQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["kind", "number"]
        indexes: ClassVar = [
            models.Index(fields=["project", "-created_at", "-id"], name="take_of_project_newest_first"),
            models.Index(fields=["project", "kind", "-created_at", "-id"], name="take_by_kind"),
            models.Index(fields=["project", "verdict", "-created_at", "-id"], name="take_with_verdict"),
            models.Index(
                fields=["project", "-created_at", "-id"], condition=Q(starred_at__isnull=False), name="take_starred"
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["shot", "kind", "number"], name="take_number_is_unique_in_shot"),
        ]

    def __str__(self) -> str:
        return f"{self.shot} {self.kind} {self.number}"

    @property
    def film_asset_id(self) -> uuid.UUID:
        """The id of the file that goes into the film."""
        return self.mezzanine_id or self.asset_id

    @property
    def film_asset(self) -> Asset:
        """The file that goes into the film."""
        return self.mezzanine or self.asset


class Film(models.Model):
    """The project's film. Its cut is the shots in order with their selects; each render is kept."""

    class Track(models.TextChoices):
        """What is heard, by where it comes from. Sounds are laid on the last three."""

        LINES = "lines", "Dialogue"
        CLIPS = "clips", "Clips"
        MUSIC = "music", "Music"
        EFFECTS = "effects", "Effects"
        NARRATION = "narration", "Narration"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="films")
    title = models.CharField(max_length=200)
    # Ids of shots. Shots that it does not know stand beside their neighbour on the storyboard.
    order = models.JSONField(default=list, blank=True, help_text="Empty while the film follows the storyboard.")
    muted = models.JSONField(default=list, blank=True, help_text="Tracks that are not heard.")
    fade_out_ms = models.PositiveIntegerField(default=0, help_text="How long the last shot fades to black.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["created_at"]

    def __str__(self) -> str:
        return self.title


class Sound(Trashable):
    """A sound laid under the film: music, an effect, one's own voice. It stands still in time or follows a shot."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    film = models.ForeignKey(Film, on_delete=models.CASCADE, related_name="sounds")
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="+")
    track = models.CharField(max_length=16, choices=Film.Track.choices)
    shot = models.ForeignKey(Shot, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    start_ms = models.PositiveIntegerField(help_text="From the beginning of its shot, or of the film.")
    in_ms = models.PositiveIntegerField(default=0, help_text="Where in the recording it begins.")
    length_ms = models.PositiveIntegerField()
    gain_db = models.FloatField(default=0)
    fade_in_ms = models.PositiveIntegerField(default=0)
    fade_out_ms = models.PositiveIntegerField(default=0)
    ducked = models.BooleanField(default=False, help_text="Quieter while somebody speaks.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TrashableQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["created_at"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(length_ms__gt=0), name="sound_has_a_length"),
        ]

    def __str__(self) -> str:
        return f"{self.track}: {self.asset.original_name}"


class Title(Trashable):
    """Words on the picture, or on a card of their own before the first shot or behind the last."""

    class Place(models.TextChoices):
        """Where it stands. The first two lengthen the film."""

        OPENING = "opening", "Before the film, on black"
        CLOSING = "closing", "After the film, on black"
        CENTRE = "centre", "In the middle of the picture"
        TOP = "top", "At the top"
        LOWER_LEFT = "lower_left", "Lower left"
        LOWER_RIGHT = "lower_right", "Lower right"

    class Style(models.TextChoices):
        """How it is set."""

        PLAIN = "plain", "Plain"
        BOXED = "boxed", "In a box"
        SPACED = "spaced", "Spaced capitals"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    film = models.ForeignKey(Film, on_delete=models.CASCADE, related_name="titles")
    text = models.CharField(max_length=160)
    subtext = models.CharField(max_length=160, blank=True)
    place = models.CharField(max_length=16, choices=Place.choices, default=Place.LOWER_LEFT)
    style = models.CharField(max_length=16, choices=Style.choices, default=Style.PLAIN)
    shot = models.ForeignKey(Shot, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    start_ms = models.PositiveIntegerField(default=0, help_text="From the beginning of its shot, or of the film.")
    length_ms = models.PositiveIntegerField(default=4000)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TrashableQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["created_at"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(length_ms__gt=0), name="title_has_a_length"),
        ]

    def __str__(self) -> str:
        return self.text


class Waveform(models.Model):
    """How loud a sound is over its length, for people to see; measured once."""

    asset = models.OneToOneField(Asset, on_delete=models.CASCADE, primary_key=True, related_name="waveform")
    step_ms = models.PositiveIntegerField(help_text="How long each peak stands for.")
    peaks = models.JSONField(default=list, help_text="The loudest sample of each step, 0 to 100 per cent.")

    def __str__(self) -> str:
        return f"{self.asset}: {len(self.peaks)} peaks"


class Render(Trashable):
    """One finished rendering of a film, with the plan that it was made from."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    film = models.ForeignKey(Film, on_delete=models.CASCADE, related_name="renders")
    number = models.PositiveIntegerField()
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="+")
    subtitles = models.ForeignKey(Asset, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    attempt_id = models.UUIDField(null=True, blank=True, unique=True)
    recipe = models.CharField(max_length=64, blank=True, help_text="Hash of the plan.")
    event_number = models.PositiveBigIntegerField(default=0, help_text="The project's event as of which it was cut.")
    plan = models.JSONField(default=dict)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TrashableQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["film", "number"], name="render_number_is_unique_in_film"),
        ]

    def __str__(self) -> str:
        return f"{self.film} {self.number}"
