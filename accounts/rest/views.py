"""The base of every address of the API: asks who it is, checks what was said, answers in one form."""

from __future__ import annotations

import hashlib
from copy import copy
from typing import Any, TypeVar, cast

from django.db import models, transaction
from django.http import Http404, HttpRequest
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags, quote_etag
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import MethodNotAllowed, NotAuthenticated
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.utils.mediatypes import media_type_matches
from rest_framework.views import APIView

from accounts.models import ApiToken, User
from accounts.rest.authentication import TokenAuthentication
from accounts.rest.conditions import changed_meanwhile, freeze, until_settled
from accounts.rest.errors import Refusal, Refused, answer_to, field_error
from accounts.rest.fields import NoBody, PageQuery
from accounts.rest.idempotency import answer_once
from accounts.rest.operations import Operation, operation_of
from accounts.rest.pages import Pages
from accounts.rest.parsing import StrictJSONParser
from accounts.rest.throttling import Allowance

Row = TypeVar("Row", bound=models.Model)
SAFE = ("GET", "HEAD", "OPTIONS")


class AlwaysJson(BaseContentNegotiation):
    """Answers in JSON whatever is asked for: it is all that there is, and a refusal must be readable, too."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """Return what reads the body; None where nothing does."""
        return next((one for one in parsers if media_type_matches(one.media_type, request.content_type)), None)

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Return what writes the answer."""
        return renderers[0], renderers[0].media_type


