"""The samples of the text, XML and mail family, from here byte for byte: `python -m tests.readers.texts.generate`.

tests/samples/<reader>/NAME has NAME.jsonl beside it: one line a row of the message table (columns that say something),
then one line a problem. All invented; phones from the unassigned +62 860 range. Broken samples are named by their defect.
"""

from __future__ import annotations

import json
from typing import Any, Final

from tests.readers.texts.reading import SAMPLES as FOLDER
from tests.readers.texts.reading import read

_LINE_EN = (
    "\ufeff[LINE] Chat history with Sari\r\nSaved on: 2024/01/16 09:30\r\n\r\n2024/01/15(Mon)\r\n10:15\tSari\thalo\r\n"
    '10:16\tBudi\t"dua baris\r\n10:17\tSari\tbukan baris\r\n2024/01/16(Tue)\r\nyang ""keempat"""\r\n'
    "10:17\t\tBudi unsent a message.\r\n10:18\tBudi\t[Photo]\r\n10:19\tSari\t\"hai\" katanya\r\n"
    "10:20\tSari\t☎ Missed call\r\n"
    "10:21\tSari\t[Location]\r\n10:22\tSari\t\r\n\r\n2024/01/16(Tue)\r\n"
    "00:01\tBudi 🌿\t\"tanda kutip saja\r\n00:02\tBudi 🌿\tpisah\u2028baris\r\n"
)
_LINE_JA = (
    "[LINE] Arisanのトーク履歴\n保存日時：2024/01/16 09:30\n\n2024/01/15(月)\n10:15\tSari\t[スタンプ]\n"
    "10:16\tWulanがグループに参加しました。\n"
    "10:17\tWulan\thai\nlanjutan tanpa kutip\n\ndan lagi\n\n2024/01/16(火)\n09:00\t\tSariがメッセージの送信を取り消しました\n"
)
_LINE_12H = (
    "[LINE] 與Sari的聊天記錄\n儲存日期：2026/01/31 12:00\n\n2026/1/30周五\n下午08:12\tSari\t你好\n上午12:05\tBudi\tok\n\n"
    "Fri, 1/30/2026\n08:12PM\tSari\thalo\n"
)

_KAKAO_PC = (
    "\ufeff아리산 님과 카카오톡 대화\r\n저장한 날짜 : 2026-05-12 12:00:00\r\n\r\n"
    "--------------- 2026년 5월 1일 금요일 ---------------\r\n[Sari] [오전 9:20] halo\r\ndua baris\r\n\r\n[bukan jam] tetap baris\r\n"
    "[Budi [RT 3]] [오후 12:05] Sari : kutipan\r\n[Sari] [오후 12:06] 사진\r\n[Budi [RT 3]] [오후 12:07] 파일: jadwal.pdf\r\n"
    "Wulan님이 들어왔습니다.\r\n"
    "--------------- 2026년 5월 2일 토요일 ---------------\r\n[Wulan] [오전 12:10] 이모티콘\r\n"
    "[Wulan] [오전 12:11] \r\n메시지가 삭제되었습니다.\r\n"
)
_KAKAO_PC_EN = (
    "Arisan with KakaoTalk Chats\nDate Saved : 2026-05-12 12:00:00\n\n--------------- Friday, May 1, 2026 ---------------\n"
    "[Sari] [9:20 AM] halo\n[Budi] [11:05 PM] hai\nThe message has been deleted.\n"
    "--------------- 2026년 5월 2일 토요일 ---------------\n[Sari] [AM 9:04] lagi\n"
)
_KAKAO_ANDROID = (
    "Sari 님과 카카오톡 대화\n저장한 날짜 : 2026년 5월 3일 오후 1:00\n\n\n2026년 5월 1일 오전 9:20\n"
    "2026년 5월 1일 오전 9:20, Sari : halo: apa kabar\n"
    "2026년 5월 1일 오후 9:21, 나 : baris satu\n\nbaris\u2028tiga\n2026년 5월 2일 오전 12:00\n"
    "2026년 5월 2일 오전 12:00, Wulan님이 나갔습니다.\n"
)
_KAKAO_IOS = (
    "Talk_2026.5.3 13_00-1.txt\n저장한 날짜 : 2026. 5. 3. 13:00\n\n\n\n2026년 5월 1일 금요일\n2026. 5. 1. 09:20, Sari : halo\n"
    "2026. 5. 1. 09:21: Budi님이 들어왔습니다.\n2026. 5. 1. 오후 11:44, Budi : 사진 3장\n2026. 5. 1. 23:59, Budi : \n"
)
_KAKAO_PHONE_EN = (
    "KakaoTalk Chats with Sari\nDate Saved : May 3, 2026 at 1:00 PM\n\n"
    "May 1, 2026 at 9:20 AM\nMay 1, 2026 at 9:20\u202fAM, Sari : halo\n"
    "May 1, 2026, 10:09 p.m., Budi : hai\nlanjut\n"
)

