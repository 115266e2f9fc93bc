"""Scripted threads: hard negatives, and harmful ones as short and non-explicit as a public awareness poster.

A turn is `speaker [signals] text`; speakers: v the person at risk, o the other one, x y further people. `*photo`,
`*voice`, `*call`, `*deleted`, `*screenshot`, `*timer`, `*document` are events without words. `+N` alone on a line lets N
hours pass. Slots as in talk.py (`<m500>`: an
amount of 500 thousand rupiah), and the story's own values: <bankacc> <walletno> <btc> <tginvite> <altphone>.

Rules: pictures are "foto itu" or "pap"; ages and schools never stand in a thread that asks for pictures (everyone is an
adult); the person at risk is never mocked; what an offender says stays one plain sentence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random

from tests.simulator import talk, values
from tests.simulator.truth import Planted, Said

PHASE_OF = {
    **dict.fromkeys(("age_probe", "identity_probe", "affection", "guardian_check", "isolation", "secrecy", "platform_move",
                     "inducement", "false_identity", "lure_offer"), "grooming"),
    **dict.fromkeys(("image_request", "video_call_request", "no_share_promise", "reciprocity", "pressure"), "solicitation"),
    **dict.fromkeys(("leverage", "threat_to_share", "payment_demand", "coerced_more", "deadline"), "sextortion"),
    **dict.fromkeys(("service_offer", "content_sale", "live_show", "customer_booking", "quota_debt", "document_control",
                     "profit_share"), "exploitation"),
}
"""The phase a signal belongs to, typed from the published taxonomy."""

# ---- a false talent scout: Instagram, then WhatsApp, then a second account on Telegram ---------------------------------
SCOUT_IG = """
o hai kak, salam kenal
o [affection] fotonya di feed bagus, kamu beda dari yang lain
v halo, makasih kak
o [false_identity] [lure_offer] aku pencari bakat dari agensi, lagi cari talent. kerja gampang, gaji harian
v oh, agensi apa ya kak?
o [lure_offer] agensi baru, bayaran besar, bisa sambil kuliah
v aku tanya-tanya dulu boleh?
o boleh banget. kamu tinggal sama siapa di kos?
+20
o pagi, udah makan?
v udah kak, soto
o [inducement] nanti aku kirim pulsa <m50> buat semangat, anggap hadiah
v gak usah kak, ngerepotin
o [affection] aku sayang kamu, cuma aku yang ngerti kamu
v hehe kakak bisa aja
o [secrecy] jangan bilang siapa-siapa dulu ya soal ini, rahasia kita
+22
o [platform_move] pindah ke WA aja ya, di sini rame. nomorku <altphone>
v oke kak
"""

SCOUT_WA = """
v halo kak, ini aku dari IG
o sip, di sini lebih enak
o [affection] dari awal aku tau kamu spesial
v makasih kak
+18
o [isolation] temanmu itu cuma iri, jangan dengerin mereka. cuma aku yang dukung kamu
v mereka baik kok kak
o [guardian_check] lagi sendirian? ada yang suka cek hp kamu gak?
v sendirian sih kak, di kos
o [secrecy] abis ini hapus chat kita ya
+25
o [image_request] buat seleksi, kirim foto kamu yang lebih pribadi ya
v [refusal] maaf kak, aku gak mau
o [no_share_promise] tenang, janji nggak disebar, cuma buat aku
v [refusal] nggak ah kak, gak nyaman
o [pressure] kok gitu, kamu gak percaya sama aku? buktikan kalau percaya
o [image_request] pap satu aja, abis itu langsung aku hapus
v *photo
v udah ya kak, sekali ini aja
+11
o [video_call_request] vc yuk malam ini, nyalain kamera
v [refusal] jangan kak, aku gak bisa
o [reciprocity] aku udah kirim fotoku, sekarang gantian kamu
v *call
+14
o [leverage] aku punya foto itu, rekaman vc kamu juga ada di aku
v maksudnya apa kak?
o [threat_to_share] kalau gak nurut, foto itu aku sebar ke keluarga dan teman kampus kamu
v [distress] tolong jangan kak, aku takut
o [payment_demand] transfer <m1500> ke BCA <bankacc>, baru aku diem
o [deadline] waktu kamu sampai jam 9 malam ini
v aku gak punya uang segitu kak, cuma ada <m500>
+5
o [deadline] dua jam lagi. mulai hitung mundur
+1
v [payment_made] udah aku transfer <m500> kak, tolong hapus
v *document
o *deleted
+26
o [payment_demand] masih kurang. kirim lagi <m1000> ke DANA <walletno>
v [distress] tolong berhenti, aku takut banget, aku gak bisa tidur
o [threat_to_share] kalau berhenti bayar, foto itu aku viralin
o [coerced_more] atau kirim video lagi, kalau gak mau aku sebar semuanya
v [refusal] aku gak mau
v [distress] aku udah gak sanggup lagi, rasanya mau mati aja
"""

SCOUT_TG = """
o ini aku, nomor lama gak dipakai lagi
v kenapa hubungi aku lagi
o [threat_to_share] jangan blokir. foto itu bisa aku kirim ke grup kampus kapan saja
o *timer
v [distress] tolong jangan, aku mohon
+12
o [live_show] malam ini kamu live jam 10 di room, tamu udah bayar
v [refusal] aku gak mau
o [quota_debt] kamu masih punya utang ke agensi. target minggu ini belum masuk
o [profit_share] hasilnya masuk ke aku dulu, kamu dapat 30 persen
o [document_control] KTP kamu aku tahan sampai lunas
o [content_sale] grup VIP berbayar udah jalan, link koleksi di sini <tginvite>
v [refusal] berhenti, aku gak pernah setuju
o [payment_demand] kalau mau selesai, bayar <m3000> ke alamat BTC <btc>
o *screenshot
v [disclosure] aku sudah cerita ke kakakku dan mau lapor polisi
o [threat_to_share] lapor aja, sebelum mereka datang fotonya udah aku sebar
v [refusal] jangan hubungi aku lagi
"""

# ---- money only: a stranger, a video call, a threat -------------------------------------------------------------------------
QUICK_IG = """
o hi, salam kenal
v hai juga
o [affection] kamu ganteng banget, aku suka
v makasih
o [platform_move] di sini jarang buka, tambahin WA aku aja ya <altphone>
v oke
"""

QUICK_WA = """
o hai, ini aku yang di IG
v halo
o [video_call_request] video call yuk, nyalain kamera
v *call
o [leverage] tadi aku rekam. videomu ada di aku, daftar teman kamu juga
v hah? maksudnya
o [threat_to_share] transfer sekarang atau video itu aku kirim ke semua followers kamu
o [payment_demand] <m700> ke rekening BRI <bankacc>
o [deadline] kamu punya 10 menit
v [distress] tolong jangan, aku takut
v [payment_made] udah aku kirim <m700>
o [payment_demand] kurang, transfer <m700> lagi
v [refusal] gak ada lagi, tolong berhenti
"""

# ---- a partner who threatens ------------------------------------------------------------------------------------------------
PARTNER_WA = """
o kamu di mana
v lagi di rumah temen
o [isolation] jangan main sama mereka lagi, mereka bawa pengaruh buruk
v mereka temenku dari dulu
o [image_request] kirim foto kamu yang kayak kemarin
v [refusal] gak mau lagi
o [pressure] kalau sayang ya buktiin
v [refusal] aku bilang enggak
+40
o [threat_to_share] kalau kamu putusin aku, foto itu aku sebar ke keluargamu
v [distress] jangan, aku mohon jangan
o [coerced_more] datang ke kos malam ini, kalau enggak aku upload
v [disclosure] aku bilang ke kakakku
"""

# ---- hard negatives ---------------------------------------------------------------------------------------------------------
LOAN = """
o Selamat siang, tagihan pinjaman Anda <m1200> sudah jatuh tempo
v maaf pak, minggu depan saya bayar
o [other_threat] kalau hari ini tidak bayar, data kamu kami sebar ke semua kontak
v jangan pak, saya sudah cicil
o [other_threat] kami datangi rumah Anda kalau tidak lunas hari ini
v saya minta waktu sampai Jumat
"""

SURPRISE = """
o eh jangan bilang siapa-siapa ya, rahasia kita
v apa nih?
o kejutan ulang tahun buat ibu
v asik, aku pesan kuenya
o hapus chat ini biar ibu gak liat hp kamu
v wkwk siap
"""

TEACHER = """
o selamat pagi, saya wali kelas. mohon isi formulir: nama, umur, kelas, alamat
v baik pak
o yang belum kirim foto kartu pelajar tolong dikirim hari ini
v *photo
v sudah pak
o terima kasih
"""

ADVOCATE = """
o halo, aku pendamping dari layanan bantuan. boleh cerita pelan-pelan
v dia bilang "kalau gak transfer fotonya aku sebar"
o terima kasih sudah percaya. simpan chatnya, jangan dihapus ya
v iya, aku simpan
o pelaku biasanya mengancam sebar foto supaya korban membayar. ini bukan salahmu
v makasih kak
"""

FRIEND_TOLD = """
v aku mau cerita
o kenapa? cerita aja
v ada orang ngancem aku, katanya mau sebar foto
o hah siapa? kamu gak sendirian, aku temenin ya
v takut
o besok kita ke tempat layanan bareng
v makasih banyak
"""

JOB = """
o Selamat siang, kami dari toko roti, menindaklanjuti lamaran Anda
v siang bu
o posisi kasir, gaji bulanan <m2500>, jam kerja pagi
v baik bu, kapan wawancara?
o besok jam 10 di toko, bawa KTP asli untuk dilihat dan fotokopinya
v siap bu, terima kasih
"""

COUPLE = """
o sayang, udah sampai rumah?
v udah, tadi macet
o kangen
v sama
o vc yuk bentar, mau liat kucingmu
v *call
o lucu banget
v besok jemput ya jam 8
o siap
"""

GAME = """
o beliin diamond dong, nanti aku ganti
v berapa?
o <money> aja
v oke, kirim id kamu
o makasih, nanti malam mabar, jangan off
v gas
"""

TRADE = """
o kak BO buat tanggal 12 masih bisa?
v bisa kak, DP <money> dulu ya
o tf ke mana?
v Mandiri <bank:Mandiri> a.n. katering
o sudah ya kak, ST atau LT nih diskonnya? wkwk
v sampai tanggal 15 kak
"""

GOSSIP = """
o udah denger belum, video konser kemarin viral
v udah, semua orang sebar
o kirim dong
v bentar, filenya gede
o awas kalau gak dikirim, aku marah nih wkwk becanda
v sabar
"""

QUARREL = """
o [other_threat] awas ya, kalau ketemu aku hajar kamu
v kamu kenapa sih marah terus
o kembaliin helmku
v iya besok aku anter
"""

NEGATIVES = {
    "surprise": SURPRISE, "teacher": TEACHER, "advocate": ADVOCATE, "friend_told": FRIEND_TOLD, "job": JOB, "couple": COUPLE,
    "game": GAME, "trade": TRADE, "gossip": GOSSIP, "loan": LOAN, "quarrel": QUARREL,
}
"""Scenes that share words with the crime and are not it. `loan` and `quarrel` hold threats of another kind."""


@dataclass(frozen=True)
class Villain:
    """The invented values of one harmful story; the same in all its chapters."""

    bank: str
    account: str
    wallet: str
    btc: Planted
    invite: Planted
    altphone: Planted

    @classmethod
    def made(cls, rng: Random, number: str) -> Villain:
        """A villain whose WhatsApp number is `number`."""
        bank = rng.choice(("BCA", "BRI"))
        return cls(
            bank, values.bank_digits(rng, bank), values.phone_number(rng), values.crypto(rng, "btc_segwit"),
            values.telegram_invite(rng), values.phone(rng, number),
        )


_TURN = re.compile(r"([a-z]) ((?:\[\w+\] ?)*)(.*)")


def _filled(rng: Random, text: str, villain: Villain | None) -> tuple[str, tuple[Planted, ...]]:
    if villain is None:
        return talk.fill(rng, text)
    planted: list[Planted] = []

    def value(found: re.Match[str]) -> str:
        if found.group(1):
            planted.append(values.money(rng, int(found.group(1)) * 1000))
            return planted[-1].as_written
        made = {
            "<bankacc>": values.bank_account(villain.bank, villain.account),
            "<walletno>": values.ewallet("DANA", villain.wallet), "<btc>": villain.btc,
            "<tginvite>": villain.invite, "<altphone>": villain.altphone,
        }[found.group(0)]
        planted.append(made)
        return made.as_written

    text = text.replace("BCA <bankacc>", f"{villain.bank} <bankacc>").replace("BRI <bankacc>", f"{villain.bank} <bankacc>")
    filled = re.sub(r"<(?:bankacc|walletno|btc|tginvite|altphone|m(\d+))>", value, text)
    return filled, tuple(planted)


def play(
    rng: Random, script: str, start_ms: int, cast: dict[str, int], villain: Villain | None = None
) -> list[Said]:
    """The events of a script from `start_ms` on. cast: the script's letters -> indices of the chat's members."""
    said: list[Said] = []
    at = start_ms
    for line in script.strip().split("\n"):
        if line.startswith("+"):
            at += int(line[1:]) * 3_600_000 + rng.randrange(0, 1_800_000)
            continue
        found = _TURN.fullmatch(line)
        if found is None:
            raise ValueError(line)
        who = cast[found.group(1)]
        at += rng.randrange(20_000, 150_000)
        signals = tuple(re.findall(r"\w+", found.group(2)))
        phase = next((PHASE_OF[s] for s in signals if s in PHASE_OF), None)
        words = found.group(3)
        if words.startswith("*"):
            said.append(_event(words[1:], at, who))
            continue
        text, planted = _filled(rng, words, villain)
        reply = rng.choice((0, 0, 0, 1)) if said else 0
        said.append(Said(at, who, text, "text", planted, signals, phase, reply=reply))
    return said


def _event(name: str, at: int, who: int) -> Said:
    if name in ("photo", "voice", "document", "video", "sticker"):
        return Said(at, who, "", "media", media=name)
    if name == "call":
        return Said(at, who, "", "call")
    if name == "deleted":
        return Said(at, who, "", "deleted")
    return Said(at, who, "", "service", action=name)


STRONG = frozenset(("leverage", "threat_to_share", "coerced_more", "service_offer", "content_sale"))
"""Signals that the taxonomy calls strong alone."""


def phases_of(script: str) -> list[str]:
    """The phases a script holds for sure: one strong signal or three kinds of weak ones. One cue alone proves nothing."""
    kinds = set(re.findall(r"\[(\w+)\]", script)) & set(PHASE_OF)
    weight = {p: sum(3 if k in STRONG else 1 for k in kinds if PHASE_OF[k] == p) for p in PHASE_OF.values()}
    return [p for p in ("grooming", "solicitation", "sextortion", "exploitation") if weight[p] >= 3]
