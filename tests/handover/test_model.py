"""Values of a hand-over."""

from __future__ import annotations

import pytest

from saksi.handover.model import CustodyAction, is_bag_path


@pytest.mark.parametrize("path", ["bagit.txt", "data/documents/sk-1-kronologi.pdf", "data/S1/part_1.txt"])
def test_a_path_of_a_bag(path: str) -> None:
    assert is_bag_path(path)


@pytest.mark.parametrize(
    "path", ["", "/etc/x", "../x", "data/../x", "data//x", "data/.x", "C:/x", "a\\b", "a b", "a\n", "x/", "é", "a" * 201]
)
def test_what_leads_out_or_is_not_kept_everywhere_is_no_path(path: str) -> None:
    assert not is_bag_path(path)


def test_a_custody_time_has_a_zone() -> None:
    told = {"seq": 0, "event_id": "00", "action": "seal", "actor": "w1", "tool": "saksi", "tool_version": "0.1.0"}
    assert CustodyAction(time="2026-01-31T17:05:00Z", **told).exhibits == ()  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="custody action 0"):
        CustodyAction(time="2026-01-31T17:05:00", **told)  # type: ignore[arg-type]