_SIGTOP = (
    "Conversation: Sari (+6286011112222)\n\n"
    "From: Sari (+6286011112222)\nType: incoming\nSent: Thu, 1 Jan 2026 19:22:31 +0700\nReceived: Thu, 1 Jan 2026 19:22:33 +0700\n"
    "Reaction: \U0001f44d from You\n\nhalo\n\nFrom: bukan awal\nbaris\u2028akhir\n\n"
    "From: You\nType: outgoing\nSent: Thu, 1 Jan 2026 12:23:00 +0000\nAttachment: foto (1).jpg (image/jpeg, 86 bytes)\n"
    "Attachment: no filename (audio/aac, 12 bytes)\n\n"
    "From: You\nType: outgoing\nSent: Thu, 1 Jan 2026 19:24:00 +0700\n\n"
    "> From: Sari (+6286011112222)\n"
    "> Sent: Thu, 1 Jan 2026 19:22:31 +0700\n>\n> halo\n>\n> dua\n\nhai juga\n\n"
    "From: Sari (+6286011112222)\nType: incoming\nSent: Thu, 1 Jan 2026 19:25:00 +0700\nReceived: unknown\nEdited: 2 versions\n\n"
    "| Version: 2\n| Sent: Thu, 1 Jan 2026 19:26:00 +0700\n|\n| besok jam 4\n|\n"
    "| Version: 1\n| Sent: Thu, 1 Jan 2026 19:25:00 +0700\n|\n"
    "| besok jam 3\n\n"
    "Type: group-v2-change\nReceived: Thu, 1 Jan 2026 19:27:00 +0700\n\n"
    "From: Sari (+6286011112222)\nType: call-history\nSent: Thu, 1 Jan 2026 19:28:00 +0700\n"
    "Received: Thu, 1 Jan 2026 19:28:00 +0700\n\n"
)

_XML = "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n"
_SMS = (
    '  <sms protocol="0" address="{a}" date="{d}" type="{t}" subject="null" body="{b}" toa="null" sc_toa="null" '
    'service_center="null" read="1" status="-1" locked="0" date_sent="0" sub_id="1" readable_date="15 Nov 2023 05.13.20" '
    'contact_name="{n}" />\n'
)


def _sms(body: str, type_: int = 1, name: str = "Sari", date: str = "1700000000000", address: str = "+6286011112222") -> str:
    return _SMS.format(a=address, d=date, t=type_, b=body, n=name)


_MMS = (
    '  <mms date="1700000003000" msg_box="1" address="+6286011112222~+6286033334444" sub="null" contact_name="Sari, Budi">\n'
    '    <parts>\n      <part seq="-1" ct="application/smil" name="null" text="&lt;smil>" />\n'
    '      <part seq="0" ct="image/jpeg" name="null" chset="null" cl="a.jpg" text="null" data="/9j/4AAQ" />\n'
    '      <part seq="0" ct="text/plain" name="null" chset="106" cl="t.txt" text="foto itu &#128522;" />\n'
    '      <part seq="0" ct="text/plain" name="null" chset="106" cl="u.txt" text="null" data="a2F0YSBsYWlu" />\n'
    '      <part seq="0" ct="text/x-vCard" name="Budi.vcf" text="null" data="QkVHSU46VkNBUkQ=" />\n'
    '    </parts>\n    <addrs>\n      <addr address="+6286033334444" type="137" charset="106" />\n'
    '      <addr address="+6286011112222" type="151" charset="106" />\n    </addrs>\n  </mms>\n'
    '  <mms date="1700000004000" msg_box="2" address="+6286011112222" sub="judul" contact_name="Sari">\n    <parts />\n'
    '    <addrs><addr address="insert-address-token" type="137" /></addrs>\n  </mms>\n'
)


