"""Coming in: by password, by a one-time link, and not too often."""

from __future__ import annotations

import secrets
from ipaddress import IPv6Address

import pytest
from django.test import Client

from tasks.models import User
from tasks.services.people import create_operator, issue_sign_in_link
from tests.agents.building import HOUSE, a_project

pytestmark = pytest.mark.django_db
PASSWORD = "a long and private word"


@pytest.fixture
def ada() -> User:
    return create_operator(actor=HOUSE, username="ada", project=a_project(), role="owner", password=PASSWORD)


def a_browser() -> Client:
    """A client with an address of its own: failures are counted per address, in Redis beyond one run of the tests."""
    return Client(REMOTE_ADDR=str(IPv6Address(secrets.randbits(128))))


def try_in(client: Client, password: str, **more: str) -> int:
    return client.post("/sign-in", {"username": "ada", "password": password, **more}).status_code


def test_a_password_signs_in_and_goes_where_the_person_wanted(ada: User) -> None:
    client = a_browser()

    answer = client.post("/sign-in", {"username": "ada", "password": PASSWORD, "next": "/p/apollo/agents"})

    assert (answer.status_code, answer["Location"]) == (302, "/p/apollo/agents")
    assert client.get("/p/apollo").status_code == 200


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil.example"]
)
def test_nobody_is_sent_to_another_site(ada: User, elsewhere: str) -> None:
    answer = a_browser().post("/sign-in", {"username": "ada", "password": PASSWORD, "next": elsewhere})

    assert answer["Location"] == "/"


def test_a_wrong_password_says_so_and_keeps_the_name(ada: User) -> None:
    answer = a_browser().post("/sign-in", {"username": "ada", "password": "wrong"})

    assert answer.status_code == 401
    assert b"do not go together" in answer.content
    assert b'value="ada"' in answer.content


def test_ten_wrong_passwords_close_the_door_for_a_while(ada: User) -> None:
    client = a_browser()
    assert [try_in(client, "wrong") for _ in range(10)] == [401] * 10

    answer = client.post("/sign-in", {"username": "ada", "password": PASSWORD})

    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert client.get("/p/apollo").status_code == 302


def test_looking_at_a_link_does_not_use_it_up_and_the_button_does(ada: User) -> None:
    secret = issue_sign_in_link(user=ada)
    client = a_browser()

    assert [client.get(f"/sign-in/{secret}").status_code for _ in range(2)] == [200, 200]
    assert client.post(f"/sign-in/{secret}")["Location"] == "/"
    assert a_browser().post(f"/sign-in/{secret}").status_code == 410
    assert a_browser().get(f"/sign-in/{secret}").status_code == 410


def test_an_expired_or_invented_link_is_gone(ada: User) -> None:
    expired = issue_sign_in_link(user=ada, lifetime_s=-1)

    assert a_browser().post(f"/sign-in/{expired}").status_code == 410
    assert a_browser().get("/sign-in/invented").status_code == 410


def test_signing_out_ends_the_session(ada: User) -> None:
    client = a_browser()
    client.force_login(ada)

    assert client.get("/sign-out").status_code == 405
    assert client.post("/sign-out").status_code == 302
    assert client.get("/p/apollo").status_code == 302


def test_pages_carry_a_policy_that_lets_no_inline_script_run(ada: User) -> None:
    policy = a_browser().get("/sign-in")["Content-Security-Policy"]

    assert "script-src 'self'" in policy
    assert "unsafe-inline" not in policy
