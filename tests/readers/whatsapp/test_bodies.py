"""Placeholders, events and attachments of facts FORMATS 1.4 to 1.6, typed by hand from there; and near misses."""

from __future__ import annotations

from typing import Any

import pytest

from saksi.readers._whatsapp_words import CLASSES, words
from tests.readers.whatsapp.reading import Row, assert_tiled, read, read_source, reasons, source_of, zip_of

L = "\u200e"
ANDROID = "30/08/25 18.00 - "
IOS = "[30/08/25 18.00.00] "


def one(text: str) -> Row:
    rows, reading = read(text + "\n", zone="Asia/Jakarta")
    assert_tiled(reading, len(text.encode()) + 1)
    assert len(rows) == 1
    return rows[0]


def omitted(media_type: str | None, name: str | None = None) -> list[dict[str, Any]]:
    return [{"name": name, "digest": None, "media_type": media_type, "size": None, "state": "omitted"}]


def missing(media_type: str, name: str) -> list[dict[str, Any]]:
    return [{"name": name, "digest": None, "media_type": media_type, "size": None, "state": "missing"}]


BODIES: list[tuple[str, str, str, list[str] | None, list[dict[str, Any]] | None]] = [
    # header, body, kind, flags, attachments
    (ANDROID, "<Media tidak disertakan>", "media", None, omitted(None)),
    (ANDROID, "<Media tidak disertakan>\nini fotonya", "media", None, omitted(None)),
    (ANDROID, "<Media omitted>", "media", None, omitted(None)),
    (ANDROID, "<Media disingkirkan>", "media", None, omitted(None)),
    (ANDROID, "IMG-20250830-WA0001.jpg (file terlampir)", "media", None, missing("image", "IMG-20250830-WA0001.jpg")),
    (ANDROID, f"{L}IMG-20250830-WA0001.jpg (file terlampir)\nfoto itu", "media", None,
     missing("image", "IMG-20250830-WA0001.jpg")),
    (ANDROID, "VID-20250830-WA0002.mp4 (file attached)", "media", None, missing("video", "VID-20250830-WA0002.mp4")),
    (ANDROID, "AUD-20250830-WA0003. (file attached)", "media", None, missing("audio", "AUD-20250830-WA0003.")),
    (ANDROID, "PTT-20250830-WA0004.opus (fail dilampirkan)", "media", None,
     missing("audio", "PTT-20250830-WA0004.opus")),
    (ANDROID, "STK-20250830-WA0005.webp (bestand bijgevoegd)", "media", None,
     missing("sticker", "STK-20250830-WA0005.webp")),
    (ANDROID, "IMG-20250830-WA0001.jpg (xyz abcd)", "media", None, missing("image", "IMG-20250830-WA0001.jpg")),
    (ANDROID, "Surat Jalan.pdf (file terlampir)", "media", None, missing("document", "Surat Jalan.pdf")),
    (ANDROID, "Pak RT.vcf (file terlampir)", "contact", None, missing("contact", "Pak RT.vcf")),
    (ANDROID, "Pesan ini telah dihapus", "deleted", None, None),
    (ANDROID, "Pesan ini dihapus", "deleted", None, None),
    (ANDROID, "Anda menghapus pesan ini", "deleted", None, None),
    (ANDROID, "This message was deleted", "deleted", None, None),
    (ANDROID, "You deleted this message", "deleted", None, None),
    (ANDROID, "Pesan tidak didukung", "service", ["unsupported"], None),
    (ANDROID, "null", "media", ["view_once"], omitted(None)),
    (ANDROID, "jam 5 ya <Pesan ini diedit>", "text", ["edited"], None),
    (ANDROID, "jam 5 ya\n<Pesan ini diedit>", "text", ["edited"], None),
    (ANDROID, "<Media tidak disertakan>\nfoto <Pesan ini diedit>", "media", ["edited"], omitted(None)),
    (ANDROID, "lokasi: https://maps.google.com/?q=-6.2,106.8", "location", None, None),
    (ANDROID, "location: https://maps.google.com/?q=-6.2,106.8", "location", None, None),
    (ANDROID, "Warung\nJalan Satu 1\nhttps://foursquare.com/v/4b05", "location", None, None),
    (IOS, f"{L}gambar tidak disertakan", "media", None, omitted("image")),
    (IOS, f"{L}video tidak disertakan", "media", None, omitted("video")),
    (IOS, f"{L}audio tidak disertakan", "media", None, omitted("audio")),
    (IOS, f"{L}stiker tidak disertakan", "media", None, omitted("sticker")),
    (IOS, f"{L}GIF tidak disertakan", "media", None, omitted("gif")),
    (IOS, f"{L}dokumen tidak disertakan", "media", None, omitted("document")),
    (IOS, f"{L}Kartu kontak tidak disertakan", "contact", None, omitted("contact")),
    (IOS, f"{L}image omitted", "media", None, omitted("image")),
    (IOS, "image omitted", "media", None, omitted("image")),       # locales that write no mark
    (IOS, f"foto itu {L}image omitted", "media", None, omitted("image")),
    (IOS, f"Nama.pdf • {L}2 halaman {L}dokumen tidak disertakan", "media", None, omitted("document", "Nama.pdf")),
    (IOS, f"name.pdf • {L}2 pages {L}document omitted", "media", None, omitted("document", "name.pdf")),
    (IOS, f"{L}<terlampir: 00000011-FILE.pdf>", "media", None, missing("document", "00000011-FILE.pdf")),
    (IOS, f"Nama.pdf • {L}7 halaman {L}<terlampir: 00000012-Nama.pdf>", "media", None,
     missing("document", "00000012-Nama.pdf")),
    (IOS, f"{L}<attached: 00000035-PHOTO-2022-03-27-21-41-55.jpg>", "media", None,
     missing("image", "00000035-PHOTO-2022-03-27-21-41-55.jpg")),
    (IOS, f"{L}<attached: 00000036-GIF-2022-03-27-21-41-55.mp4>", "media", None,
     missing("gif", "00000036-GIF-2022-03-27-21-41-55.mp4")),
    (IOS, f"{L}<00000037-STICKER-2022-03-27-21-41-55.webp eklendi>", "media", None,
     missing("sticker", "00000037-STICKER-2022-03-27-21-41-55.webp")),
    (IOS, f"{L}<dilampir: 00000038-VIDEO-2022-03-27-21-41-55.mp4>", "media", None,
     missing("video", "00000038-VIDEO-2022-03-27-21-41-55.mp4")),
    (IOS, f"{L}Anda menghapus pesan ini.", "deleted", None, None),
    (IOS, f"{L}Pesan ini dihapus.", "deleted", None, None),
    (IOS, f"{L}Lokasi: https://maps.google.com/?q=-6.200000,106.800000", "location", None, None),
    (IOS, f"{L}Warung (Jalan Satu 1): https://foursquare.com/v/4b05", "location", None, None),
    (IOS, f"{L}POLL:\nMakan apa?\n{L}OPTION: soto (2 votes)\n{L}OPTION: rawon (1 vote)", "poll", None, None),
    (IOS, f"{L}ENCUESTA:\n¿Qué?\n{L}OPCIÓN: sí (2 votos)\n{L}OPCIÓN: no (0 votos)", "poll", None, None),
    (IOS, f"{L}Missed voice call", "call", ["missed"], None),
    (IOS, f"{L}Panggilan video tak terjawab", "call", ["missed"], None),
    (IOS, f"{L}Video call, {L}5 min", "call", None, None),
    (IOS, f"sudah {L}<This message was edited>", "text", ["edited"], None),
    (IOS, f"{L}Pesan dan panggilan terenkripsi secara end-to-end. Tidak seorang pun di luar chat ini, termasuk "
     "WhatsApp, yang dapat membaca atau mendengarkannya.", "service", None, None),
    (IOS, f"{L}Pesan-pesan dan panggilan Anda diamankan dengan enkripsi end-to-end, begitu", "service", None, None),
    (IOS, f"{L}Budi menambahkan Rina", "service", None, None),
    (IOS, f"{L}Budi keluar", "service", None, None),
    (IOS, f"{L}Budi telah bergabung menggunakan tautan undangan grup ini", "service", None, None),
    (IOS, f"{L}Budi telah mengganti nomor teleponnya ke nomor baru. Ketuk untuk mengirim pesan.", "service", None, None),
    (IOS, f"{L}Budi menyematkan pesan", "service", None, None),
    (IOS, f"{L}Budi mengubah ikon grup ini", "service", None, None),
    (IOS, f"{L}hai", "text", ["system_marked"], None),              # anybody can type the mark
    # a person's words, however close
    (ANDROID, "gambar tidak disertakan", "text", None, None),
    (ANDROID, "katanya Pesan ini dihapus", "text", None, None),
    (ANDROID, "Pesan ini dihapus ya?", "text", None, None),
    (ANDROID, "tadi ada <Media tidak disertakan> begitu", "text", None, None),
    (ANDROID, "foto.jpg (lihat ini)", "text", None, None),
    (ANDROID, "null dong", "text", None, None),
    (ANDROID, "Null", "text", None, None),
    (ANDROID, "<3 :)", "text", None, None),
    (ANDROID, "https://maps.google.com/?q=-6.2,106.8", "text", None, None),
    (ANDROID, "Budi menambahkan Rina", "text", None, None),
    (ANDROID, "Panggilan video yuk", "text", None, None),
    (ANDROID, "Video call", "text", None, None),
    (IOS, "Budi keluar", "text", None, None),
    (IOS, "lihat <attached: besok>.", "text", None, None),
    (IOS, "Pesan dan panggilan itu aman?", "text", None, None),
]