def _smses(*elements: str, count: int) -> bytes:
    return (f'{_XML}<!--File Created By SMS Backup & Restore <sms body="bukan" /> -->\n<smses count="{count}" type="full">\n'
            f'{"".join(elements)}</smses>').encode()


def _calls(*rows: tuple[str, int, int, str]) -> bytes:
    made = "".join(f'  <call number="{n}" duration="{s}" date="1700000000000" type="{t}" presentation="1" contact_name="{c}" />\n'
                   for n, s, t, c in rows)
    return f'{_XML}<calls count="{len(rows)}">\n{made}</calls>\n'.encode()


_IMESSAGE = (
    "May 17, 2022  5:29:42 PM (Read by them after 1 hour, 49 seconds)\nMe\nhalo\napa kabar?\n\n"
    "May 17, 2022  5:30:10 PM (Read by you after 5 seconds)\nSari 🌸\nbaik\u2028ya\n"
    "Tapbacks:\nLoved by Me\nLaughed by +6286011112222\n"
    "    May 17, 2022  6:00:00 PM\n    Me\n    syukurlah\n    dua baris\n\n"
    "    May 17, 2022  6:01:00 PM\n    Sari 🌸\n    iya\n\n\n"
    "May 17, 2022  5:31:02 PM Sari 🌸 renamed the conversation to Arisan\n\n"
    "May 17, 2022  5:32:00 PM\nSari 🌸\nattachments/3d/a.heic\nfoto itu\n\n"
    "May 17, 2022  6:00:00 PM\nMe\nsyukurlah\ndua baris\nThis message responded to an earlier message.\n\n"
    "May 17, 2022 11:00:00 PM\nMe\nMay 17, 2022 11:00:00 PM besok jam 3\nEdited 10 seconds later: besok jam 4\n\n"
    "May 18, 2022 12:00:01 AM\n+6286011112222\n+6286011112222 unsent a message!\n\n"
    "May 18, 2022 12:01:00 AM\n+6286011112222\nwow\nSent with Confetti\nThis message was deleted from the conversation!\n\n"
    "May 18, 2022 12:02:00 AM\n+6286011112222\nAttachment missing!\n\n"
    "May 18, 2022 12:03:00 AM\n+6286011112222\n\n"
)

_MAIL = (
    "Return-Path: <sari@example.com>\nReceived: from mail.example.com by mx.example.org; Wed, 15 Nov 2023 05:13:22 +0700\n"
    "From: =?UTF-8?Q?Ibu_Sari_=F0=9F=8C=B8?= <sari@example.com>\nTo: Budi <budi@example.org>,\n Citra <citra@example.net>\n"
    "Subject: =?UTF-8?B?QXJpc2FuOiBiZXNvaw==?=\nDate: Wed, 15 Nov 2023 05:13:20 +0700\nMessage-ID: <{id}@example.com>\n{more}"
    "MIME-Version: 1.0\n"
)


def _mail(id_: str, body: str, more: str = "") -> str:
    return _MAIL.format(id=id_, more=more) + body


