"""What is shown of jobs, and what is said of them."""

from __future__ import annotations

from base64 import b64encode
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.db.models.functions import Left
from rest_framework import serializers

from accounts.rest.fields import Body, Dollars, Person, Text, Truth, WholeNumber, Word
from generation.api.failures import failure_of
from generation.api.waiting import WaitQuery
from generation.choosing.orders import ROLES
from generation.choosing.trials import GROUPS
from generation.deciding import MOST_ID, Decision
from generation.job_rows import AttemptRow, JobRow, provider_label, with_all_that_is_shown
from generation.models import MEDIA_OF_OPERATION, Attempt, Job
from generation.providers.base import Operation
from generation.states import AttemptState, JobState
from projects.api.base import PageInProject
from scenes import storage
from scenes.models import Asset

MEDIA = sorted(set(MEDIA_OF_OPERATION.values()))
OPEN, WAITS = "open", "undecided"
OPERATIONS = [str(operation) for group in GROUPS for operation in group.operations]
# Past this a program reads the file itself: JSON with a film in it helps nobody.
MOST_INLINE = 12 * 1024 * 1024
MOST_PROMPT = 20_000
MOST_REFERENCES = 20
# Of words in lists, in characters.
MOST_LISTED = 2_000


def shown_jobs(jobs: QuerySet[Job]) -> QuerySet[Job]:
    """Return jobs with all that is shown of them, in a fixed number of queries."""
    attempts = Attempt.objects.order_by("number").defer("body", "outputs")
    return with_all_that_is_shown(jobs).select_related("created_by").prefetch_related(Prefetch("attempts", attempts))


def listed_jobs(jobs: QuerySet[Job]) -> QuerySet[Job]:
    """Return jobs as ``shown_jobs`` does, of long words only the beginning: a page of them must fit into the memory."""
    shown = shown_jobs(jobs).defer("result_text", "input_job__result_text")
    return shown.annotate(words_begin=Left("result_text", MOST_LISTED))


def row_of(job: Job) -> JobRow:
    """Return a job from ``shown_jobs`` as people see it."""
    return JobRow(job, tuple(AttemptRow(attempt) for attempt in job.attempts.all()))


class FailureOut(serializers.Serializer[Any]):
    """Why it failed, or has not been accepted yet."""

    error = serializers.CharField(help_text="A sentence for people: what happened and what to do.")
    error_type = serializers.ChoiceField(choices=["connection_error", "api_error", "model_error", "quota_error"])
    error_code = serializers.CharField(help_text="For programs.")
    retry_after = serializers.IntegerField(allow_null=True, help_text="Seconds until it is sent again by itself.")
    fallback_available = serializers.BooleanField(help_text="Whether another provider is named for it.")
    suggested_action = serializers.ChoiceField(choices=["retry", "use_fallback", "contact_support"], allow_null=True)


class ResultOut(serializers.Serializer[Any]):
    """What came out."""

    task_id = serializers.CharField(help_text="The provider's id of the task.")
    provider = serializers.CharField(help_text="Who served, where others were asked first.")
    model = serializers.CharField()
    ratio = serializers.CharField(help_text="Width to height as it was asked for: `1280:720`; empty: the model chose.")
    seed = serializers.IntegerField(allow_null=True)
    refs = serializers.IntegerField(help_text="How many reference pictures went in.")
    text = serializers.CharField(help_text="Where words came out; in lists, their first 2,000 characters.")
    assets = serializers.ListField(child=serializers.UUIDField(), help_text="The files, as assets of the project.")
    quality = serializers.CharField(help_text="What was found wrong with it; empty: nothing.")


