"""Addresses of files that programs bring, and of what is measured in files."""

from django.urls import path

from generation.api import uploads

urlpatterns = [
    path("uploads", uploads.Uploads.as_view(), name="uploads"),
    path("uploads/<uuid:upload_id>", uploads.OneUpload.as_view(), name="upload"),
    path("uploads/<uuid:upload_id>/links", uploads.UploadLinks.as_view(), name="upload_links"),
    path("uploads/<uuid:upload_id>/parts/<int:part>", uploads.UploadPart.as_view(), name="upload_part"),
    path("uploads/<uuid:upload_id>/finish", uploads.FinishUpload.as_view(), name="upload_finish"),
    path("assets/upload", uploads.UploadAsset.as_view(), name="asset_upload"),
    path("assets/<uuid:asset_id>/waveform", uploads.AssetWaveform.as_view(), name="asset_waveform"),
    path("shots/<uuid:shot_id>/upload", uploads.UploadTake.as_view(), name="shot_upload"),
    path("films/<uuid:film_id>/sounds", uploads.UploadSound.as_view(), name="film_sounds"),
    path("renders/<uuid:render_id>/differences", uploads.RenderDifferences.as_view(), name="render_differences"),
]