_PLAIN = "Content-Type: text/plain; charset=utf-8\n\nhalo\n>From kutipan\n\nFrom sini\nsampai jumpa\n"
_MULTIPART = (
    'Content-Type: multipart/mixed; boundary="batas"\n\nkata pengantar\n--batas\n'
    'Content-Type: multipart/alternative; boundary=dalam\n\n--dalam\nContent-Type: text/plain; charset=iso-8859-1\n'
    "Content-Transfer-Encoding: quoted-printable\n\ncaf=E9 besok =\njam 4\n--dalam\n"
    "Content-Type: text/html\n\n<p>caf&eacute;</p>\n"
    "--dalam--\n--batas\nContent-Type: image/jpeg; name=\"a.jpg\"\nContent-Transfer-Encoding: base64\n"
    'Content-Disposition: attachment; filename="a.jpg"\n\n/9j/4AAQSkZJRg==\n--batas\nContent-Type: text/plain\n\nlampiran kata\n'
    "--batas\nContent-Type: message/rfc822\n\nFrom: Dodi <dodi@example.com>\nTo: sari@example.com\nSubject: yang diteruskan\n\n"
    "isi dalam\n"
    "--batas--\npenutup\n"
)
_HTML_ONLY = (
    "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
    "PGh0bWw+PGhlYWQ+PHRpdGxlPng8L3RpdGxlPjwvaGVhZD48Ym9keT48cD5oYWxvICZhbXA7IGhhaTwvcD48L2JvZHk+PC9odG1sPg==\n"
)

