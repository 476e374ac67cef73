"""The setting of a service is read from the words of a question."""

import pytest

from assistant.answer import Setting
from assistant.places import find_setting


@pytest.mark.parametrize(
    ("text", "setting"),
    [
        ("Hospital based rad onc: how is IGRT coded?", Setting.HOSPITAL_OUTPATIENT),
        ("outpt hospital, 77331", Setting.HOSPITAL_OUTPATIENT),
        ("HOPD 77301", Setting.HOSPITAL_OUTPATIENT),
        ("POS 22 and 77263", Setting.HOSPITAL_OUTPATIENT),
        ("free-standing center", Setting.FREESTANDING),
        ("pos 11", Setting.FREESTANDING),
        ("in the physician's office", Setting.FREESTANDING),
        ("our ASC does seeds", Setting.ASC),
        ("ambulatory surgery center", Setting.ASC),
        ("hospital inpatient, 77470", Setting.INPATIENT),
        ("inpatient or outpatient hospital?", None),
        ("freestanding versus hospital", None),
        ("office visit 99213", None),
        ("Can 77370 be billed?", None),
    ],
)
def test_the_setting_is_read(text: str, setting: Setting | None) -> None:
    assert find_setting(text) is setting
