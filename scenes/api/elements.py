"""Characters, locations and props."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.policies import Right
from accounts.rest.operations import Example, operation
from scenes import elements as shown
from scenes.api.base import FootageResource
from scenes.api.shown_elements import (
    ElementChange,
    ElementIn,
    ElementOut,
    ElementQuery,
    ElementShot,
    MergeIn,
    PicturesIn,
)
from scenes.models import Asset, Element
from scenes.services import elements

_ID = "0191f2a0-1111-4222-8333-444455556666"


def _rows() -> QuerySet[Element]:
    rows: QuerySet[Element] = Element.objects.kept().prefetch_related("pictures")
    return rows


class Elements(FootageResource):
    """The elements of a project."""

    tag = "elements"

    @operation(answer=ElementOut, query=ElementQuery, paged=True)
    def get(self, request: Request) -> Response:
        """List a project's elements by name."""
        rows = _rows().filter(project=self.open(self.asked["project"]).project)
        if "kind" in self.asked:
            rows = rows.filter(kind=self.asked["kind"])
        return self.page(rows, "name")

    @operation(
        answer=ElementOut,
        body=ElementIn,
        status=201,
        needs=Right.CREATE,
        examples=[Example("A prop", {"project": _ID, "kind": "prop", "name": "Lantern", "description": "Brass."})],
    )
    def post(self, request: Request) -> Response:
        """Add a character, location or prop by hand; the breakdown makes those of the script."""
        said = dict(self.sent)
        element = elements.create_element(opened=self.open(said.pop("project")), **said)
        return self.answer(self.one(_rows(), element.pk), location=reverse("api:element", args=[element.pk]))


class OneElement(FootageResource):
    """One element."""

    tag = "elements"

    @operation(answer=ElementOut)
    def get(self, request: Request, element_id: UUID) -> Response:
        """Read an element."""
        return self.answer(self.open_of(_rows(), element_id)[1])

    @operation(
        answer=ElementOut,
        body=ElementChange,
        needs=Right.CREATE,
        refusals={409: ["not_possible"]},
        examples=[Example("What she looks like", {"description": "Sixty, grey plait, oilskins."})],
    )
    def patch(self, request: Request, element_id: UUID) -> Response:
        """Change what an element is called, looks like or sounds like."""
        opened, element = self.open_of(_rows(), element_id)
        elements.edit_element(opened=opened, element=element, **self.sent)
        return self.answer(self.one(_rows(), element_id))

    @operation(needs=Right.CREATE)
    def delete(self, request: Request, element_id: UUID) -> Response:
        """Put an element into the trash. Shots keep their takes; what is made anew does without it."""
        opened, element = self.open_of(_rows(), element_id)
        elements.delete_element(opened=opened, element=element)
        return self.answer(None)


class ElementPictures(FootageResource):
    """The pictures of an element."""

    tag = "elements"

    @operation(
        answer=ElementOut, body=PicturesIn, needs=Right.CREATE, examples=[Example("A portrait", {"pictures": [_ID]})]
    )
    def put(self, request: Request, element_id: UUID) -> Response:
        """Say which pictures show an element, the portrait first; those left out stay files."""
        opened, element = self.open_of(_rows(), element_id)
        there = Asset.objects.kept().filter(project=opened.project)
        pictures = self.all_named(there, self.sent["pictures"], "pictures")
        elements.set_pictures(opened=opened, element=element, pictures=pictures)
        return self.answer(self.one(_rows(), element_id))


class MergeElement(FootageResource):
    """Making two elements one."""

    tag = "elements"

    @operation(
        answer=ElementOut,
        body=MergeIn,
        needs=Right.CREATE,
        refusals={409: ["not_possible: they are of different kinds, or the same one"]},
        examples=[Example("The same person", {"into": _ID})],
    )
    def post(self, request: Request, element_id: UUID) -> Response:
        """Make this element and another one the same; answered with the other, which has both names from then on.

        This one goes into the trash; taking it out again parts them.
        """
        opened, element = self.open_of(_rows(), element_id)
        into = self.named(Element.objects.of(opened.project), self.sent["into"], "into")
        if into is not None:
            elements.merge_elements(opened=opened, element=element, into=into)
        return self.answer(self.one(_rows(), self.sent["into"]))


class ElementShots(FootageResource):
    """Where an element is seen."""

    tag = "elements"

    @operation(answer=ElementShot, listed=True)
    def get(self, request: Request, element_id: UUID) -> Response:
        """List the shots of the film that show an element, in order."""
        opened, element = self.open_of(_rows(), element_id)
        return self.answer(shown.shots_with(opened.project, element))
