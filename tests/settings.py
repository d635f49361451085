"""The project's settings, with every file a test writes in a folder that goes when the tests end."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

if "MC_TEST_DATA_DIR" not in os.environ:
    made = tempfile.mkdtemp(prefix="mc-tests-")
    os.environ["MC_TEST_DATA_DIR"] = made
    atexit.register(shutil.rmtree, made, ignore_errors=True)

worker = os.environ.get("PYTEST_XDIST_WORKER", "")
if worker and Path(os.environ["MC_TEST_DATA_DIR"]).name != worker:
    # Each process of a parallel run has a folder and a Redis database of its own, and what it starts inherits them.
    own = Path(os.environ["MC_TEST_DATA_DIR"], worker)
    own.mkdir(exist_ok=True)
    os.environ["MC_TEST_DATA_DIR"] = str(own)
    if shared := os.environ.get("MC_REDIS_URL"):
        address, _, number = shared.rpartition("/")
        os.environ["MC_REDIS_URL"] = f"{address}/{int(number) + 1 + int(worker.removeprefix('gw'))}"
os.environ["MC_DATA_DIR"] = os.environ["MC_TEST_DATA_DIR"]
os.environ.setdefault("MC_SECRET_KEY", "tests-only-tests-only-0123456789-abcdefghijklm")

from missioncontrol.settings import *
from missioncontrol.settings import DATABASES, MC_DATABASE_URL

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if not MC_DATABASE_URL:
    # A real file, because race tests open it from many threads; nothing here must survive a power cut.
    DATABASES["default"]["TEST"] = {"NAME": DATABASES["default"]["NAME"]}
    options = DATABASES["default"]["OPTIONS"]
    options["init_command"] = options["init_command"].replace("synchronous=FULL", "synchronous=OFF")
elif worker:
    DATABASES["default"]["TEST"] = {"NAME": f"test_{DATABASES['default']['NAME']}_{worker}"}
