"""Mission Control: one live board where people and AI agents work together."""

from missioncontrol.celery import app as celery_app

__all__ = ["celery_app"]
__version__ = "0.1.0"
