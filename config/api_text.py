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
    "people": "Who works on a project, and who is here.",
    "scripts": "The script in its versions, always as Fountain, and its breakdown into scenes and shots.",
    "scenes": "Scenes keep their numbers for life; they are omitted, never deleted.",
    "folders": "The files of a project as the tree of its scene folders.",
    "shots": "What is to be seen, and how it is asked for.",
    "elements": "Characters, locations and props, with their pictures and voices.",
    "takes": "What was made for a shot; one of them is its select.",
    "assets": "Stored files.",
    "uploads": "Bringing files along, small ones at once and large ones in parts.",
    "writing": "Words by language models: outlines, screenplays, proposals that people take or leave.",
    "estimates": "What something would cost; nothing is spent by asking.",
    "jobs": "What is to be made, and how it goes.",
    "batches": "Jobs that were asked for together.",
    "approvals": "What waits for a producer's yes.",
    "films": "The cut: takes in order, with sound, titles and transitions, and its renderings.",
    "comments": "What people say about shots, takes and the film.",
    "notes": "A note on a still or clip, heard by a model: the take that it becomes.",
    "notifications": "What concerns the caller.",
    "review-links": "Links by which people without an account watch and approve.",
    "events": "What has happened in a project: asked for by number, as a stream, or by a socket.",
    "webhooks": "The same events, sent to an address of yours.",
    "models": "What can make something, what it takes and what it costs.",
    "providers": "Who makes it: keys, order, health.",
    "budgets": "What may be spent.",
    "ledger": "What was spent, entry by entry.",
    "usage": "What was spent and made, summed up.",
    "trash": "What was deleted and can come back.",
}
