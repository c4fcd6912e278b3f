"""The markup of the storyboard's cards.

Not a template: a page has hundreds of cards, and a template would take a quarter of a second for them. Everything
that people wrote passes ``escape``; the rest are ids, numbers and words of our own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from uuid import UUID

from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from accounts.models import User
from scenes.board import SHORT_ANGLES, STATUSES, Card
from scenes.screenplay.drafts import Angle
from scenes.templatetags.timing import clock

_NOBODY = UUID(int=0)
_LEFT = (
    '<span class="avatar small left" title="Given to somebody who has left the team">–</span>',
    "given to somebody who has left the team",
)
_ANGLES = {str(angle): escape(words) for angle, words in SHORT_ANGLES.items()}
_PILLS = {str(status): f"pill {tone}".strip() for status, (_, tone) in STATUSES.items()}
_LABELS = {str(status): label for status, (label, _) in STATUSES.items()}
SOON = timedelta(days=2)


class Cards:
    """Draws the cards of one project for one person.

    Args:
        people: the team's members by id, for the avatars; their place gives the colour.
        movable: whether the person may move cards.
        today: what is due before is late.
    """

    def __init__(self, people: Mapping[UUID, User], *, movable: bool, today: date | None = None) -> None:
        icons = static("vendor/lucide/sprite.svg")
        self._media = reverse("scenes:media", args=[_NOBODY, "file"]).partition(str(_NOBODY))[0]
        self._check = f'<svg class="icon"><use href="{icons}#check"></use></svg>'
        self._note = f'<svg class="icon" aria-hidden="true"><use href="{icons}#message-square"></use></svg>'
        self._grip = (
            '<span class="grip" aria-hidden="true" title="Drag to move">'
            f'<svg class="icon"><use href="{icons}#grip-vertical"></use></svg></span>'
            if movable
            else ""
        )
        self._today = today or timezone.localdate()
        self._dues: dict[date, tuple[str, str]] = {}
        self._avatars = {
            person.pk: (
                f'<span class="avatar small" data-colour="{place % 5 + 1}" title="{escape(person.shown_name)}">'
                f"{escape(person.initials)}</span>",
                escape(person.shown_name),
            )
            for place, person in enumerate(people.values())
        }

    def draw(self, cards: Iterable[Card]) -> SafeString:
        """Return the markup of some cards."""
        return mark_safe("".join([self._card(card) for card in cards]))  # noqa: S308 - escaped piece by piece

    def _card(self, card: Card) -> str:
        label = escape(card.label)
        angle = _ANGLES.get(card.angle) or escape(SHORT_ANGLES[Angle(card.angle)])
        length = clock(card.duration_ms)
        words = escape(card.description[:200])
        footage = card.footage
        status = "Omitted" if card.omitted else _LABELS[card.status]
        if card.picture:
            name = "thumb" if card.has_thumbnail else "file"
            inside = (
                f'<img src="{self._media}{card.picture}/{name}" alt="{words}" loading="lazy" decoding="async" '
                f'draggable="false" data-take="{card.take}">'
            )
        else:
            inside = f'<div class="nothing">{"Omitted" if card.omitted else "No take yet"}</div>'
        clip = f' data-clip="{self._media}{card.picture}/file"' if card.is_clip else ""
        person = card.assignee_id if card.assignee_id in self._avatars else "left" if card.assignee_id else ""
        avatar, who = self._avatars.get(card.assignee_id, _LEFT) if card.assignee_id else ("", "")
        due, spoken_due = self._due(card)
        notes = f'<span class="notes" title="Open notes">{self._note}{card.notes}</span>' if card.notes else ""
        spoken = ", ".join(
            filter(
                None,
                (
                    f"Shot {label}", angle, length, status, who, spoken_due,
                    f"{card.notes} open notes" if card.notes > 1 else "1 open note" if card.notes else "",
                ),
            )
        )  # fmt: skip
        return (
            f'<article class="shot is-{footage}" id="shot-{card.id}" role="option" aria-selected="false" tabindex="-1" '
            f'data-shot="{card.id}" data-label="{label}" data-status="{footage}" data-work="{card.status}" '
            f'data-person="{person}" data-due="{card.due_on or ""}" data-scene-id="{card.scene_id}" '
            f'data-number="{escape(card.number)}" '
            f'data-words="{words}"{clip} aria-label="{spoken}">'
            f'<div class="still">{inside}<span class="on-picture stale" hidden>changed</span>'
            f'<span class="on-picture going" hidden></span><span class="on-picture length">{length}</span>'
            f'<progress class="on-edge" max="1" hidden></progress><span class="pick" aria-hidden="true">{self._check}'
            f'</span>{self._grip}</div><div class="facts-line"><b>{label}</b><span class="angle clip">{angle}</span>'
            f'<span class="{"pill" if card.omitted else _PILLS[card.status]} state">{status}</span></div>'
            f'<div class="context-line"><span class="clip">{_context(card)}</span>'
            f'<span class="marks">{notes}{due}{avatar}</span></div></article>'
        )

    def _due(self, card: Card) -> tuple[str, str]:
        """Return when the shot is wanted, while that is near or past and it is not approved: markup and words."""
        if card.due_on is None or card.status == "approved" or card.omitted or card.due_on > self._today + SOON:
            return "", ""
        if card.due_on not in self._dues:
            late = card.due_on < self._today
            day = "today" if card.due_on == self._today else date_format(card.due_on, "j M")
            words = f"was due {day}" if late else f"due {day}"
            tone = "due late" if late else "due"
            mark = f'<time class="{tone}" datetime="{card.due_on}" title="{words}">{day}</time>'
            self._dues[card.due_on] = mark, words
        return self._dues[card.due_on]


def _context(card: Card) -> str:
    parts = []
    if card.clips:
        parts.append(f"{card.clips} clip{'s' if card.clips > 1 else ''}")
    elif card.stills:
        parts.append(f"{card.stills} still{'s' if card.stills > 1 else ''}")
    if not parts:
        parts.append("prompt ready")
    elif card.select:
        parts.append(f"★ {card.select}")
    if card.voiced:
        some = f"{card.voiced} of {card.lines}" if card.voiced != card.lines else str(card.voiced)
        parts.append(f"{some} voice{'s' if card.lines > 1 else ''}")
    elif card.lines:
        parts.append(f"{card.lines} line{'s' if card.lines > 1 else ''}")
    return " · ".join(parts)
