"""The rows of what people and agents are told, and how far the relay has read."""

from .notifications import (
    DeliveryState,
    HeldEvent,
    Notification,
    NotificationType,
    RelayCursor,
    RelayFailure,
)

__all__ = ["DeliveryState", "HeldEvent", "Notification", "NotificationType", "RelayCursor", "RelayFailure"]
