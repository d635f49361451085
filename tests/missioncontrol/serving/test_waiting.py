"""A thread that waits holds no connection that others could use."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from missioncontrol.kernel.waiting import rest


@pytest.mark.django_db(transaction=True)
def test_resting_hands_a_pooled_connection_back() -> None:
    connection.ensure_connection()
    rest()
    assert (connection.connection is None) == (connection.vendor == "postgresql")


@pytest.mark.django_db(transaction=True)
def test_resting_inside_a_transaction_keeps_it() -> None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        rest()
        assert connection.connection is not None
