"""What the sockets of this process cost: how many there are, what was rendered, encoded and sent."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge

registry = CollectorRegistry()
SOCKETS = Gauge("mc_live_sockets", "Open sockets.", registry=registry)
EVENTS = Counter("mc_live_events", "Events handed out, each counted once.", registry=registry)
CARDS = Counter("mc_live_cards_rendered", "Cards rendered for sockets.", registry=registry)
ENCODINGS = Counter("mc_live_encodings", "Messages encoded.", registry=registry)
MESSAGES = Counter("mc_live_messages", "Messages sent to sockets.", registry=registry)
CUT_OFF = Counter("mc_live_cut_off", "Sockets closed for being too slow.", registry=registry)
