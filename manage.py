#!/usr/bin/env python
"""Command line of the Mission Control server."""

import os
import sys


def main() -> None:
    """Run a management command with the project's settings; what an operator can mend is told in a line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "missioncontrol.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    if "--traceback" in sys.argv:
        return execute_from_command_line(sys.argv)
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"Configuration: {error}")
    except OperationalError as error:
        sys.exit(f"The database cannot be used: {error}\nmanage.py doctor says more.")


if __name__ == "__main__":
    main()