class JobOut(serializers.Serializer[Any]):
    """What somebody wished for, and how far it is."""

    id = serializers.UUIDField(source="job.id")
    project = serializers.UUIDField(source="job.project_id")
    batch = serializers.UUIDField(source="job.batch_id")
    title = serializers.CharField()
    operation = serializers.ChoiceField(choices=[str(one) for one in Operation], source="job.operation")
    media = serializers.ChoiceField(choices=MEDIA, source="job.media")
    state = serializers.ChoiceField(choices=JobState.choices, source="job.state")
    cancelling = serializers.BooleanField(help_text="Asked to end, and not ended yet.")
    progress = serializers.FloatField(allow_null=True, help_text="0 to 1 while it runs; null: nobody knows.")
    reason = serializers.CharField(help_text="Why it is where it is, for people; empty: nothing to say.")
    failure = FailureOut(allow_null=True)
    provider = serializers.CharField(source="provider_now", help_text="Who makes it now, after fallback the next one.")
    provider_name = serializers.CharField()
    model = serializers.CharField(source="model_now")
    model_name = serializers.CharField()
    served = serializers.CharField(help_text="Who could not and who served then; empty: the first one asked.")
    prompt = serializers.CharField(source="job.prompt")
    parameters = serializers.DictField(source="job.parameters")
    shot = serializers.UUIDField(source="job.shot_id", allow_null=True)
    line = serializers.UUIDField(source="job.line_id", allow_null=True)
    film = serializers.UUIDField(source="job.film_id", allow_null=True)
    starts_from = serializers.UUIDField(source="job.input_job_id", allow_null=True, help_text="The job it waits for.")
    rehearsal = serializers.BooleanField()
    estimate_usd = Dollars(source="job.estimate")
    held_usd = Dollars(source="held", help_text="Set aside until it has ended.")
    charged_usd = Dollars(source="charged")
    attempts = serializers.IntegerField(help_text="How often somebody was asked; `/attempts` tells of each.")
    result = ResultOut(allow_null=True)
    created_by = Person(source="job.created_by", allow_null=True)
    created_at = serializers.DateTimeField(source="job.created_at")
    started_at = serializers.DateTimeField(source="job.started_at", allow_null=True)
    ended_at = serializers.DateTimeField(source="job.ended_at", allow_null=True)

    def to_representation(self, instance: Job) -> dict[str, Any]:
        """Return a job from ``shown_jobs`` as it is shown."""
        return super().to_representation(_Shown(instance))


class _Shown:
    """A job's row with what programs want to know besides."""

    def __init__(self, job: Job) -> None:
        self.row = row_of(job)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)

    @property
    def attempts(self) -> int:
        return len(self.row.attempts)

    @property
    def failure(self) -> dict[str, Any] | None:
        return failure_of(self.row)

    @property
    def provider_now(self) -> str:
        return self.row.attempt.provider if self.row.attempt is not None else self.row.job.provider

    @property
    def provider_name(self) -> str:
        return provider_label(self.provider_now)

    @property
    def model_now(self) -> str:
        return self.row.attempt.model if self.row.attempt is not None else self.row.job.model

    @property
    def model_name(self) -> str:
        return self.row.model

    @property
    def result(self) -> dict[str, Any] | None:
        job, attempt = self.row.job, self.row.attempt
        if job.state != JobState.SUCCEEDED or attempt is None:
            return None
        asked, begins = attempt.parameters, getattr(job, "words_begin", None)
        size = f"{asked['width']}:{asked['height']}" if asked.get("width") and asked.get("height") else ""
        return {
            "task_id": attempt.task_id,
            "provider": attempt.provider,
            "model": attempt.model,
            "ratio": asked.get("ratio") or size,
            "seed": asked.get("seed"),
            "refs": sum(one.get("role") == "reference" for one in job.inputs),
            "text": job.result_text if begins is None else begins,
            "assets": attempt.assets,
            "quality": self.row.quality,
        }


class FileOut(serializers.Serializer[Any]):
    """A file that came out."""

    asset = serializers.UUIDField(source="id")
    kind = serializers.CharField()
    content_type = serializers.CharField(source="media_type")
    bytes = serializers.IntegerField(source="size")
    sha256 = serializers.CharField()
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)
    duration_ms = serializers.IntegerField(allow_null=True)
    data_url = serializers.CharField(
        allow_null=True, help_text="With `?data_url=true`, for files of at most 12 MB: the file itself."
    )


