"""Who: people, teams, and the role that a person has in a team."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from accounts.access import OpenTeam


class UserManager(BaseUserManager["User"]):
    """Makes people by e-mail address."""

    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Save a person.

        Args:
            email: the login; its domain is lower-cased.
            password: None makes an account that cannot log in with a password.

        Raises:
            ValueError: the address is empty.
        """
        if not email:
            raise ValueError("A person needs an e-mail address.")
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Save a person who may use the admin for everything."""
        return self.create_user(email, password, **{**fields, "is_staff": True, "is_superuser": True})


class User(AbstractUser):
    """A person. Logs in with an e-mail address; there is no user name."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    username = None  # type: ignore[assignment]
    email = models.EmailField(_("email address"), unique=True)
    name = models.CharField(max_length=120, blank=True, help_text="How colleagues see this person.")

    # Set while a token acts for this person: nothing outside of that team is theirs then. Never stored.
    only_team: uuid.UUID | None = None

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.shown_name

    @property
    def shown_name(self) -> str:
        """The name, or what stands before the @ while there is none."""
        return self.name or self.email.partition("@")[0]

    @property
    def initials(self) -> str:
        """Two letters for an avatar."""
        words = [word for word in self.shown_name.replace(".", " ").replace("_", " ").split() if word[0].isalnum()]
        letters = "".join(word[0] for word in words[:2]) if len(words) > 1 else (words or [self.shown_name])[0][:2]
        return letters.upper()


class Role(models.TextChoices):
    """What a member is in the team; ``policies`` says what each may do."""

    OWNER = "owner", "Owner"
    PRODUCER = "producer", "Producer"
    ARTIST = "artist", "Artist"
    REVIEWER = "reviewer", "Reviewer"


class Team(models.Model):
    """A company or group of people; owns projects, keys and budgets."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    members = models.ManyToManyField(User, through="Membership", related_name="teams")
    provider_order = models.JSONField(
        default=list, blank=True, help_text="Names of providers, the first choice first; others follow."
    )
    provider_orders = models.JSONField(
        default=dict, blank=True, help_text="The same for kinds of work, where a team wants another order for one."
    )
    fallback = models.BooleanField(default=True, help_text="Ask the next provider when one cannot.")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Invitation(models.Model):
    """A place in a team, offered to one e-mail address. Its link is single use; only a hash of it is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=16, choices=Role.choices)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["team", "email"],
                condition=models.Q(accepted_at=None, revoked_at=None),
                name="one_open_invitation_per_address_and_team",
            ),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="invitation_role_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.email} · {self.get_role_display()} · {self.team}"

    @property
    def is_over(self) -> bool:
        """Whether the link is too old."""
        return self.expires_at <= timezone.now()


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Memberships."""

    def of(self, user: User) -> MembershipQuerySet:
        """Return a person's own; only the one in the token's team while a token acts for them."""
        mine = self.filter(user=user)
        return mine if user.only_team is None else mine.filter(team=user.only_team)


class Membership(models.Model):
    """One person's role in one team."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["team", "user"], name="one_membership_per_person_and_team"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()} · {self.team}"


class TeamEvent(models.Model):
    """Something that was done in a team: who came, who left, who may do what. Projects keep a log of their own."""

    class Kind(models.TextChoices):
        """What was done."""

        BEGUN = "begun", "Team begun"
        RENAMED = "renamed", "Team renamed"
        INVITED = "invited", "Invitation sent"
        INVITED_AGAIN = "invited_again", "Invitation sent again"
        REVOKED = "revoked", "Invitation taken back"
        JOINED = "joined", "Joined"
        ROLE_CHANGED = "role_changed", "Role changed"
        REMOVED = "removed", "Removed"
        RESTORED = "restored", "Removal taken back"
        LEFT = "left", "Left"
        TOKEN_MADE = "token_made", "Token made"
        TOKEN_REVOKED = "token_revoked", "Token revoked"
        WEBHOOK_MADE = "webhook_made", "Webhook made"
        WEBHOOK_CHANGED = "webhook_changed", "Webhook changed"
        WEBHOOK_DELETED = "webhook_deleted", "Webhook deleted"
        WEBHOOK_SECRET = "webhook_secret", "Webhook's secret changed"
        WEBHOOK_OFF = "webhook_off", "Webhook turned off"
        WEBHOOK_ON = "webhook_on", "Webhook turned on"

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    actor = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    person = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    payload = models.JSONField(default=dict, blank=True, help_text="Names and roles as they were then.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        indexes: ClassVar = [models.Index(fields=["team", "-created_at"])]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.team}"


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    """Tokens."""

    def living(self) -> ApiTokenQuerySet:
        """Leave out what was revoked, what has expired, and what is of people who have left the team."""
        now = timezone.now()
        there = self.filter(revoked_at=None).filter(models.Q(expires_at=None) | models.Q(expires_at__gt=now))
        return there.filter(team__memberships__user=models.F("user"))

    def seen_by(self, opened: OpenTeam) -> ApiTokenQuerySet:
        """Keep those of a team that a member may see, with whose they are: their own; an owner everybody's."""
        there = self.filter(team=opened.team).select_related("user")
        return there if opened.can_own else there.filter(user=opened.user)


class ApiToken(models.Model):
    """What a program shows to act for a person in one team. Only a hash of it is kept."""

    class Scope(models.TextChoices):
        """What a program may do, as far as the person may."""

        READ = "read", "Read"
        WRITE = "write", "Write"
        SPEND = "spend", "Spend"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="api_tokens")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80)
    shown = models.CharField(max_length=16, help_text="Its beginning, by which people recognise it.")
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.shown}… · {self.name}"

    def allows(self, scope: str) -> bool:
        """Return whether a program with this token may do that kind of thing."""
        return scope in self.scopes


class IdempotencyKey(models.Model):
    """What a program sent with an ``Idempotency-Key``, and what it was answered."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    place = models.CharField(max_length=64, default="", help_text="Where it counts: of token, method and address.")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text="Of method, address and body.")
    claim = models.UUIDField(default=uuid.uuid4, help_text="Of whoever answers it.")
    claimed_until = models.DateTimeField(help_text="They have until then.")
    status = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Empty while it is being answered.")
    headers = models.JSONField(default=dict, blank=True)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = "idempotency key"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "place", "key"], name="one_answer_per_key_and_place"),
        ]

    def __str__(self) -> str:
        return f"{self.key} · {self.status or 'in progress'}"
