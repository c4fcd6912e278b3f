"""Addresses of the script: written, kept, compared, taken back, exported."""

from django.urls import path

from scenes.views import script, writing

_AT = "projects/<uuid:project_id>/script/"

script_patterns = [
    path(_AT, script.script, name="script"),
    path(f"{_AT}import/", script.script_import, name="script_import"),
    path(f"{_AT}preview/", script.script_preview, name="script_preview"),
    path(f"{_AT}breakdown/", script.breakdown, name="breakdown"),
    path(f"{_AT}paragraphs/", script.paragraph_scenes, name="paragraph_scenes"),
    path(f"{_AT}latest/", writing.latest, name="script_latest"),
    path(f"{_AT}drafts/<uuid:window>/", writing.draft, name="script_draft"),
    path(f"{_AT}versions/", writing.versions, name="script_versions"),
    path(f"{_AT}versions/<int:version>/restore/", writing.restore, name="script_restore"),
    path(f"{_AT}versions/<int:version>/name/", writing.name, name="script_name"),
    path(f"{_AT}export/", writing.export, name="script_export"),
    path(f"{_AT}print/", writing.printed, name="script_print"),
]
