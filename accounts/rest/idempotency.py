"""``Idempotency-Key``: the same request again is answered the same, and nothing is made or paid twice.

The key is claimed in a transaction of its own; the answer is kept in the transaction of what it tells of. So a crash
leaves either both or neither, and a claim whose holder died is taken over when its time is up.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import ApiToken, IdempotencyKey, User
from accounts.rest.errors import RETRY, Refusal, Refused

KEPT = timedelta(days=7)
CLAIMED = timedelta(minutes=2)
REPLAYED = "Idempotent-Replayed"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_KEPT_HEADERS = ("Location", "ETag", "Content-Type")


def answer_once(
    request: Request, user: User, answer: Callable[[], Response], *, prepare: Callable[[], None] = lambda: None
) -> Response:
    """Answer a request that carries an ``Idempotency-Key``, or repeat what it was answered before.

    Args:
        request: with the header.
        user: who asks. Keys of others are other keys, and so are those of another token and at another address.
        answer: does what is asked, in a transaction; a refusal is a response with a status of 400 or more.
        prepare: does beforehand what takes long; outside of the transaction, which would hold up others.

    Raises:
        Refused: a malformed key (400), one that came with another request (422), or one that is being answered (409);
            and what ``prepare`` raises.
    """
    key = request.headers["Idempotency-Key"]
    if not _KEY.fullmatch(key):
        raise Refused(Refusal(400, "invalid_key", "An Idempotency-Key has 1 to 255 visible ASCII characters."))
    same = {"user": user, "place": place_of(request), "key": key}
    claim = uuid.uuid4()
    kept = _claim(same, fingerprint_of(request), claim)
    if kept is not None:
        return _repeat(kept)
    mine = IdempotencyKey.objects.filter(**same, claim=claim)
    try:
        prepare()
        with transaction.atomic():
            response = answer()
            if response.status_code < 400:
                _keep(mine, response)
            else:
                transaction.set_rollback(True)
    except BaseException:
        mine.filter(status=None).delete()
        raise
    if response.status_code >= 400:
        # Nothing was made: the same key may come again, with the mistake put right.
        mine.filter(status=None).delete()
    return response


def _claim(same: dict[str, Any], fingerprint: str, claim: uuid.UUID) -> IdempotencyKey | None:
    """Claim a key; return the kept answer where there is one."""
    until = timezone.now() + CLAIMED
    try:
        with transaction.atomic():
            IdempotencyKey.objects.create(**same, fingerprint=fingerprint, claim=claim, claimed_until=until)
        return None
    except IntegrityError:
        row = IdempotencyKey.objects.filter(**same).first()
    if row is None:  # released this very moment
        return _claim(same, fingerprint, claim)
    if row.fingerprint != fingerprint:
        detail = "This Idempotency-Key was used for another request. Use a new key for a new request."
        raise Refused(Refusal(422, "idempotency_key_reused", detail))
    if row.status is not None:
        return row
    stale = IdempotencyKey.objects.filter(pk=row.pk, status=None, claim=row.claim, claimed_until__lt=timezone.now())
    if stale.update(claim=claim, claimed_until=until):
        return None
    detail = "A request with this Idempotency-Key is being answered. Ask again in a moment with the same key."
    raise Refused(Refusal(409, "in_progress", detail, retry_after=1, action=RETRY))


def _keep(mine: Any, response: Response) -> None:
    body = JSONRenderer().render(response.data).decode() if response.data is not None else ""
    headers = {name: response[name] for name in _KEPT_HEADERS if name in response}
    if not mine.update(status=response.status_code, body=body, headers=headers):
        # Slower than the claim lasts, and somebody else has taken over: theirs counts, ours is rolled back.
        raise Refused(Refusal(409, "in_progress", "This took too long. Ask again with the same key.", retry_after=1))


def _repeat(row: IdempotencyKey) -> Response:
    body = json.loads(row.body) if row.body else None
    return Response(body, status=row.status, headers={**row.headers, REPLAYED: "true"})


def place_of(request: Request) -> str:
    """Return a hash of where a key counts: two programs of one person that number their keys do not get in each
    other's way, nor do two addresses. All browsers of a person are one.
    """
    token = str(request.auth.pk) if isinstance(request.auth, ApiToken) else ""
    return hashlib.sha256("\n".join([token, request.method or "", request.path]).encode()).hexdigest()


def fingerprint_of(request: Request) -> str:
    """Return a hash of what is asked there: what stands behind the question mark, and the body."""
    digest = hashlib.sha256(request.META.get("QUERY_STRING", "").encode())
    data: Any = request.data
    if request.FILES:
        for name in sorted(data):
            for value in data.getlist(name):
                digest.update(f"\n{name}=".encode())
                _add(digest, value)
    else:
        plain = dict(data.lists()) if hasattr(data, "lists") else data
        digest.update(json.dumps(plain, sort_keys=True).encode())
    return digest.hexdigest()


def _add(digest: Any, value: Any) -> None:
    if not isinstance(value, UploadedFile):
        digest.update(str(value).encode())
        return
    digest.update((value.name or "").encode())
    for chunk in value.chunks():
        digest.update(chunk)
    value.seek(0)


def forget_old() -> int:
    """Delete keys whose time is over; called by the sweep. Returns how many."""
    return IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT).delete()[0]
