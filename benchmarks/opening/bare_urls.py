"""The peer's pages: the admin, and the REST framework's empty router."""

from django.contrib import admin
from django.urls import include, path
from rest_framework.routers import DefaultRouter

urlpatterns = [path("admin/", admin.site.urls), path("api/", include(DefaultRouter().urls))]
