"""The pages of people and the board."""

from __future__ import annotations

from django.urls import path

from . import board, drawer, sign_in

urlpatterns = [
    path("", sign_in.home, name="home"),
    path("sign-in", sign_in.sign_in, name="sign-in"),
    path("sign-in/<str:secret>", sign_in.link, name="sign-in-link"),
    path("sign-out", sign_in.sign_out, name="sign-out"),
    path("p/<slug:slug>", board.board, name="board"),
    path("p/<slug:slug>/columns", board.columns, name="board-columns"),
    path("p/<slug:slug>/columns/<str:status>", board.column, name="board-column"),
    path("p/<slug:slug>/mode", board.mode, name="mode"),
    path("p/<slug:slug>/views", board.views, name="views"),
    path("p/<slug:slug>/choices", board.choices, name="choices"),
    path("p/<slug:slug>/t/<str:key>", drawer.drawer, name="drawer"),
    path("p/<slug:slug>/t/<str:key>/<str:tab>", drawer.drawer, name="drawer-tab"),
    path("p/<slug:slug>/t/<str:key>/<str:tab>/panel", drawer.panel, name="drawer-panel"),
]
