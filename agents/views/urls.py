"""The pages about agents and what waits for a decision.

What is beside the agents stands under `-`, which is no agent's slug.
"""

from __future__ import annotations

from django.urls import path

from . import agent, agents, approvals, imports, palette, search, why
from .settings import machines, workflow

urlpatterns = [
    path("p/<slug:slug>/agents", agents.agents, name="agents"),
    path("p/<slug:slug>/agents/-/cards", agents.cards, name="agents-cards"),
    path("p/<slug:slug>/agents/-/dots", agents.dots, name="agents-dots"),
    path("p/<slug:slug>/agents/<slug:agent_slug>", agent.agent, name="agent"),
    path("p/<slug:slug>/agents/<slug:agent_slug>/inside", agent.inside, name="agent-inside"),
    path("p/<slug:slug>/agents/<slug:agent_slug>/connect", agent.connect, name="agent-connect"),
    path(
        "p/<slug:slug>/agents/<slug:agent_slug>/documents/<slug:kind>", agent.document, name="agent-document"
    ),
    path(
        "p/<slug:slug>/agents/<slug:agent_slug>/documents/<slug:kind>/<str:day>",
        agent.document,
        name="agent-daily-note",
    ),
    path("p/<slug:slug>/import", imports.imports, name="imports"),
    path("p/<slug:slug>/import/<str:ref>", imports.one, name="import"),
    path("p/<slug:slug>/import/<str:ref>/progress", imports.progress, name="import-progress"),
    path("p/<slug:slug>/import/<str:ref>/pieces/<int:number>", imports.piece, name="import-piece"),
    path("p/<slug:slug>/import/<str:ref>/columns", imports.columns, name="import-columns"),
    path("p/<slug:slug>/import/<str:ref>/statuses", imports.statuses, name="import-statuses"),
    path("p/<slug:slug>/import/<str:ref>/report.<str:kind>", imports.report, name="import-report"),
    path("p/<slug:slug>/import/<str:ref>/<str:what>", imports.act, name="import-act"),
    path("p/<slug:slug>/palette", palette.palette, name="palette"),
    path("p/<slug:slug>/search", search.page, name="search"),
    path("p/<slug:slug>/search/results", search.results, name="search-results"),
    path("p/<slug:slug>/settings/workflow", workflow.workflow, name="settings-workflow"),
    path("p/<slug:slug>/settings/tokens", machines.tokens, name="settings-tokens"),
    path("p/<slug:slug>/settings/tokens/list", machines.tokens_list, name="settings-tokens-list"),
    path("p/<slug:slug>/settings/agents", machines.agents, name="settings-agents"),
    path("p/<slug:slug>/settings/limits", machines.limits, name="settings-limits"),
    path("p/<slug:slug>/t/<str:key>/approvals/list", approvals.approvals, name="drawer-approvals"),
    path("p/<slug:slug>/t/<str:key>/why/list", why.explanation, name="drawer-why"),
]