class JobDetail(JobOut):
    """A job with the files that came out."""

    files = FileOut(many=True, source="job.files")

    def to_representation(self, instance: Job) -> dict[str, Any]:
        """Return a job from ``shown_jobs`` with its files, in one query more."""
        instance.files = self._files(instance)  # type: ignore[attr-defined]
        return super().to_representation(instance)

    def _files(self, job: Job) -> list[Asset]:
        view = self.context.get("view")
        inline = getattr(view, "inline", True) and bool((getattr(view, "asked", None) or {}).get("data_url"))
        last = row_of(job).attempt
        ids = [UUID(one) for one in last.assets] if last is not None else []
        found = Asset.objects.filter(project=job.project_id).in_bulk(ids) if ids else {}
        files = [found[one] for one in ids if one in found]
        for asset in files:
            asset.data_url = data_url(asset) if inline else None
        return files


def data_url(asset: Asset) -> str | None:
    """Return a file as a data URL; None for one that is too large for that, or has gone."""
    if asset.size > MOST_INLINE:
        return None
    try:
        with storage.open_file(asset.key) as file:
            content = file.read()
    except OSError:
        return None
    return f"data:{asset.media_type};base64,{b64encode(content).decode()}"


class AttemptOut(serializers.Serializer[Any]):
    """One attempt at one provider: one possible purchase."""

    id = serializers.UUIDField(source="attempt.id")
    number = serializers.IntegerField(source="attempt.number")
    provider = serializers.CharField(source="attempt.provider")
    provider_name = serializers.CharField(source="provider")
    model = serializers.CharField(source="attempt.model")
    state = serializers.ChoiceField(choices=AttemptState.choices, source="attempt.state")
    task_id = serializers.CharField(source="attempt.task_id", help_text="The provider's id; empty: not accepted yet.")
    rehearsal = serializers.BooleanField(source="attempt.rehearsal")
    estimate_usd = Dollars(source="attempt.estimate")
    held_usd = Dollars(source="held")
    charged_usd = Dollars(source="charged")
    price_version = serializers.CharField(source="attempt.price_version")
    refusals = serializers.IntegerField(source="attempt.refusals", help_text="Times in a row it was not accepted yet.")
    failure_code = serializers.CharField(source="attempt.failure_code")
    failure = serializers.CharField(source="attempt.failure_public", help_text="Why, for people.")
    created_at = serializers.DateTimeField(source="attempt.created_at")
    sent_at = serializers.DateTimeField(source="attempt.send_started_at", allow_null=True)
    accepted_at = serializers.DateTimeField(source="attempt.accepted_at", allow_null=True)
    next_step_at = serializers.DateTimeField(source="attempt.due_at", allow_null=True)
    ended_at = serializers.DateTimeField(source="attempt.ended_at", allow_null=True)


# --- what is asked ---------------------------------------------------------------------------------------------------


class JobQuery(PageInProject):
    """Which jobs."""

    state = serializers.ChoiceField(
        choices=[OPEN, WAITS, *JobState.values],
        required=False,
        help_text="`open`: not ended; `undecided`: waits for somebody's word.",
    )
    media = serializers.ChoiceField(choices=MEDIA, required=False)
    operation = serializers.ChoiceField(choices=[str(one) for one in Operation], required=False)
    provider = Word(max_length=40, required=False, help_text="Who was asked first.")
    shot = serializers.UUIDField(required=False)
    batch = serializers.UUIDField(required=False)
    ordering = serializers.ChoiceField(choices=["-created_at", "created_at"], required=False, default="-created_at")


class OneJobQuery(WaitQuery):
    """How it is read."""

    data_url = Truth(required=False, default=False, help_text="With the files in the answer.")


