"""The own profile: name, address, password, and the end of all sessions."""

from __future__ import annotations

import secrets
from ipaddress import IPv6Address

import pytest
from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tasks.models import Project, User
from tasks.services.people import change_password, create_operator
from tests.agents.building import HOUSE, a_member, a_project, events

pytestmark = pytest.mark.django_db
PASSWORD = "a long and private word"
BETTER = "an even longer private word"


@pytest.fixture
def ada(project: Project) -> User:
    return create_operator(actor=HOUSE, username="ada", project=project, role="owner", password=PASSWORD)


def another_browser(user: User) -> Client:
    client = Client(REMOTE_ADDR=str(IPv6Address(secrets.randbits(128))))
    client.force_login(user)
    return client


def is_signed_in(client: Client) -> bool:
    answer: int = client.get("/me").status_code
    return answer == 200


def passwords(old: str, new: str, again: str | None = None) -> dict[str, str]:
    return {"old_password": old, "new_password1": new, "new_password2": new if again is None else again}


def test_the_profile_shows_the_person_and_their_projects(project: Project, ada: User, hers: Client) -> None:
    page = hers.get("/me").content.decode()

    assert "@ada" in page
    assert 'href="/p/apollo"' in page
    assert "Owner" in page
    assert 'href="/me"' in hers.get("/p/apollo").content.decode()


def test_who_is_not_signed_in_is_asked_to_and_comes_back_to_the_profile(project: Project) -> None:
    answer = Client().get("/me")

    assert (answer.status_code, answer["Location"]) == (302, "/sign-in?next=%2Fme")


def test_a_new_name_is_kept_shown_and_told_to_each_project(project: Project, ada: User, hers: Client) -> None:
    other = a_project("gemini")
    a_member(other, "zoe")
    other.memberships.create(user=ada, role="viewer")

    answer = hers.post("/me", {"display_name": "  Ada   Ünal ", "email": "ada@example.org"})

    assert (answer.status_code, answer["Location"]) == (302, "/me")
    ada.refresh_from_db()
    assert (ada.display_name, ada.email) == ("Ada Ünal", "ada@example.org")
    for each in (project, other):
        (event,) = events(each, "person.renamed")
        assert (event.actor_name, event.data["after"]) == ("ada", {"shown_name": "Ada Ünal"})
        assert "ada@example.org" not in str(event.data)
    assert "Your profile is saved." in hers.get("/me").content.decode()


def test_the_same_again_and_a_new_address_tell_nobody(project: Project, ada: User, hers: Client) -> None:
    for email in ("", "ada@example.org"):
        assert hers.post("/me", {"display_name": "", "email": email}).status_code == 302

    assert events(project, "person.renamed") == []


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("email", "nonsense", "Not an e-mail address"),
        ("email", "a@b\x07.org", "not allowed"),
        ("display_name", "x" * 151, "at most 150"),
        ("display_name", "\u200b", "nothing that can be seen"),
    ],
)
def test_what_cannot_be_kept_is_said_beside_its_field_and_the_input_stays(
    project: Project, ada: User, hers: Client, field: str, value: str, message: str
) -> None:
    given = {"display_name": "Ada", "email": "ada@example.org", field: value}

    answer = hers.post("/me", given)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert message in page
    assert 'aria-invalid="true"' in page
    for text in given.values():
        assert f'value="{text}"' in page
    ada.refresh_from_db()
    assert (ada.display_name, ada.email) == ("", "")


def test_a_new_password_keeps_this_browser_and_signs_out_the_others(ada: User, hers: Client) -> None:
    elsewhere = another_browser(ada)

    answer = hers.post("/me/password", passwords(PASSWORD, BETTER))

    assert answer.status_code == 302
    ada.refresh_from_db()
    assert ada.check_password(BETTER)
    assert is_signed_in(hers)
    assert not is_signed_in(elsewhere)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (passwords("wrong", BETTER), "old password was entered incorrectly"),
        (passwords(PASSWORD, BETTER, "something else"), "didn’t match"),
        (passwords(PASSWORD, "short"), "at least 10 characters"),
        (passwords(PASSWORD, "1234567890987"), "entirely numeric"),
        (passwords(PASSWORD, "password123"), "too common"),
    ],
)
def test_a_password_that_will_not_do_is_refused_beside_its_field(
    ada: User, given: dict[str, str], message: str
) -> None:
    answer = another_browser(ada).post("/me/password", given)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert message in page
    for password in given.values():
        assert f'"{password}"' not in page
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)