SAMPLES: Final[dict[str, dict[str, bytes]]] = {
    "line_txt": {
        "english.txt": _LINE_EN.encode(),
        "japanese_group.txt": _LINE_JA.encode(),
        "twelve_hours.txt": _LINE_12H.encode(),
        "utf16.txt": ("\ufeff" + _LINE_JA).encode("utf-16-le"),
        "spaces_for_tabs.txt": b"[LINE] Chat history with Sari\nSaved on: 2024/01/16 09:30\n\n2025.12.10 Wednesday\n"
                               b"10:15 Sari halo\n10:16 Budi Utomo hai juga\n",
        "no_title_ambiguous_order.txt": b"Fri, 01/02/2026\n10:15\tSari\thalo\n\nSat, 01/03/2026\n10:16\tBudi\thai\n",
        "wrapping_cut_off.txt": b"[LINE] Chat history with Sari\n2024/01/15(Mon)\n10:15\tSari\thalo\n10:16\tBudi\t\"satu\ndua",
        "invalid_utf8.txt": b"[LINE] Chat history with Sari\n2024/01/15(Mon)\n10:15\tSari\tcaf\xe9 \xff\n10:16\tSari\tok\n",
    },
    "sigtop_txt": {
        "conversation.txt": _SIGTOP.encode(),
        "crlf.txt": _SIGTOP.replace("\n", "\r\n").encode(),
        "invalid_utf8.txt": _SIGTOP[: _SIGTOP.index("Reaction")].encode() + b"\ncaf\xe9\n\n",
    },
    "kakaotalk_txt": {
        "computer.txt": _KAKAO_PC.encode(),
        "computer_english.txt": _KAKAO_PC_EN.encode(),
        "android.txt": _KAKAO_ANDROID.encode(),
        "iphone.txt": _KAKAO_IOS.encode(),
        "phone_english.txt": _KAKAO_PHONE_EN.encode(),
        "no_title.txt": _KAKAO_ANDROID[_KAKAO_ANDROID.index("2026년 5월 1일") :].encode(),
        "before_the_first_day.txt": "Sari 님과 카카오톡 대화\n\n[Sari] [오전 9:20] tanpa hari\n".encode(),
        "invalid_utf8.txt": "Sari 님과 카카오톡 대화\n2026년 5월 1일 오전 9:20, Sari : caf~\n".encode().replace(b"~", b"\xe9"),
    },
    "telegram_txt": {
        "copied.txt": ("Sari, [25/06/2022 07:25]\nhalo\n\nBudi 🌿, [25/06/2022 07:26]\n[In reply to Sari]\nhai: apa kabar?\n\n"
                       "kabar baik\u2028ya\n\nSari, [25/06/2022 07:27]\n[Forwarded from Warung Depan]\nmenu hari ini\n\n"
                       "Sari, [25/06/2022 07:28]\n").encode(),
        "inside_a_note.txt": b"catatan saya\r\n\r\nSari, [05.10.2022 10:12:01]\r\nhalo\r\n\r\nSari, [05.10.2022 10:13:05]\r\nlagi\r\n",
        "month_first.txt": b"Sari, [6/25/22 7:25 AM]\nhalo\n\nSari, [6/25/22 7:26 PM]:\nlagi",
        "month_as_word.txt": b"Sari, [Jul 13, 2022 at 2:12:03 PM]:\nhalo\n\nBudi, [13 Jul 2022 at 14:13:00]\nhai\n",
        "ambiguous_order.txt": b"Sari, [05/06/2022 07:25]\nhalo\n\nBudi, [05/06/2022 07:26]\nhai\n",
        "invalid_utf8.txt": b"Sari, [25/06/2022 07:25]\ncaf\xe9\n",
    },
    "sms_xml": {
        "sms.xml": _smses(
            _sms("halo &amp; &#55357;&#56842;&#10;ya"), _sms("oke", 2), _sms("null", 3, "(Unknown)"), _sms("gagal", 5),
            _sms("tak terkirim").replace('status="-1"', 'status="64"'), _sms("").replace('subject="null"', 'subject="hal"'),
            _sms("kapan?", date="0", address="null"), _sms("kata &quot;dia&quot; &#55357;").replace("body=", "body ="),
            _sms("x").replace('body="x"', "body='dia bilang \"ya\"'"), _sms("a < b"), "  <sms />\n", count=11),
        "mms.xml": _smses(_sms("halo"), _MMS, count=3),
        "bom_and_crlf.xml": b"\xef\xbb\xbf" + _smses(_sms("satu"), _sms("dua", 2), count=2).replace(b"\n", b"\r\n"),
        "count_differs.xml": _smses(_sms("satu"), _sms("dua", 2), count=3),
        "quote_missing.xml": _smses(_sms("satu"), _sms("dua").replace('" toa=', ' toa='), _sms("tiga"), count=3),
        "text_between.xml": _smses(_sms("satu"), "sampah\n", _sms("dua"), count=2),
        "entities.xml": _smses(_sms("&lol9;"), count=1).replace(
            b"<smses", b'<!DOCTYPE smses [<!ENTITY lol "<sms body=\'x\'/>"><!ENTITY lol9 "&lol;&lol;">'
                       b'<!ENTITY e SYSTEM "file:///etc/passwd">]>\n<smses', 1),
        "cut_off.xml": _smses(_sms("satu"), _sms("dua"), count=2)[:-90],
        "invalid_utf8.xml": _smses(_sms("satu"), _sms("caf~"), _sms("tiga"), count=3).replace(b"caf~", b"caf\xe9"),
    },
    "calls_xml": {
        "calls.xml": _calls(("+6286011112222", 35, 1, "Sari"), ("+6286011112222", 7, 2, "Sari"), ("+6286033334444", 0, 3, "(Unknown)"),
                            ("-2", 0, 5, ""), ("+6286033334444", 0, 99, "null")),
        "cut_off.xml": _calls(("+6286011112222", 35, 1, "Sari"), ("+6286011112222", 7, 2, "Sari"))[:-40],
    },
    "imessage_txt": {
        "Sari.txt": _IMESSAGE.encode(),
        "crlf.txt": _IMESSAGE.replace("\n", "\r\n").encode(),
        "event_first.txt": b"May 17, 2022  5:31:02 PM You renamed the conversation to Arisan\n\n"
                           b"May 17, 2022  5:32:00 PM\nMe\nMay 17, 2022  5:32:00 PM\n\nhai\n",
        "invalid_utf8.txt": b"May 17, 2022  5:32:00 PM\nSari\ncaf\xe9\n\n",
    },
    "contacts_vcf": {
        "v3.vcf": ("BEGIN:VCARD\r\nVERSION:3.0\r\nN:Sari;Ibu;;;\r\nFN:Ibu Sari \\, RT 3\r\nTEL;TYPE=CELL:+62 860-1111-2222\r\n"
                   "item1.EMAIL;TYPE=INTERNET:sari@example.com\r\nORG:Toko;Jilbab\r\nNOTE:baris satu\\nbaris\r\n  dua\r\n"
                   "PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQ\r\n SkZJRg==\r\nEND:VCARD\r\n\r\n"
                   "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Budi 🌿\r\n"
                   "TEL:0860 3333 4444\r\nTEL:0860 5555 6666\r\nURL:https://contoh.example/budi\r\nEND:VCARD\r\n").encode(),
        "v2_quoted_printable.vcf": b"BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=53=61=72=69;=49=62=75;;;\n"
                                   b"FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=53=61=72=69=20=F0=9F=8C=\n=B8\nTEL;CELL:+6286011112222\n"
                                   b"ADR;HOME;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:;;Jl. Caf=E9;;;;\nEND:VCARD\n",
        "v4_data_uri.vcf": b"BEGIN:VCARD\nVERSION:4.0\nFN:Citra\nPHOTO:data:image/jpeg;base64,/9j/4AAQSkZJRg==\n"
                           b"LOGO:https://contoh.example/logo.png\nIMPP:telegram:@citra\nEND:VCARD\n",
        "end_missing.vcf": b"BEGIN:VCARD\nVERSION:3.0\nFN:Sari\nTEL:+6286011112222\nBEGIN:VCARD\nFN:Budi\nEND:VCARD\nsampah\n"
                           b"BEGIN:VCARD\nFN:Citra\n",
        "invalid_utf8.vcf": b"\xef\xbb\xbfBEGIN:VCARD\nVERSION:3.0\nFN:caf\xe9\nEND:VCARD\n",
    },
    "pasted_txt": {
        "plain.txt": "Sari: halo\nBudi 🌿: hai: apa kabar?\nbaris dua\n\nSari: baik\nBudi 🌿:\n".encode(),
        "times.txt": b"[10:15] Sari: halo\n10.16 Budi: hai\n10:17:05 - Sari: lagi\nSari: oke\n",
        "text_before.txt": b"chat kemarin\r\nSari: halo\r\nBudi: caf\xe9\r\nSari: ya\r\n",
    },
    "email_eml": {
        "plain.eml": _mail("a", _PLAIN).encode(),
        "multipart_crlf.eml": _mail("b", _MULTIPART, "References: <r@example.com> <a@example.com>\n").replace("\n", "\r\n").encode(),
        "html_only.eml": _mail("c", _HTML_ONLY).encode(),
        "no_zone.eml": _mail("d", _PLAIN).replace("05:13:20 +0700", "05:13:20").encode(),
        "no_date_8bit.eml": b"From: caf\xe9 <a@example.com>\nTo: b@example.com\nSubject: caf\xe9\n\ncaf\xe9\n",
        "cut_in_attachment.eml": _mail("e", _MULTIPART).encode()[:-330],
    },
    "email_mbox": {
        "takeout.mbox": "".join(f"From 17{n}@xxx Wed Nov 15 05:13:2{n} +0000 2023\n{mail}\n" for n, mail in enumerate([
            _mail("a", _PLAIN, "X-GM-THRID: 17\n"), _mail("b", _MULTIPART, "X-GM-THRID: 17\nIn-Reply-To: <a@example.com>\n"),
            _mail("c", _HTML_ONLY, "In-Reply-To: <tidak-ada@example.com>\n"),
        ])).encode(),
        "empty_bodies.mbox": b"From a@b Wed Nov 15 05:13:20 2023\nFrom: a@example.com\nTo: b@example.com\nDate: -\n\n\n"
                             b"From a@b Wed Nov 15 05:13:21 2023\nFrom: a@example.com\n\nx",
    },
}


def golden(reader: str, data: bytes, name: str = "berkas.txt") -> str:
    """The rows and problems of a sample as JSON lines."""
    rows, reading = read(reader, data, name, zone="Asia/Jakarta")
    lines: list[dict[str, Any]] = []
    for row in rows:
        said = {k: v for k, v in row.items() if v is not None and k not in ("source_digest", "platform")}
        if "sent_at" in said:
            said["sent_at"] = said["sent_at"].isoformat()
        lines.append(said)
    lines += [{"problem": p.reason, "start": p.start, "end": p.end} for p in reading.problems]
    return "".join(json.dumps(line, ensure_ascii=True) + "\n" for line in lines)


def main() -> None:
    """Write all samples and what they read as."""
    for reader, samples in SAMPLES.items():
        folder = FOLDER / reader
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in samples.items():
            (folder / name).write_bytes(data)
            (folder / f"{name}.jsonl").write_text(golden(reader, data, name), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
