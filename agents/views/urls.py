"""The pages about agents and what waits for a decision."""

from __future__ import annotations

from django.urls import path

from . import agents, approvals, search

urlpatterns = [
    path("p/<slug:slug>/agents", agents.agents, name="agents"),
    path("p/<slug:slug>/agents/cards", agents.cards, name="agents-cards"),
    path("p/<slug:slug>/agents/dots", agents.dots, name="agents-dots"),
    path("p/<slug:slug>/search", search.page, name="search"),
    path("p/<slug:slug>/search/results", search.results, name="search-results"),
    path("p/<slug:slug>/t/<str:key>/approvals/list", approvals.approvals, name="drawer-approvals"),
]
