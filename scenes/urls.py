"""Addresses of the script, the storyboard, the film and their files."""

from django.urls import path

from scenes.script_urls import script_patterns
from scenes.views import assets, elements, film, media, plans, review_links, rushes, scenes, script, shots, storyboard

app_name = "scenes"
urlpatterns = [
    path("projects/start/", script.start, name="start"),
    *script_patterns,
    path("projects/<uuid:project_id>/storyboard/", storyboard.storyboard, name="storyboard"),
    path("projects/<uuid:project_id>/scenes/order/", scenes.scenes_order, name="scenes_order"),
    path("projects/<uuid:project_id>/scenes/insert/", scenes.scene_insert, name="scene_insert"),
    path("projects/<uuid:project_id>/scenes/<uuid:scene_id>/", scenes.scene, name="scene"),
    path("projects/<uuid:project_id>/scenes/<uuid:scene_id>/edit/", scenes.scene_edit, name="scene_edit"),
    path("projects/<uuid:project_id>/scenes/<uuid:scene_id>/place/", scenes.scene_place, name="scene_place"),
    path("projects/<uuid:project_id>/scenes/<uuid:scene_id>/order/", scenes.shots_order, name="shots_order"),
    path("projects/<uuid:project_id>/scenes/<uuid:scene_id>/shots/insert/", scenes.shot_insert, name="shot_insert"),
    path("projects/<uuid:project_id>/shots/status/", plans.shots_status, name="shots_status"),
    path("projects/<uuid:project_id>/shots/assign/", plans.shots_assign, name="shots_assign"),
    path("projects/<uuid:project_id>/shots/due/", plans.shots_due, name="shots_due"),
    path("projects/<uuid:project_id>/shots/omit/", plans.shots_omit, name="shots_omit"),
    path("projects/<uuid:project_id>/undo/<int:number>/", plans.undo, name="undo"),
    path("projects/<uuid:project_id>/shots/<uuid:shot_id>/", shots.shot, name="shot"),
    path("projects/<uuid:project_id>/shots/<uuid:shot_id>/card/", storyboard.shot_card, name="shot_card"),
    path("projects/<uuid:project_id>/shots/<uuid:shot_id>/edit/", shots.shot_edit, name="shot_edit"),
    path("projects/<uuid:project_id>/shots/<uuid:shot_id>/place/", shots.shot_place, name="shot_place"),
    path("projects/<uuid:project_id>/shots/<uuid:shot_id>/split/", shots.shot_split, name="shot_split"),
    path("projects/<uuid:project_id>/takes/<uuid:take_id>/select/", shots.select_take, name="select_take"),
    path("projects/<uuid:project_id>/takes/<uuid:take_id>/approve/", rushes.approve_take, name="approve_take"),
    path("projects/<uuid:project_id>/takes/<uuid:take_id>/send-back/", rushes.send_back, name="send_back"),
    path("projects/<uuid:project_id>/takes/<uuid:take_id>/withdraw/", rushes.withdraw_verdict, name="withdraw_verdict"),
    path("projects/<uuid:project_id>/takes/<uuid:take_id>/star/", rushes.star_take, name="star_take"),
    path("projects/<uuid:project_id>/takes/<uuid:take_id>/delete/", rushes.delete_take, name="delete_take"),
    path("projects/<uuid:project_id>/rushes/", rushes.rushes, name="rushes"),
    path("projects/<uuid:project_id>/rushes/badge/", rushes.rushes_badge, name="rushes_badge"),
    path("projects/<uuid:project_id>/rushes/compare/", rushes.compare, name="compare"),
    path("projects/<uuid:project_id>/rushes/<uuid:take_id>/", rushes.take_review, name="take_review"),
    path("projects/<uuid:project_id>/assets/", assets.assets_page, name="assets"),
    path("projects/<uuid:project_id>/assets/<uuid:asset_id>/", assets.asset, name="asset"),
    path("projects/<uuid:project_id>/assets/<uuid:asset_id>/rename/", assets.asset_rename, name="asset_rename"),
    path("projects/<uuid:project_id>/assets/<uuid:asset_id>/delete/", assets.asset_delete, name="asset_delete"),
    path("projects/<uuid:project_id>/elements/", elements.elements_list, name="elements"),
    path("projects/<uuid:project_id>/elements/speaking/", elements.speaking, name="speaking"),
    path("projects/<uuid:project_id>/elements/names/", elements.element_names, name="element_names"),
    path("projects/<uuid:project_id>/elements/<uuid:element_id>/", elements.element, name="element"),
    path("projects/<uuid:project_id>/elements/<uuid:element_id>/edit/", elements.element_edit, name="element_edit"),
    path(
        "projects/<uuid:project_id>/elements/<uuid:element_id>/pictures/",
        elements.element_pictures,
        name="element_pictures",
    ),
    path("projects/<uuid:project_id>/elements/<uuid:element_id>/merge/", elements.element_merge, name="element_merge"),
    path(
        "projects/<uuid:project_id>/elements/<uuid:element_id>/delete/", elements.element_delete, name="element_delete"
    ),
    path("projects/<uuid:project_id>/film/", film.film, name="film"),
    path("projects/<uuid:project_id>/film/change/", film.film_change, name="film_change"),
    path("projects/<uuid:project_id>/film/sounds/", film.film_sounds, name="film_sounds"),
    path("projects/<uuid:project_id>/renders/<uuid:render_id>/delete/", film.render_delete, name="render_delete"),
    path("projects/<uuid:project_id>/review-links/", review_links.review_links, name="review_links"),
    path("projects/<uuid:project_id>/takes/<uuid:take_id>/client/", review_links.client_word, name="client_word"),
    path("projects/<uuid:project_id>/review-links/new/", review_links.share, name="share"),
    path(
        "projects/<uuid:project_id>/review-links/<uuid:link_id>/revoke/",
        review_links.revoke,
        name="review_link_revoke",
    ),
    path(
        "projects/<uuid:project_id>/review-links/<uuid:link_id>/restore/",
        review_links.restore,
        name="review_link_restore",
    ),
    path(
        "projects/<uuid:project_id>/review-links/<uuid:link_id>/expiry/",
        review_links.expiry,
        name="review_link_expiry",
    ),
    path("media/<uuid:asset_id>/<str:name>", media.media, name="media"),
]
