"""Summaries on a terminal: order, wrapping, hostile names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from saksi.cli import show
from saksi.cli.commands import run
from saksi.words import say

CHAT = Path(__file__).resolve().parents[2] / "docs" / "verbs" / "contoh.txt"


def source(label: str, **more: Any) -> dict[str, Any]:
    return {
        "label": label, "sealed_as": "whole", "left_out": 0, "known": False, "reader": "whatsapp_txt", "records": 5,
        "source": {"name": "a.txt"}, "threads": [{"title": "Kelas"}], "problems": [], **more,
    }  # fmt: skip


def test_labels_are_runs() -> None:
    assert show.labels_text(["S1", "S2", "S3", "S5"]) == "S1-S3, S5"
    assert show.labels_text([]) == ""


def test_a_problem_of_many_sources_is_one_line() -> None:
    problem = [{"reason": "zone_unknown"}] * 3
    data = {
        "crisis": True, "sources": [source(f"S{n}", problems=problem) for n in range(1, 14)], "marks": 1, "phases": 1,
        "at_risk": [], "at_risk_basis": "unknown", "names_not_found": [], "reports": ["a1b2"],
        "recovery": {"set_up": False, "rehearsed_at": None},
    }  # fmt: skip
    lines = show.build_lines(data, "KASUS", "id")
    assert say("cli.build_crisis", "id") in lines[:2], "the crisis comes first"
    assert sum("S1-S13" in line for line in lines) == 1
    assert sum(line.startswith("  S") and "Kelas" in line for line in lines) == 13
    assert any("saksi report KASUS" in line for line in lines)


def test_a_title_cannot_steer_the_terminal() -> None:
    line = show.source_line(source("S1", threads=[{"title": "a\x1b[2Jb\u202ec"}]), "id")
    assert "\x1b" not in line
    assert "\u202e" not in line


@pytest.mark.parametrize("width", [24, 40, 80])
def test_wrapping_breaks_between_words_and_keeps_paths(width: int) -> None:
    text = "  satu dua tiga empat lima enam tujuh delapan /a/long/path/that-is-not-broken/at-all/anywhere.html"
    out = show.wrapped(text, width)
    assert out.split() == text.split()
    assert all(len(line) <= width or len(line.split()) == 1 for line in out.splitlines())


def test_a_wrong_name_does_not_hide_distress(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", str(CHAT), "--zone", "WIB", "--at-risk", "Wulann", "--json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert data["names_not_found"] == ["Wulann"]
    assert (data["crisis"], data["at_risk_basis"], data["at_risk"]) == (True, "inferred", ["Wulan Contoh"])
    assert run(["check", str(CHAT), "--zone", "WIB", "--at-risk", "Wulann"]) == 1
    assert "Wulann" in capsys.readouterr().out


def test_crisis_first_then_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    for lang in ("id", "en"):
        assert run(["check", str(CHAT), "--zone", "WIB", "--lang", lang]) == 0
        out = capsys.readouterr().out
        order = [out.index(say(f"cli.{key}", lang)) for key in ("check_crisis", "check_now", "check_limits")]
        assert order == sorted(order)
        assert out.index("Kak Arga") > order[1]
        assert "rahasia kita" not in out, "no words of the chat are repeated"
