from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.account.urls")),
    path("", include("projects.urls")),
    path("", include("scenes.urls")),
    path("", include("generation.urls")),
]
