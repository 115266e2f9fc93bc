"""Bad input ends nothing: each kind has its sentence, its exit code, and everything else in the call is still done."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from saksi import words
from saksi.cli.commands import run as run_command
from saksi.readers import registry

GOOD = "23/11/26, 20:15 - Budi: halo\n24/11/26, 20:16 - Rina: hai\n25/11/26, 20:17 - Budi: apa kabar\n"
TELEGRAM = json.dumps(
    {
        "name": "Budi",
        "type": "personal_chat",
        "id": 7,
        "messages": [
            {
                "id": n,
                "type": "message",
                "date": "2026-11-23T20:15:00",
                "date_unixtime": str(1795500000 + n),
                "from": "Budi",
                "from_id": "user7",
                "text": f"pesan {n}",
                "text_entities": [{"type": "plain", "text": f"pesan {n}"}],
            }
            for n in range(6)
        ],
    },
    indent=1,
)


def zip_of(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in members.items():
            z.writestr(name, data)
    return out.getvalue()


def encrypted_zip() -> bytes:
    """An archive whose entries carry the encryption bit (the content is noise, as it would look)."""
    data = bytearray(zip_of({"_chat.txt": GOOD.encode()}))
    at = data.index(b"PK\x03\x04")
    data[at + 6 : at + 8] = struct.pack("<H", 1)
    at = data.index(b"PK\x01\x02")
    data[at + 8 : at + 10] = struct.pack("<H", 1)
    return bytes(data)


def ambiguous() -> bytes:
    return "".join(f"0{d}/0{d + 1}/26, 20:1{d} - Budi: pesan {d}\n" for d in range(1, 8)).encode()


def capped() -> bytes:
    return "".join(
        f"{1 + n // 2000:02}/11/26, {n // 60 % 24:02}:{n % 60:02} - Budi: pesan {n}\n" for n in range(40_000)
    ).encode()


# name -> (file name, bytes, exit code of `read`, reason among the problems or key of the refusal)
CASES: dict[str, tuple[str, Callable[[], bytes], int, str]] = {
    "empty": ("chat.txt", lambda: b"", 3, "refused_empty_file"),
    "wrong extension": ("chat.json", lambda: GOOD.encode(), 1, "wrong_extension"),
    "zip named txt": ("chat.txt", lambda: zip_of({"_chat.txt": GOOD.encode()}), 1, "wrong_extension"),
    "half a JSON": ("result.json", lambda: TELEGRAM[: len(TELEGRAM) * 2 // 3].encode(), 1, "truncated"),
    "zip that is no zip": (
        "chat.zip",
        lambda: b"PK\x03\x04 and then nothing of a zip" * 40,
        3,
        "refused_broken_archive",
    ),
    "zip cut off": ("chat.zip", lambda: zip_of({"_chat.txt": GOOD.encode() * 50})[:-40], 3, "refused_broken_archive"),
    "encrypted zip": ("chat.zip", encrypted_zip, 3, "refused_encrypted_archive"),
    "path traversal": ("chat.zip", lambda: zip_of({"../../_chat.txt": GOOD.encode()}), 1, "path_traversal"),
    "bomb": ("chat.zip", lambda: zip_of({"_chat.txt": GOOD.encode() + b"\0" * (64 << 20)}), 3, "refused_archive_bomb"),
    "bomb beside a chat": (
        "chat.zip",
        lambda: zip_of({"_chat.txt": GOOD.encode(), "b.txt": bytes(64 << 20)}),
        1,
        "archive_bomb",
    ),
    "cap reached": ("chat.txt", capped, 1, "cap_reached"),
    "ambiguous order": ("chat.txt", ambiguous, 1, "date_order_ambiguous"),
    "NUL bytes": ("chat.txt", lambda: GOOD.encode() + b"\0" * 512, 1, "nul_bytes"),
    "invalid UTF-8": ("chat.txt", lambda: GOOD.encode().replace(b"halo", b"ha\xff\xfelo"), 1, "invalid_utf8"),
    "prose": ("catatan.txt", lambda: b"Ini catatan rapat, bukan percakapan.\n" * 30, 3, "refused_text"),
    "another app's JSON": ("x.json", lambda: b'{"tracks": [{"artist": "a", "title": "b"}]}', 3, "refused_text"),
    "UTF-16": ("chat.txt", lambda: GOOD.encode("utf-16"), 1, "saved_again"),
    "UTF-16 without a mark": ("result.json", lambda: TELEGRAM.encode("utf-16-be"), 1, "saved_again"),
    "a picture": ("chat.txt", lambda: b"\xff\xd8\xff\xe0" + bytes(500), 3, "refused_image"),
    "garbage before the chat": (
        "chat.txt",
        lambda: b"sisa baris lama\n" + GOOD.encode() * 4,
        1,
        "continuation_without_start",
    ),
}


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def call(*args: str | Path) -> tuple[int, str, str]:
        code = run_command([str(a) for a in args])
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.mark.parametrize("lang", ["id", "en"])
@pytest.mark.parametrize("name", CASES)
def test_read_says_what_and_ends_with_its_code(
    name: str, lang: str, tmp_path: Path, cli: Callable[..., tuple[int, str, str]]
) -> None:
    file_name, make, expected_code, reason = CASES[name]
    path = tmp_path / file_name
    path.write_bytes(make())
    code, out, err = cli("read", path, "--json", "--zone", "WIB", "--lang", lang)
    assert code == expected_code, (out[-300:], err)
    if reason.startswith("refused_"):
        assert out == ""
        template = words.say(f"errors.{reason}", lang)
        assert template.split("{")[0][:30] in err
    else:
        account = json.loads(out)
        found = {p["reason"]: p for p in account["problems"]}
        assert reason in found
        assert found[reason]["advice"] == words.say(f"problems.{reason}", lang)
        counts = account["bytes"]
        assert counts["messages"] + counts["container"] + counts["problems"] == counts["total"]
        assert account["records"] >= 3
    for secret in ("Budi", "Rina", "halo", "apa kabar", file_name.split(".")[0] + "."):
        assert secret not in err


def test_a_message_of_10_mb_is_a_message(tmp_path: Path, cli: Callable[..., tuple[int, str, str]]) -> None:
    path = tmp_path / "chat.txt"
    big = "x" * (10 << 20)
    path.write_text(GOOD + f"26/11/26, 20:18 - Rina: {big}\n", encoding="utf-8")
    code, out, _ = cli("read", path, "--json", "--zone", "WIB", "-o", tmp_path / "t.jsonl")
    assert code == 0
    assert json.loads(out)["records"] == 4
    last = json.loads((tmp_path / "t.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    assert last["text"] == big


def test_unknown_locale_keeps_the_messages(tmp_path: Path, cli: Callable[..., tuple[int, str, str]]) -> None:
    """A day part nobody knows: rows are there, the time is not read, and that is said."""
    path = tmp_path / "chat.txt"
    path.write_text("".join(f"[{d}/11/26, 8:1{d % 10} qq] Budi: pesan {d}\n" for d in range(13, 25)), encoding="utf-8")
    code, out, err = cli("read", path, "--json", "--zone", "WIB")
    if code == 3:
        assert "Budi" not in err
        return
    account = json.loads(out)
    assert code == 1
    assert {p["reason"] for p in account["problems"]} & {"unknown_locale", "unknown_format"}


def test_two_readers_claiming_one_file(
    tmp_path: Path, cli: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "chat.txt"
    path.write_text(GOOD, encoding="utf-8")
    both = [registry.reader_named("whatsapp_txt"), registry.reader_named("telegram_json")]
    monkeypatch.setattr(registry, "claims", lambda part: both)
    code, _, err = cli("read", path, "--json")
    assert code == 3
    assert "whatsapp_txt" in err
    assert "telegram_json" in err
    assert "--format" in err
    code, out, _ = cli("read", path, "--json", "--zone", "WIB", "--format", "whatsapp_txt")
    assert code == 0
    assert json.loads(out)["records"] == 3


def test_no_such_file_and_wrong_use(tmp_path: Path, cli: Callable[..., tuple[int, str, str]]) -> None:
    assert cli("read", tmp_path / "nothing.txt")[0] == 3
    good = tmp_path / "chat.txt"
    good.write_text(GOOD, encoding="utf-8")
    assert cli("read", good, "--zone", "Atlantis/Kota")[0] == 2
    assert cli("read", good, "--format", "no_such_reader")[0] == 2
    assert cli("read", good, "-o", tmp_path / "t.docx")[0] == 2
    assert cli("nonsense")[0] == 2
    assert cli("build", tmp_path / "KASUS")[0] == 2
    assert cli("build", tmp_path / "KASUS", good, "--media", "seal")[0] == 2
    assert cli("build", tmp_path / "KASUS", good, "--media", "police-key", tmp_path / "none.txt")[0] == 2
    assert cli("build", tmp_path / "KASUS", good)[0] == 2, "no terminal: a passphrase file is needed"
    assert not (tmp_path / "KASUS").exists()


def test_one_build_of_everything_bad_and_one_good(tmp_path: Path, cli: Callable[..., tuple[int, str, str]]) -> None:
    """The good file is read, every bad one is listed, nothing stops, exit 1."""
    paths = []
    for n, (file_name, make, _, _) in enumerate(CASES.values()):
        folder = tmp_path / str(n)
        folder.mkdir()
        (folder / file_name).write_bytes(make())
        paths.append(folder / file_name)
    good = tmp_path / "good.txt"
    good.write_text(GOOD + "26/11/26, 20:18 - Rina: sampai besok\n", encoding="utf-8")
    secret = tmp_path / "secret"
    secret.write_text("kata sandi uji\n", encoding="utf-8")
    code, out, err = cli(
        "build",
        tmp_path / "KASUS",
        *paths,
        tmp_path / "missing.txt",
        good,
        "--zone",
        "WIB",
        "--json",
        "--passphrase-file",
        secret,
    )
    assert code == 1, err
    data: dict[str, Any] = json.loads(out)
    by_digest = {s["source"]["digest"]: s for s in data["sources"]}
    import hashlib

    for path in (*paths, good):
        assert hashlib.sha256(path.read_bytes()).hexdigest() in by_digest, path
    assert by_digest[hashlib.sha256(good.read_bytes()).hexdigest()]["records"] == 4
    assert [r["position"] for r in data["refused"]] == [len(paths) + 1]
    for name in ("Budi", "Rina"):
        assert name not in err
    code, out, _ = cli("verify", tmp_path / "KASUS", "--json", "--passphrase-file", secret)
    assert code == 0, out


def test_an_internal_error_shows_no_text(tmp_path: Path) -> None:
    """Whatever goes wrong inside, the user sees a sentence, never a traceback with somebody's words."""
    path = tmp_path / "chat.txt"
    path.write_text(GOOD, encoding="utf-8")
    script = (
        "import sys, saksi.verbs as v\n"
        "def boom(*a, **k): raise RuntimeError('rahasia Rina')\n"
        "v.read_to_file = boom\n"
        "from saksi.cli.commands import run\n"
        f"sys.exit(run(['read', {str(path)!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Rina" not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
