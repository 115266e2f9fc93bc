"""A form that nobody reads is refused by its name where the name is certain, and can be forced."""

from __future__ import annotations

from pathlib import Path

import pytest

from saksi import words
from saksi.cli.commands import run

KAKAO = ("홍길동 님과 카카오톡 대화\n저장한 날짜 : 2024-12-09 14:30:11\n\n--------------- 2024년 12월 9일 월요일 ---------------\n"
         "홍길동: 안녕하세요\n").replace("--------------- 2024년 12월 9일 월요일 ---------------\n", "")
SKYPE = '{"userId":"8:live:x","exportDate":"2024-01-01T00:00","conversations":{}}'


@pytest.mark.parametrize("lang", ["id", "en"])
@pytest.mark.parametrize(("text", "key"), [
    (KAKAO, "refused_text_kakaotalk"), ("\ufeff" + KAKAO, "refused_text_kakaotalk"), (SKYPE, "refused_text_skype"),
    ("catatan tentang KakaoTalk\nbukan percakapan\n", "refused_text"), ('{"userId": 1}', "refused_text"),
])
def test_the_refusal_names_what_it_looks_like(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, key: str, lang: str
) -> None:
    path = tmp_path / "berkas.txt"
    path.write_text(text, encoding="utf-8")
    assert run(["read", str(path), "--json", "--lang", lang]) == 3
    err = capsys.readouterr().err
    assert words.say(f"errors.{key}", lang)[:60] in err.replace("\n", " ")
    assert "홍길동" not in err


def test_a_reader_can_be_forced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "berkas.txt"
    path.write_text(KAKAO, encoding="utf-8")
    assert run(["read", str(path), "--json", "--format", "pasted_txt"]) in (0, 1)
    capsys.readouterr()
