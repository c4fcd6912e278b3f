"""The film project and its append-only log of events."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import Team, User
from projects.querysets import CommentQuerySet, EventQuerySet, NotificationQuerySet, ProjectQuerySet
from projects.trash import Trashable
from projects.webhook_models import Delivery as Delivery
from projects.webhook_models import WebhookCursor as WebhookCursor
from projects.webhook_models import WebhookEndpoint as WebhookEndpoint


class Project(Trashable):
    """One film in the making. Its picture format holds for every clip and for the film."""

    class Look(models.TextChoices):
        """Picture formats that the providers can serve, as width x height."""

        WIDE = "1280x720", "16:9 · 1280 x 720"
        TALL = "720x1280", "9:16 · 720 x 1280"
        SQUARE = "960x960", "1:1 · 960 x 960"

    class FrameRate(models.IntegerChoices):
        """Frames a second that every provider and the renderer can keep."""

        FILM = 24, "24 · film"
        PAL = 25, "25 · European television"
        VIDEO = 30, "30 · video"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="projects")
    name = models.CharField(max_length=120)
    logline = models.CharField(max_length=300, blank=True, help_text="The film in a sentence.")
    resolution = models.CharField(max_length=16, choices=Look.choices, default=Look.WIDE)
    fps = models.PositiveSmallIntegerField("frames a second", choices=FrameRate.choices, default=FrameRate.FILM)
    style = models.CharField(max_length=300, blank=True, help_text="Added to every prompt: film noir, watercolour …")
    still_model = models.CharField(max_length=80, blank=True, help_text="Makes stills; empty: the built-in one.")
    clip_model = models.CharField(max_length=80, blank=True, help_text="Makes clips; empty: the built-in one.")
    voice_model = models.CharField(max_length=80, blank=True, help_text="Speaks; empty: the built-in one.")
    text_model = models.CharField(
        max_length=80, blank=True, help_text="Writes; empty: the first that the team's providers have."
    )
    narrated = models.BooleanField(default=False, help_text="A narrator reads the action where nobody speaks.")
    pronunciations = models.JSONField(
        default=list, blank=True, help_text="How words are spoken: pairs of a word and what the voices are given."
    )
    rehearsal = models.BooleanField(
        default=False, help_text="Paid models are simulated here: real prices and times, no real money."
    )
    approval_limit = models.BigIntegerField(
        null=True, blank=True, help_text="Micro-units of a dollar that one action may cost without a producer's yes."
    )
    last_event_number = models.PositiveBigIntegerField(default=0, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="created_projects"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    purged_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Emptied for good; the name stays for the books."
    )

    objects = ProjectQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-updated_at"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(fps__in=[24, 25, 30]), name="project_fps_is_a_film_rate"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def width(self) -> int:
        """Picture width in pixels."""
        return int(self.resolution.partition("x")[0])

    @property
    def height(self) -> int:
        """Picture height in pixels."""
        return int(self.resolution.partition("x")[2])


class Event(models.Model):
    """Something that happened in a project: the feed, the audit and the socket's replay read this one table.

    ``number`` rises by one per project without gaps, in the order of commit.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="events")
    number = models.PositiveBigIntegerField()
    type = models.CharField(max_length=64)
    payload = models.JSONField(default=dict)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "number"], name="event_number_is_unique_in_project"),
        ]
        indexes: ClassVar = [models.Index(fields=["project", "type"], name="event_by_type")]

    def __str__(self) -> str:
        return f"{self.number} {self.type}"


class Subject(models.TextChoices):
    """What a comment can be about. The footage lives in a room that this one does not know, hence words and ids."""

    PROJECT = "project", "Project"
    SCRIPT = "script", "Script"
    SCENE = "scene", "Scene"
    SHOT = "shot", "Shot"
    TAKE = "take", "Take"
    ELEMENT = "element", "Element"
    ASSET = "asset", "File"
    RENDER = "render", "Film"


class ReviewLink(models.Model):
    """A way in for people without an account: they watch, and say what they think where that is allowed.

    The address is made from the id and ``nonce`` with the installation's secret; neither it nor the password is kept.
    """

    class Shows(models.TextChoices):
        """What the guest sees."""

        FILM = "film", "The film"
        PLAYLIST = "playlist", "Chosen shots"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="review_links")
    name = models.CharField(max_length=120)
    nonce = models.CharField(max_length=32)
    shows = models.CharField(max_length=16, choices=Shows.choices, default=Shows.FILM)
    items = models.JSONField(default=list, blank=True, help_text="Ids of takes in order, or of one rendering.")
    password = models.CharField(max_length=128, blank=True, help_text="Hashed; empty: none is asked for.")
    may_comment = models.BooleanField(default=True)
    may_approve = models.BooleanField(default=False)
    watermark = models.BooleanField(default=True, help_text="The guest's name lies over the picture.")
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return self.name