@pytest.mark.parametrize(("header", "body", "kind", "flags", "attachments"), BODIES)
@pytest.mark.parametrize("eol", ["\n", "\r\n"])
def test_body(
    header: str, body: str, kind: str, flags: list[str] | None, attachments: list[dict[str, Any]] | None, eol: str
) -> None:
    body = body.replace("\n", eol)
    rows, _ = read(f"{header}Sari: {body}{eol}")
    row = rows[0]
    assert (row["kind"], row["flags"], row["attachments"]) == (kind, flags, attachments)
    assert row["text"] == body  # whatever it is, the text stays
    assert row["sender_name"] == "Sari"


@pytest.mark.parametrize(("rest", "kind"), [
    ("Pesan dan panggilan terenkripsi secara end-to-end. Ketuk untuk info selengkapnya.", "service"),
    ("Budi menambahkan Rina", "service"),
    ("Budi keluar", "service"),
    ('Budi mengubah subjek menjadi "A: B"', "service"),
    ("Budi mengubah subjek dari “A: B” menjadi “C: D”", "service"),
    ('Budi changed the subject from "A: B" to "C: D"', "service"),
    ('Budi membuat grup "Arisan: RT 3"', "service"),
    ("Panggilan suara tak terjawab", "call"),
    ("Missed video call", "call"),
])
def test_lines_without_a_name_are_the_apps(rest: str, kind: str) -> None:
    row = one(ANDROID + rest)
    assert (row["kind"], row["sender_name"], row["sender_id"], row["text"]) == (kind, None, None, rest)


