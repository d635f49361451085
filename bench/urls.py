"""The product's addresses, and the bare view measured against."""

from django.urls import path

from bench import bare
from missioncontrol.urls import handler400, handler403, handler404, handler500
from missioncontrol.urls import urlpatterns as product

urlpatterns = [*product, path("bench/claim", bare.claim)]

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]
