"""Agents in Django's admin: everything to read, orders and settings through the services."""

from agents.admin import agents, alerts, approvals, checks, credentials, documents, requests

__all__ = ["agents", "alerts", "approvals", "checks", "credentials", "documents", "requests"]
