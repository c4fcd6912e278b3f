"""What the API's description says beside its operations: how to use it, and what its chapters are about."""

from __future__ import annotations

from collections.abc import Mapping

ABOUT = """\
Everything that people do in the pages, programs do here, by the same rules.

**Logging in.** Make a token in the team's settings under “API tokens” and send it with each request:
`Authorization: Bearer rushes_…`. It acts for its person in one team, as far as their role and its scopes (read, write,
spend) allow. A logged-in browser needs no token; it sends `X-CSRFToken` with whatever changes something.

**Writing.** JSON in UTF-8. A name that an operation does not know is refused, so that a misspelt one is not lost.
Money is text in US dollars (`"12.50"`), times are ISO 8601, lengths are whole milliseconds or seconds.

**Pages.** Long lists come as `{next, previous, results}`; ask for the address in `next` until it is null. `limit` is
the number of rows, at most 200. `fields=id,name` leaves the rest out.

**Refusals.** Always `{error, error_type, error_code, detail, fields?, retry_after?, fallback_available,
suggested_action}`. `error_code` is for programs and does not change, `detail` is for people. What is not there and what
is not yours to see are the same 404.

**Once.** Send an `Idempotency-Key` of your own with each POST: the same request with the same key is answered the same
for 7 days, and nothing is made or paid twice. A key that comes with another request is refused with 422, one that is
being answered with 409.

**Changes.** Answers carry an `ETag`. `If-None-Match` asks for what has changed only (304 otherwise); `If-Match` changes
only what is still as you read it (412 otherwise).

**How often.** `RateLimit-Limit`, `-Remaining` and `-Reset` tell what is left of the minute; past it, 429 says in
`Retry-After` when to come back.
"""

CHAPTERS: Mapping[str, str] = {
    "me": "The person for whom the caller acts.",
    "teams": "Teams, and what the caller is in them.",
    "members": "Who is in a team, and as what.",
    "invitations": "Asking people to join by mail.",
    "tokens": "What programs log in with.",
    "projects": "A project is one film.",
    "events": "What has happened in a project: asked for by number, as a stream, or by a socket.",
    "other": "Everything else.",
}
