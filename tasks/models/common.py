"""What several models share: who did it, and when."""

from __future__ import annotations

from django.db import models

from missioncontrol.kernel.actor import Actor


class ActorKinds(models.TextChoices):
    """Who can do a thing."""

    HUMAN = "human", "Person"
    AGENT = "agent", "Agent"
    SERVICE = "service", "Service"
    SYSTEM = "system", "Mission Control"


class ActorStamped(models.Model):
    """A row that says who made it. The name is kept as it was then, so that history reads true after a rename."""

    actor_kind = models.CharField(max_length=8, choices=ActorKinds.choices, default=ActorKinds.SYSTEM)
    actor_id = models.CharField(max_length=64, default="", blank=True)
    actor_name = models.CharField(max_length=150, default="", blank=True)

    class Meta:
        abstract = True

    @property
    def author(self) -> dict[str, str]:
        """Who made this row, as answers and events say it."""
        return {"kind": self.actor_kind, "id": self.actor_id, "name": self.actor_name}

    @property
    def by_agent(self) -> bool:
        """Whether an agent made this row."""
        return self.actor_kind == ActorKinds.AGENT

    def is_by(self, actor: Actor) -> bool:
        """Whether `actor` made this row."""
        return self.actor_kind == actor.kind and self.actor_id == actor.id


def stamp(actor: Actor) -> dict[str, str]:
    """The columns of `ActorStamped` for `actor`, to spread into a constructor."""
    return {"actor_kind": actor.kind, "actor_id": actor.id, "actor_name": actor.name[:150]}
