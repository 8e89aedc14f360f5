"""The law's words about complaints and evidence have words for people, in both languages."""

from __future__ import annotations

import pytest
from django.utils import translation

from parking.actions import annulment, complaint_wording
from parking.law import case
from parking.law.charge_terms import AnnulmentReason
from parking.law.complaint import Document, Field, State
from parking.law.evidence import Ground
from parking.law.offence import Question
from parking.ports.charges import ANNULMENT_REASONS
from parking.records.complaint import Complaint, ComplaintDecision

WORDS = [
    *((complaint_wording.question, each) for each in Question),
    *((complaint_wording.asked, each) for each in Field),
    *((complaint_wording.document, each.value) for each in Document),
    *((complaint_wording.reason, each) for each in AnnulmentReason),
    *((complaint_wording.why_annulled, each) for each in AnnulmentReason),
    *((complaint_wording.ground, each) for each in Ground),
    *((complaint_wording.outcome, each.value) for each in ComplaintDecision.Outcome),
    *((lambda stands: complaint_wording.state(stands).text, each) for each in State),
    *((lambda stands: complaint_wording.state(stands).next, each) for each in State),
]


@pytest.mark.parametrize(("say", "what"), WORDS, ids=[str(what) for _, what in WORDS])
def test_it_is_said_in_both_languages(say, what):
    said = {}
    for language in ("da", "en"):
        with translation.override(language):
            said[language] = say(what)
    assert all(said.values())
    assert said["da"] != said["en"]


@pytest.mark.parametrize("channel", Complaint.Channel)
def test_every_channel_has_a_name(channel):
    assert complaint_wording.channel(channel)


def test_the_charge_system_knows_every_reason_by_its_own_word():
    assert set(annulment.REASONS_THERE) == set(AnnulmentReason)
    assert sorted(annulment.REASONS_THERE.values()) == sorted(ANNULMENT_REASONS)


def test_a_case_hangs_on_one_thing():
    assert set(case.SUBJECTS) == set(case.Kind)
    assert not case.OF_A_PARTY & case.OF_SOMEBODY