class TaskQuery(OneJobQuery):
    """Which job, by what the provider calls it."""

    task_id = Word(max_length=MOST_ID)
    provider = Word(max_length=40, required=False)


class OrderIn(Body):
    """One order, by hand: what is left out is the model's or the project's own."""

    operation = serializers.ChoiceField(choices=OPERATIONS)
    model = Word(max_length=80, required=False, default="", allow_blank=True, help_text="Empty: the first there is.")
    prompt = Text(max_length=MOST_PROMPT, required=False, default="")
    size = Text(max_length=60, required=False, default="", help_text="`1280x720`; empty: nearest to the project's.")
    duration_ms = WholeNumber(min_value=1, max_value=3_600_000, required=False, default=None, allow_null=True)
    seed = WholeNumber(
        max_value=2**32 - 1, required=False, default=None, allow_null=True, help_text="Null: something new each time."
    )
    negative_prompt = Text(max_length=MOST_PROMPT, required=False, default="")
    voice = Text(max_length=200, required=False, default="")
    options = serializers.DictField(required=False, default=dict, help_text="The model's own, as `/models` tells them.")
    source = serializers.UUIDField(  # type: ignore[assignment]
        required=False, help_text="The asset that is changed, enlarged or described."
    )
    mask = serializers.UUIDField(required=False, help_text="White where the model shall paint.")
    first_frame = serializers.UUIDField(required=False)
    last_frame = serializers.UUIDField(required=False)
    references = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=MOST_REFERENCES)

    def validate_options(self, value: dict[str, Any]) -> dict[str, Any]:
        """Refuse more than any model has."""
        if len(value) > 100:
            raise serializers.ValidationError("No model has so many options.")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Put the files together by what they are for."""
        files = {role: [str(attrs.pop(role))] for role in ROLES if role in attrs}
        references = [str(one) for one in attrs.pop("references", ())]
        return {**attrs, "files": {**files, **({"reference": references} if references else {})}}


class PricedIn(OrderIn):
    """One order in a project, to be priced."""

    project = serializers.UUIDField()


class JobIn(PricedIn):
    """One order in a project."""

    new_take = Truth(required=False, default=False, help_text="Made once more, whatever the same seed made before.")


class OrdersIn(Body):
    """Several orders in a project: all of them, or none."""

    project = serializers.UUIDField()
    orders = serializers.ListField(child=OrderIn(), min_length=1, max_length=200)
    max_concurrent = WholeNumber(min_value=1, max_value=1000, default=None, allow_null=True)


class SendIn(Body):
    """Where a result goes."""

    shot = serializers.UUIDField()


class SentOut(serializers.Serializer[Any]):
    """The take that a result has become."""

    take = serializers.UUIDField(source="id")
    shot = serializers.UUIDField(source="shot_id")
    kind = serializers.CharField()
    number = serializers.IntegerField()


class ResolveIn(Body):
    """What somebody has found out about an order of which nobody knew. There is no default."""

    decision = serializers.ChoiceField(choices=[one.value for one in Decision])
    task_id = Word(max_length=MOST_ID, required=False, help_text="For `found`: the provider's id of the task.")
    cost_usd = Dollars(required=False, help_text="For `charged`: what was charged; the estimate when left out.")


class EvidenceOut(serializers.Serializer[Any]):
    """What our books and the provider's say about the day of an order; no verdict."""

    account = serializers.CharField(source="account_label")
    asked_at = serializers.DateTimeField()
    estimate_usd = Dollars(source="estimate")
    our_charges_usd = Dollars(source="our_charges", allow_null=True, help_text="Null: not yours to see.")
    their_charges_usd = Dollars(source="their_charges", allow_null=True, help_text="Null: they do not tell.")
    difference_usd = Dollars(source="difference", allow_null=True, help_text="Theirs without ours.")
    others_unknown = serializers.IntegerField()
    status = serializers.CharField(source="status_text")
    problem = serializers.CharField(help_text="Why the provider could not be asked.")
