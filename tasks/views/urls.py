"""The pages of people and the board."""

from __future__ import annotations

from django.urls import path

from . import board, drawer, links, new_project, profile, sign_in, thread
from .settings import general, labels, members

urlpatterns = [
    path("", sign_in.home, name="home"),
    path("sign-in", sign_in.sign_in, name="sign-in"),
    path("sign-in/<str:secret>", sign_in.link, name="sign-in-link"),
    path("sign-out", sign_in.sign_out, name="sign-out"),
    path("session", sign_in.session, name="session"),
    path("me", profile.profile, name="profile"),
    path("me/password", profile.password, name="profile-password"),
    path("me/sign-out", profile.sign_out_everywhere, name="profile-sign-out"),
    path("projects/new", new_project.new_project, name="new-project"),
    path("projects/new/propose", new_project.propose, name="new-project-propose"),
    path("p/<slug:slug>", board.board, name="board"),
    path("p/<slug:slug>/columns", board.columns, name="board-columns"),
    path("p/<slug:slug>/columns/<str:status>", board.column, name="board-column"),
    path("p/<slug:slug>/mode", board.mode, name="mode"),
    path("p/<slug:slug>/views", board.views, name="views"),
    path("p/<slug:slug>/choices", board.choices, name="choices"),
    path("p/<slug:slug>/settings", general.general, name="settings"),
    path("p/<slug:slug>/settings/mode", general.mode, name="settings-mode"),
    path("p/<slug:slug>/settings/archive", general.archive, name="settings-archive"),
    path("p/<slug:slug>/settings/members", members.members, name="settings-members"),
    path("p/<slug:slug>/settings/members/list", members.members_list, name="settings-members-list"),
    path("p/<slug:slug>/settings/labels", labels.labels, name="settings-labels"),
    path("p/<slug:slug>/settings/labels/list", labels.labels_list, name="settings-labels-list"),
    path("p/<slug:slug>/preview", thread.preview, name="preview"),
    path("p/<slug:slug>/t/<str:key>/messages/<str:message>/changes", thread.changes, name="message-changes"),
    path("p/<slug:slug>/t/<str:key>", drawer.drawer, name="drawer"),
    path("p/<slug:slug>/t/<str:key>/<str:tab>", drawer.drawer, name="drawer-tab"),
    path("p/<slug:slug>/t/<str:key>/links/graph", links.graph, name="drawer-graph"),
    path("p/<slug:slug>/t/<str:key>/links/candidates", links.candidates, name="drawer-candidates"),
    path("p/<slug:slug>/t/<str:key>/<str:tab>/panel", drawer.panel, name="drawer-panel"),
]