class Resource(APIView):
    """One address. Subclasses have methods ``get``, ``post``, … that say with ``operation`` what they take and answer.

    In a method, ``self.person`` is who asks, ``self.sent`` the checked body and ``self.asked`` the checked query.
    """

    authentication_classes = (TokenAuthentication, SessionAuthentication)
    permission_classes = ()
    throttle_classes = ()
    parser_classes: Any = (StrictJSONParser,)
    renderer_classes = (JSONRenderer,)
    content_negotiation_class: type[BaseContentNegotiation] = AlwaysJson
    tag = ""

    sent: Any = None
    asked: Any = None
    _operation: Operation | None = None
    _allowance: Allowance | None = None
    _keyed = False
    _held_against: str | None = None

    def get_exception_handler(self) -> Any:
        """Return what puts refusals into the one form."""
        return answer_to

    # --- before the method ------------------------------------------------------------------------------------------

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check who asks, how often, and what they say, before the method runs."""
        super().initial(request, *args, **kwargs)
        method = request.method or ""
        if method == "OPTIONS":
            raise MethodNotAllowed(method)
        self._operation = wanted = operation_of(self, method)
        if wanted is None:
            raise MethodNotAllowed(method)
        if not wanted.anyone:
            self._admit(request, wanted, wanted.scope_for(method))
        self.asked = self._checked_query(request, wanted)
        if method not in SAFE:
            self.sent = self._checked_body(request, wanted)
        if method == "POST" and not self._keyed:
            self.prepare(request, *args, **kwargs)

    def _admit(self, request: Request, wanted: Operation, scope: str) -> None:
        if not isinstance(request.user, User) or not request.user.is_active:
            raise NotAuthenticated("Send a token: “Authorization: Bearer rushes_…”, or log in.")
        token = request.auth if isinstance(request.auth, ApiToken) else None
        self._allowance = Allowance(request.user, token, scope)
        self._allowance.take()
        if token is None:
            return
        if wanted.people_only:
            detail = "Tokens cannot do this; a person in the browser can."
            raise Refused(Refusal(403, "people_only", detail))
        if not token.allows(scope):
            detail = f"This token does not have the scope “{scope}”. Make one that has it in the team's settings."
            raise Refused(Refusal(403, "scope_missing", detail))

    def _checked_query(self, request: Request, wanted: Operation) -> Any:
        kind = wanted.query or (PageQuery if wanted.paged else NoBody)
        asked = request.query_params.copy()
        if wanted.answer is not None and (request.method or "") in SAFE:
            asked.pop("fields", None)
        query = kind(data=asked)
        query.is_valid(raise_exception=True)
        return query.validated_data

    def _checked_body(self, request: Request, wanted: Operation) -> Any:
        kind = wanted.body or NoBody
        body = kind(data=request.data, context={"request": request, "view": self})
        body.is_valid(raise_exception=True)
        return body.validated_data

    def _condition(self, request: HttpRequest, wanted: Operation | None) -> str | None:
        """Return what a change is to be held against; None where it is said for nothing.

        A list has no state that one change could be held against, nor has what is read only with more in the address
        than a change has.
        """
        reading = operation_of(self, "GET")
        if request.method in SAFE or wanted is None or reading is None or reading.paged:
            return None
        return request.headers.get("If-Match") if (reading.query or NoBody)(data={}).is_valid() else None

    def _if_unchanged(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Run the method where nothing has changed since the caller read it, if they say what they read."""
        if self._held_against is not None:
            freeze()
            self._compare(request, self._held_against, *args, **kwargs)
        return getattr(self, str(request.method).lower())(request, *args, **kwargs)  # type: ignore[no-any-return]

    def _compare(self, request: Request, condition: str, *args: Any, **kwargs: Any) -> None:
        reading = cast(Operation, operation_of(self, "GET"))
        plain = (reading.query or NoBody)(data={})
        plain.is_valid(raise_exception=True)
        changing, asked = self._operation, self.asked
        self._operation, self.asked = reading, plain.validated_data
        current = etag_of(JSONRenderer().render(self.get(request, *args, **kwargs).data))  # type: ignore[attr-defined]
        self._operation, self.asked = changing, asked
        if condition.strip() != "*" and current not in parse_etags(condition):
            raise changed_meanwhile()

    # --- around it --------------------------------------------------------------------------------------------------

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Answer; with an ``Idempotency-Key``, once; with ``If-Match``, where nothing has changed."""
        wanted = operation_of(self, request.method or "")
        self._keyed = self._keyed_by(request, wanted)
        self._held_against = self._condition(request, wanted)
        if not self._keyed and self._held_against is None:
            return super().dispatch(request, *args, **kwargs)
        self.args, self.kwargs = args, kwargs
        self.request = asked = self.initialize_request(request, *args, **kwargs)
        self.headers = self.default_response_headers
        try:
            self.initial(asked, *args, **kwargs)
            sent = self.sent

            def answer() -> Response:
                self.sent = copy(sent)  # methods take out of it what they have used
                return self._run(asked, *args, **kwargs)

            response = until_settled(answer)
        except Exception as error:  # noqa: BLE001 - the handler knows them, or lets them go on
            response = self.handle_exception(error)
        self.response = self.finalize_response(asked, response, *args, **kwargs)
        return self.response

    def _keyed_by(self, request: HttpRequest, wanted: Operation | None) -> bool:
        heeds = request.method == "POST" and wanted is not None and wanted.once
        return heeds and "Idempotency-Key" in request.headers

    def _run(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        if self._keyed:
            return answer_once(
                request,
                self.person,
                lambda: self._told(request, *args, **kwargs),
                prepare=lambda: self.prepare(request, *args, **kwargs),
            )
        with transaction.atomic():
            return self._if_unchanged(request, *args, **kwargs)

    def _told(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        try:
            return self._if_unchanged(request, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - the handler knows them, or lets them go on
            return self.handle_exception(error)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Add what every answer tells: what is left of the minute, and a mark by which to ask for changes only."""
        response = super().finalize_response(request, response, *args, **kwargs)
        if self._allowance is not None:
            self._allowance.write(response)
        patch_vary_headers(response, ["Authorization", "Cookie"])
        response.setdefault("Cache-Control", "private, no-cache")
        if isinstance(response, Response) and request.method in ("GET", "HEAD") and response.status_code == 200:
            response.render()
            mark = etag_of(response.content)
            response["ETag"] = mark
            if mark in parse_etags(request.headers.get("If-None-Match", "")):
                unchanged = Response(status=304, headers={**response.headers})
                return super().finalize_response(request, unchanged, *args, **kwargs)
        return response

    def prepare(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Do what takes long before ``post`` runs, outside of its transaction; subclasses say what.

        Called once what was sent is checked. Where the method is then not run, or undone, what was done here must do
        no harm: a file that nobody asks for, and that is swept.
        """

    # --- for the methods --------------------------------------------------------------------------------------------

    @property
    def person(self) -> User:
        """Who asks; limited to one team where a token asks for them."""
        return cast(User, self.request.user)

    @property
    def needs(self) -> Any:
        """The right that this operation takes, for the door."""
        return self._wanted.needs

    @property
    def _wanted(self) -> Operation:
        return cast(Operation, self._operation)

    def answer(self, thing: Any, *, status: int | None = None, location: str = "") -> Response:
        """Answer with one thing, or a whole short list.

        Args:
            thing: what the operation's serializer shows; None where it answers without a body.
            status: where it is another than the operation's.
            location: the address of what was made.
        """
        wanted = self._wanted
        status = status or wanted.status
        headers = {"Location": location} if location else {}
        kind = wanted.also.get(status, wanted.answer)
        if kind is None or thing is None:
            return Response(status=204 if kind is None else status, headers=headers)
        shown = kind(thing, many=wanted.listed, context={"request": self.request, "view": self})
        self._only_fields(shown.child if wanted.listed else shown)  # type: ignore[attr-defined]
        return Response(shown.data, status=status, headers=headers)

    def page(self, rows: models.QuerySet[Any], *order: str) -> Response:
        """Answer with a page of a long list.

        Args:
            rows: those that the person may see.
            order: paths to columns that are never empty, all upwards or all downwards; the newest first unless said.
        """
        pages = Pages(self.request, self.asked, order or ("-created_at",))
        found = pages.rows_of(rows)
        kind = cast(type[Serializer[Any]], self._wanted.answer)
        shown = kind(found, many=True, context={"request": self.request, "view": self})
        self._only_fields(shown.child)  # type: ignore[attr-defined]
        return pages.answer(shown.data)

    def one(self, rows: models.QuerySet[Row], row_id: Any) -> Row:
        """Return one of the rows that the person may see.

        Raises:
            Http404: it is not among them.
        """
        row = rows.filter(pk=row_id).first()
        if row is None:
            raise Http404("No such thing.")
        return row

    def _only_fields(self, shown: Any) -> None:
        """Leave out what ``?fields=a,b`` does not name."""
        if self.request.method not in ("GET", "HEAD") or "fields" not in self.request.query_params:
            return
        wanted = {name.strip() for name in self.request.query_params["fields"].split(",")}
        unknown = wanted - set(shown.fields)
        if unknown:
            raise field_error("fields", f"There is no such field here. There are: {', '.join(shown.fields)}.")
        for name in set(shown.fields) - wanted:
            shown.fields.pop(name)


def etag_of(content: bytes) -> str:
    """Return a mark of what an answer says: the same content, the same mark."""
    return quote_etag(hashlib.sha256(content).hexdigest()[:32])
