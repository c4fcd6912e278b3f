from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

# The admin's own login counts no failed attempts; the one that people use does.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

# Whoever asks too often is told when to come back; allauth's limits answer with this, too.
handler429 = "accounts.views.people.too_many"

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", include(("config.api", "api"))),
    path("", include("accounts.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/sessions/", include("allauth.usersessions.urls")),
    path("", include("projects.urls")),
    path("", include("scenes.urls")),
    path("", include("generation.urls")),
    path("", include("generation.team_urls")),
    path("", include("generation.hook_urls")),
    path("", include("generation.guest_urls")),
]