def test_a_name_may_hold_the_words_of_an_event() -> None:
    row = one(f"{ANDROID}Budi keluar kota: halo")
    assert (row["sender_name"], row["text"], row["kind"]) == ("Budi keluar kota", "halo", "text")


def test_group_events_under_the_groups_title() -> None:
    data = f"{IOS}Arisan RT 3: {L}Ibu Tini mengganti sesuatu\r\n{IOS}Sari: {L}hai\r\n"
    rows, _ = read(data, name="WhatsApp Chat - Arisan RT 3.txt")
    assert [(r["kind"], r["sender_name"], r["flags"]) for r in rows] == [
        ("service", "Arisan RT 3", None), ("text", "Sari", ["system_marked"])]


@pytest.mark.parametrize(("written", "name", "account"), [
    ("Sari", "Sari", None),
    ("Sari - Kantor 🌸 2", "Sari - Kantor 🌸 2", None),
    ("~ Bang Jo", "~ Bang Jo", None),
    ("~\u202fBang Jo", "~\u202fBang Jo", None),
    ("+62 860-1111-2222", "+62 860-1111-2222", "+6286011112222"),
    ("\u202a+62\u00a0860\u201111112222\u202c", "+62\u00a0860\u201111112222", "+6286011112222"),
    ("~ +62 860-1111-2222", "~ +62 860-1111-2222", "+6286011112222"),
    ("0860 1111 2222", "0860 1111 2222", None),  # a name that a person gave; the export writes numbers with +
    ("62", "62", None),
])
def test_names_and_numbers(written: str, name: str, account: str | None) -> None:
    row = one(f"{ANDROID}{written}: hai")
    assert (row["sender_name"], row["sender_id"], row["text"]) == (name, account, "hai")


def test_names_without_space_after_the_colon() -> None:
    stamp = "[2024/12/31, 12:34] "
    rows, _ = read("\n".join(stamp + rest for rest in ("Bob:Hi", "Ann:12:30", "Bob: spasi", "Ann:ya: ok", "Bob:x")))
    assert [(r["sender_name"], r["text"]) for r in rows] == [
        ("Bob", "Hi"), ("Ann", "12:30"), ("Bob", "spasi"), ("Ann", "ya: ok"), ("Bob", "x")]


@pytest.mark.parametrize("body", ["", " "])
def test_empty_bodies_are_messages(body: str) -> None:
    rows, _ = read(f"{ANDROID}Sari:{body}\n{ANDROID}Sari: hai\n")
    assert [(r["sender_name"], r["text"], r["kind"]) for r in rows] == [("Sari", "", "text"), ("Sari", "hai", "text")]