class Guest(models.Model):
    """Somebody who came by a review link, under the name that they gave."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    link = models.ForeignKey(ReviewLink, on_delete=models.CASCADE, related_name="guests")
    name = models.CharField(max_length=80)
    views = models.PositiveIntegerField(default=0)
    first_seen_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["first_seen_at"]

    def __str__(self) -> str:
        return self.name


class GuestVerdict(models.Model):
    """What a guest thinks of something: their yes is the client's word, it approves no shot by itself."""

    class Verdict(models.TextChoices):
        """What they said."""

        APPROVED = "approved", "Approved"
        CHANGES = "changes", "Changes asked"

    guest = models.ForeignKey(Guest, on_delete=models.CASCADE, related_name="verdicts")
    subject_kind = models.CharField(max_length=16, choices=Subject.choices)
    subject_id = models.UUIDField()
    verdict = models.CharField(max_length=16, choices=Verdict.choices)
    event_number = models.PositiveBigIntegerField(default=0, help_text="The project's event as of which they saw it.")
    given_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["given_at"]
        indexes: ClassVar = [models.Index(fields=["subject_kind", "subject_id"])]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["guest", "subject_kind", "subject_id"], name="one_verdict_of_a_guest_on_a_thing"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.guest} · {self.get_verdict_display()}"


class Comment(Trashable):
    """What somebody said about something; on a take at a time code, and with a drawing on the frame.

    On takes people call it a note. A note can become an instruction for a new take, and closes when that is approved.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="comments"
    )
    guest = models.ForeignKey(Guest, on_delete=models.SET_NULL, null=True, blank=True, related_name="comments")
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="replies")
    subject_kind = models.CharField(max_length=16, choices=Subject.choices)
    subject_id = models.UUIDField()
    # Where it is counted on the storyboard: the shot itself, or that of the take. By id, as the subject.
    shot_id = models.UUIDField(null=True, blank=True)
    text = models.TextField()
    time_ms = models.PositiveIntegerField(null=True, blank=True, help_text="Where in the take, milliseconds.")
    drawing = models.JSONField(default=list, blank=True, help_text="Strokes in shares of the frame.")
    mentions: models.ManyToManyField[User, Any] = models.ManyToManyField(User, blank=True, related_name="+")
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    edited_at = models.DateTimeField(null=True, blank=True)

    objects = CommentQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["created_at"]
        indexes: ClassVar = [
            models.Index(fields=["subject_kind", "subject_id", "created_at"]),
            models.Index(fields=["project", "created_at"]),
            models.Index(
                fields=["project", "shot_id"], condition=models.Q(resolved_at=None), name="open_notes_of_shot"
            ),
            models.Index(
                fields=["project", "created_at", "id"],
                condition=models.Q(parent=None, resolved_at=None),
                name="open_comments_in_order",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60]

    @property
    def shown_author(self) -> str:
        """Who said it: a member, a guest, or somebody who has gone."""
        if self.author:
            return self.author.shown_name
        return f"{self.guest.name} (guest)" if self.guest else "Somebody who left"


class Notification(models.Model):
    """Something that waits for one person's attention."""

    class Kind(models.TextChoices):
        """Why they are told."""

        MENTION = "mention", "Somebody mentions you"
        REPLY = "reply", "Somebody answers you"
        COMMENT = "comment", "A comment on your shot"
        ASSIGNED = "assigned", "A shot is given to you"
        REVIEW = "review", "A take waits for your review"
        DECIDED = "decided", "Your take is approved or sent back"
        APPROVAL = "approval", "Somebody asks to spend, or has decided on what you asked for"
        BUDGET = "budget", "A budget is nearly spent"
        GUEST = "guest", "A guest has answered"
        TEAM = "team", "Something in your team"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    text = models.CharField(max_length=300, help_text="What happened, in a sentence.")
    link = models.CharField(max_length=300, help_text="Where to look, an address of this site.")
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at"]
        indexes: ClassVar = [
            models.Index(fields=["user", "-created_at"]),
            models.Index(
                fields=["user", "-created_at", "-id"], condition=models.Q(read_at=None), name="unread_newest_first"
            ),
            models.Index(fields=["created_at"], condition=models.Q(mailed_at=None), name="unmailed_by_age"),
        ]

    def __str__(self) -> str:
        return self.text


class MailChoice(models.Model):
    """How one person wants to hear by e-mail of what waits for them. Without a row the defaults hold."""

    class Pace(models.TextChoices):
        """How often."""

        AT_ONCE = "at_once", "At once"
        HOURLY = "hourly", "Once an hour, when there is something"
        DAILY = "daily", "Once a day"
        NEVER = "never", "Never"

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="mail_choice"
    )
    pace = models.CharField(max_length=16, choices=Pace.choices, default=Pace.HOURLY)
    hour = models.PositiveSmallIntegerField(default=8, help_text="Of the day, where they are; for once a day.")
    zone = models.CharField(max_length=64, blank=True, help_text="Time zone; empty: the installation's.")
    muted = models.JSONField(default=list, blank=True, help_text="Kinds of which no mail is wanted.")
    since = models.DateTimeField(default=timezone.now, help_text="What is older is not mailed any more.")
    mailed_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(hour__lte=23), name="mail_hour_is_of_the_day"),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_pace_display()}"
