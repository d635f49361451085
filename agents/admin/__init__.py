"""Agents in Django's admin: everything to read, orders and settings through the services."""

from agents.admin import agents, alerts, approvals, credentials, documents, requests

__all__ = ["agents", "alerts", "approvals", "credentials", "documents", "requests"]