def test_attachments_are_found_beside_the_chat_in_both_normal_forms() -> None:
    nfc, nfd = "00000004-Caf\u00e9.pdf", "00000004-Cafe\u0301.pdf"
    photo = b"\xff\xd8\xff\xe0 not a picture"
    chat = (
        f"{IOS}Sari: {L}<terlampir: 00000002-PHOTO-2025-08-30-18-00-00.jpg>\r\n{IOS}Sari: {L}<terlampir: {nfc}>\r\n"
        f"{IOS}Sari: {L}<terlampir: 00000005-VIDEO-2025-08-30-18-00-00.mp4>\r\n"
        f"{IOS}Sari: karcis kita.bin (lihat ini)\r\n"
    )
    members = {"_chat.txt": chat.encode(), "00000002-PHOTO-2025-08-30-18-00-00.jpg": photo, nfd: b"%PDF-1.4 x",
               "karcis kita.bin": b"\x00\x01" * 50, "lain.jpg": photo}
    rows, reading = read_source(source_of(zip_of(members), "WhatsApp Chat - Sari.zip"))
    found = [(r["attachments"] or [None])[0] for r in rows]
    assert [a and (a["name"], a["state"], a["size"]) for a in found] == [
        ("00000002-PHOTO-2025-08-30-18-00-00.jpg", "present", len(photo)), (nfc, "present", 10),
        ("00000005-VIDEO-2025-08-30-18-00-00.mp4", "missing", None), ("karcis kita.bin", "present", 100)]
    import hashlib
    assert found[0] is not None
    assert found[0]["digest"] == hashlib.sha256(photo).hexdigest()
    roles = {p["part"]: p["role"] for p in reading.account()["parts"]}
    assert roles == {"_chat.txt": "messages", "00000002-PHOTO-2025-08-30-18-00-00.jpg": "attachment",
                     nfd: "attachment", "karcis kita.bin": "attachment", "lain.jpg": "unreferenced"}
    assert {r["thread_title"] for r in rows} == {"Sari"}


def test_files_of_another_folder_are_not_taken() -> None:
    members = {"a/_chat.txt": f"{IOS}Sari: {L}<terlampir: 00000002-x.bin>\r\n".encode(), "b/00000002-x.bin": b"x" * 9}
    rows, _ = read_source(source_of(zip_of(members), "x.zip"))
    assert [r["attachments"][0]["state"] for r in rows] == ["missing"]


@pytest.mark.parametrize(("name", "title"), [
    ("WhatsApp Chat with Sari.txt", "Sari"), ("WhatsApp Chat - Sari Dewi.txt", "Sari Dewi"),
    ("Chat WhatsApp dengan Pak RT (2).txt", "Pak RT"), ("Chat_WhatsApp_dengan_Pak_RT.txt", "Pak RT"),
    ("Chat de WhatsApp con Ana.txt", "Ana"), ("Чат WhatsApp с контактом Аня.txt", "Аня"),
    ("Conversa do WhatsApp com Zé.txt", "Zé"), ("WhatsApp Chat mit Uwe.txt", "Uwe"),
    ("Discussion WhatsApp avec Zoé.txt", "Zoé"), ("与小明的 WhatsApp 聊天.txt", "小明"), ("與小明的WhatsApp對話.txt", "小明"),
    ("Chat WhatsApp s uživatelem Jan.txt", "Jan"), ("catatan.txt", None), ("WhatsApp Chat with .txt", None),
])
def test_titles(name: str, title: str | None) -> None:
    rows, _ = read(f"{ANDROID}Sari: hai\n", name=name)
    assert [r["thread_title"] for r in rows] == [title]


def test_every_class_of_words_is_known_and_none_is_twice() -> None:
    w = words()
    assert set(w.phrases) | set(w.unsure) == set(CLASSES)
    for class_ in CLASSES:
        for locale in {*w.phrases.get(class_, {}), *w.unsure.get(class_, {})}:
            listed = w.phrases.get(class_, {}).get(locale, []) + w.unsure.get(class_, {}).get(locale, [])
            assert len(listed) == len(set(listed)), (class_, locale)


@pytest.mark.parametrize("class_", ["media_omitted", "image_omitted", "video_omitted", "audio_omitted",
                                    "sticker_omitted", "gif_omitted", "document_omitted", "contact_omitted",
                                    "deleted", "missed_call", "live_location", "view_once"])
def test_every_phrase_of_every_locale_is_recognised_behind_the_mark(class_: str) -> None:
    kinds = {"contact_omitted": "contact", "deleted": "deleted", "missed_call": "call", "live_location": "location"}
    for phrase in words().of(class_):
        for end in ("", "."):
            rows, reading = read(f"{IOS}Sari: {L}{phrase}{end}\n")
            assert rows[0]["kind"] == kinds.get(class_, "media"), phrase
            assert "unaccounted" not in reasons(reading)