def test_a_found_open_session_cannot_try_passwords_for_long(ada: User) -> None:
    client = another_browser(ada)
    tries = [client.post("/me/password", passwords("wrong", BETTER)).status_code for _ in range(11)]

    assert tries == [422] * 10 + [429]
    assert client.post("/me/password", passwords(PASSWORD, BETTER)).status_code == 429


def test_who_came_by_a_link_sets_a_first_password(project: Project) -> None:
    ben = create_operator(actor=HOUSE, username="ben", project=project, role="operator")
    client = another_browser(ben)

    assert "old_password" not in client.get("/me").content.decode()
    answer = client.post("/me/password", {"new_password1": BETTER, "new_password2": BETTER})

    assert answer.status_code == 302
    ben.refresh_from_db()
    assert ben.check_password(BETTER)


@pytest.mark.parametrize(("given", "stays"), [({"stay": "1"}, True), ({}, False)])
def test_all_sessions_are_ended_in_every_browser(
    ada: User, hers: Client, given: dict[str, str], stays: bool
) -> None:
    elsewhere, other = another_browser(ada), another_browser(ada)

    answer = hers.post("/me/sign-out", given)

    assert answer["Location"] == ("/me" if stays else "/sign-in")
    assert is_signed_in(hers) is stays
    assert not is_signed_in(elsewhere)
    assert not is_signed_in(other)
    assert is_signed_in(another_browser(User.objects.get(pk=ada.pk)))


def test_sessions_of_other_people_stay(project: Project, ada: User, hers: Client) -> None:
    bens = another_browser(a_member(project, "ben"))

    hers.post("/me/sign-out", {})

    assert is_signed_in(bens)


@pytest.mark.parametrize("path", ["/me", "/me/password", "/me/sign-out"])
def test_a_page_left_open_by_somebody_else_changes_nothing(
    project: Project, ada: User, hers: Client, path: str
) -> None:
    ben = a_member(project, "ben")
    given = {"display_name": "Ben", **passwords(PASSWORD, BETTER), "drawn_for": str(ben.pk)}

    answer = hers.post(path, given)

    assert (answer.status_code, answer["Location"]) == (302, "/me")
    ada.refresh_from_db()
    assert (ada.display_name, ada.sign_outs, ada.check_password(PASSWORD)) == ("", 0, True)
    assert "drawn for somebody else" in hers.get("/me").content.decode()


def test_the_profile_needs_the_same_number_of_queries_in_five_projects_and_in_fifty(
    project: Project, ada: User, hers: Client
) -> None:
    def joined(count: int) -> int:
        for _ in range(count):
            a_project(f"p{Project.objects.count()}").memberships.create(user=ada, role="viewer")
        with CaptureQueriesContext(connection) as caught:
            assert hers.get("/me").status_code == 200
        return len(caught)

    assert joined(5) == joined(45)


def test_a_page_left_open_can_ask_whose_session_it_has(project: Project, ada: User, hers: Client) -> None:
    mine, nobodys = hers.get("/session"), Client().get("/session")

    assert mine.json() == {"user": ada.pk}
    assert nobodys.json() == {"user": None}
    assert "csrftoken" in mine.cookies and "csrftoken" in nobodys.cookies
    assert "no-store" in mine["Cache-Control"]


def test_what_was_typed_into_ones_page_is_never_sent_as_somebody_else(
    project: Project, ada: User, hers: Client
) -> None:
    ben = a_member(project, "ben")
    body = {"project": "apollo", "title": "Mend the pump"}

    as_ben = hers.post(
        "/api/v1/tasks", body, content_type="application/json", headers={"X-Drawn-For": str(ben.pk)}
    )
    as_ada = hers.post(
        "/api/v1/tasks", body, content_type="application/json", headers={"X-Drawn-For": str(ada.pk)}
    )

    assert (as_ben.status_code, as_ben.json()["code"]) == (403, "other_person")
    assert "signed in as ada" in as_ben.json()["detail"]
    assert as_ada.status_code == 201
    assert project.tasks.count() == 1


def test_a_session_ended_by_a_password_change_is_not_revived_by_signing_out(ada: User) -> None:
    client = another_browser(ada)
    change_password(user=ada, password=BETTER)

    client.get("/me")

    assert SESSION_KEY not in client.session
