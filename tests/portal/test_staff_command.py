"""Who works in the office is said by a command: nobody is let in by default."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from parking.law.staff import Role
from parking.records.staff import Staff


@pytest.fixture
def commits(transactional_db):
    """Commits are real, as the actions want them."""


def test_the_first_operator_is_added_by_name_and_role(commits, capsys):
    call_command("staff_add", "urn:otto", "--role", "operator", "--role", "lead")
    otto = Staff.objects.get()
    assert (otto.name_id, otto.unit, set(otto.roles)) == (
        "urn:otto", "Parkering", {Role.OPERATOR.value, Role.LEAD.value},
    )  # fmt: skip
    assert "urn:otto may work here: operator, lead" in capsys.readouterr().out


def test_many_are_read_a_line_each(commits, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("urn:a reader\n\nurn:b decider lead\n"))
    call_command("staff_add", "-")
    assert dict(Staff.objects.values_list("name_id", "roles")) == {
        "urn:a": ["reader"], "urn:b": ["decider", "lead"],
    }  # fmt: skip


@pytest.mark.parametrize("line", ["urn:a", "urn:a admin"])
def test_whoever_has_no_role_that_we_know_is_not_added(line, commits, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(line))
    with pytest.raises(CommandError, match="say a role or more: reader"):
        call_command("staff_add", "-")
    assert not Staff.objects.exists()


def test_adding_somebody_again_gives_them_the_new_role(commits):
    for role in ("reader", "decider"):
        call_command("staff_add", "urn:a", "--role", role)
    assert Staff.objects.get().roles == ["decider"]
