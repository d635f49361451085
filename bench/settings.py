"""The product's own settings, with the bare views that measurements compare against beside its addresses."""

from missioncontrol.settings import *  # noqa: F403

ROOT_URLCONF = "bench.urls"
MC_KEY_RATE = 10_000_000
