"""Addresses of the script, the storyboard, the film and their files."""

from django.urls import path

from scenes.views import film, media, script, shots, storyboard

app_name = "scenes"
urlpatterns = [
    path("projects/start/", script.start, name="start"),
    path("projects/<uuid:project_id>/script/", script.script, name="script"),
    path("projects/<uuid:project_id>/script/import/", script.script_import, name="script_import"),
    path("projects/<uuid:project_id>/script/preview/", script.script_preview, name="script_preview"),
    path("projects/<uuid:project_id>/script/breakdown/", script.breakdown, name="breakdown"),
    path("projects/<uuid:project_id>/script/paragraphs/", script.paragraph_scenes, name="paragraph_scenes"),
    path("projects/<uuid:project_id>/storyboard/", storyboard.storyboard, name="storyboard"),
    path("projects/<uuid:project_id>/scenes/<uuid:scene_id>/order/", storyboard.shots_order, name="shots_order"),
    path("projects/<uuid:project_id>/shots/<uuid:shot_id>/", shots.shot, name="shot"),
    path("projects/<uuid:project_id>/shots/<uuid:shot_id>/card/", storyboard.shot_card, name="shot_card"),
    path("projects/<uuid:project_id>/shots/<uuid:shot_id>/edit/", shots.shot_edit, name="shot_edit"),
    path("projects/<uuid:project_id>/shots/<uuid:shot_id>/place/", shots.shot_place, name="shot_place"),
    path("projects/<uuid:project_id>/takes/<uuid:take_id>/select/", shots.select_take, name="select_take"),
    path("projects/<uuid:project_id>/film/", film.film, name="film"),
    path("media/<uuid:asset_id>/<str:name>", media.media, name="media"),
]
