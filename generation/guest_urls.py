"""Addresses of guests: below one link's own, and nothing beside it."""

from django.urls import path

from generation.views import guest_cut
from scenes.views import guests

app_name = "guests"
urlpatterns = [
    path("review/<uuid:link_id>/<str:mac>/", guests.review, name="review"),
    path("review/<uuid:link_id>/<str:mac>/cut/", guest_cut.guest_cut, name="cut"),
    path("review/<uuid:link_id>/<str:mac>/titles/<uuid:title_id>/", guest_cut.guest_title, name="title"),
    path("review/<uuid:link_id>/<str:mac>/items/", guests.items, name="items"),
    path("review/<uuid:link_id>/<str:mac>/state/", guests.state, name="state"),
    path("review/<uuid:link_id>/<str:mac>/notes/", guests.notes, name="notes"),
    path(
        "review/<uuid:link_id>/<str:mac>/notes/<uuid:note_id>/take-back/", guests.note_take_back, name="note_take_back"
    ),
    path("review/<uuid:link_id>/<str:mac>/verdict/", guests.verdict, name="verdict"),
    path("review/<uuid:link_id>/<str:mac>/media/<uuid:asset_id>/<str:name>", guests.media, name="media"),
]
