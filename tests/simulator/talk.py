"""Ordinary life: short exchanges between people, expanded once per phone and then dealt out in any number.

An exchange is written one turn a line, the speaker's letter first; `<slot>` is filled from SLOTS or, for identifiers,
with an invented value that is planted in the truth. `\\n` inside a turn is a line break the sender typed. Turns of
`DECOYS` hold digits and handles' look-alikes that are *not* identifiers: years, scores, order and tracking numbers.
"""

from __future__ import annotations

import re
from random import Random
from typing import NamedTuple

from tests.simulator import values
from tests.simulator.truth import Planted

SLOTS: dict[str, tuple[str, ...]] = {
    "food": ("soto ayam", "nasi padang", "bakso", "mie ayam", "gado-gado", "pecel lele", "rawon", "martabak", "seblak",
             "nasi uduk", "ketoprak", "sate", "gudeg", "bubur ayam", "tahu tek", "lontong sayur", "es teh", "kopi susu"),
    "place": ("perpus", "kantin", "stasiun", "alun-alun", "warung Bu Darmi", "halte depan", "parkiran", "masjid",
              "lapangan", "gerbang belakang", "pasar", "kos", "rumah nenek", "terminal", "taman kota"),
    "day": ("besok", "lusa", "Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu", "nanti sore", "nanti malam"),
    "hour": ("jam 7", "jam 8", "jam setengah 9", "jam 10", "jam 1 siang", "jam 4", "abis magrib", "abis isya", "jam 5 sore"),
    "subject": ("statistik", "kimia", "akuntansi", "sejarah", "fisika", "bahasa Inggris", "metode penelitian", "agama",
                "ekonomi", "biologi", "pancasila", "desain"),
    "team": ("Garuda", "tim kampus", "Elang Selatan", "Merah Putih FC", "tim RW", "Badak Utara"),
    "thing": ("charger", "payung", "buku catatan", "helm", "jaket", "kunci motor", "kotak makan", "kalkulator", "tas",
              "sepatu", "botol minum", "flashdisk", "kabel", "kipas angin"),
    "weather": ("hujan deres", "panas banget", "mendung", "gerimis", "berangin", "cerah", "dingin"),
    "show": ("film yang kemarin", "drakor itu", "lagu barunya", "video masak itu", "podcast itu", "komik itu"),
    "pet": ("kucing", "kelinci", "ikan", "ayam", "burung", "hamster"),
    "emoji": ("😂", "😅", "🙏", "👍", "🎉", "🌧️", "🍜", "👨‍👩‍👧", "🤦🏽‍♀️", "❤️", "🥲", "✨", "🏳️‍🌈", "👩🏻‍🏫", "⚽", "🇮🇩"),
    "laugh": ("wkwk", "wkwkwk", "haha", "hehe", "hihi", "xixi", "wkwkwkwk"),
    "ok": ("oke", "ok", "sip", "siap", "oke deh", "okee", "baik", "iya", "yoi", "gas", "beres", "noted"),
    "item": ("jilbab segi empat", "sepatu lari", "tas kanvas", "gamis", "kaos polos", "buku resep", "botol minum",
             "lampu meja", "sprei", "casing hp"),
    "color": ("hitam", "navy", "cokelat", "putih", "hijau", "krem", "abu-abu", "marun"),
    "city": ("Semarang", "Malang", "Solo", "Bandung", "Medan", "Makassar", "Padang", "Bogor", "Jogja", "Kediri"),
    "name": ("Bagas", "Wening", "Sekar", "Danu", "Laras", "Tegar", "Ratih", "Galih", "Menik", "Ujang"),
    "word": ("resep", "jadwal", "peta", "artikel", "promo", "lagu", "berita", "tutorial"),
}

FRIENDS = """
a udah makan belum?
b belum, pengen <food>
a <ok>, ketemu di <place> <hour> ya
b <ok> <emoji>
--
a <weather> nih di sini
b sama, di sini juga
a hati-hati di jalan ya
b iya makasih
--
a tugas <subject> udah selesai?
b belum <laugh> baru bab satu
a dikumpul <day> lho
b hah serius?
a serius, cek grup
b <ok> nanti malem aku kerjain
--
a kamu liat <thing> aku gak?
b yang warna <color>?
a iya
b kayaknya ketinggalan di <place>
a waduh, makasih ya
--
a eh tau gak: <show> seru banget
b masa sih?
a iya: bagian akhirnya bikin nangis
b jangan spoiler <laugh>
--
a <name> ulang tahun <day>
b oh iya! mau kasih apa?
a rahasia dong, jangan bilang dia ya. kita bikin kejutan di <place>
b siap, aku diem aja <emoji>
a kue aku yang pesen
--
a semalem nonton <team>?
b nonton lah, 2-1
a gol kedua cakep banget
b wasitnya aneh sih tapi
--
a macet parah di depan <place>
b lewat jalan belakang aja
a <ok>
b kabarin kalo udah deket
--
a aku masih di <place>
b ngapain?
a nunggu <name>, katanya lima menit, udah setengah jam <emoji>
b <laugh> biasa dia mah
--
a pap makan siang dong <emoji>
b nih <food>, baru dateng
a bikin laper aja
--
a aku capek banget minggu ini
b kenapa? cerita aja kalo mau
a tugas numpuk, tidur kurang
b istirahat dulu, jangan dipaksa\\nbesok aku bantu ngerjain <subject>
a makasih ya, kamu baik banget
--
a ke <city> yuk kapan-kapan
b naik apa?
a kereta aja, murah
b <ok>, cari tanggal
--
a <pet> aku sakit, dari kemarin gak mau makan
b udah ke dokter hewan?
a rencananya <day>
b semoga cepet sembuh ya <emoji>
--
a main bareng gak? kurang satu orang
b lima menit lagi, abis cuci piring
a <ok> room-nya aku tahan
--
a jadi gimana, kita kumpul <day>?
b jadi, <hour> di <place>
a yang bawa <thing> siapa?
b <name> katanya
a <ok>
--
a lagi dengerin apa?
b <show>
a kirim linknya dong
b <link>
a <ok> makasih
--
a tadi patunganmu <food> kurang <money> ya
b oh iya, aku transfer ke DANA <wallet> ya
a iya, makasih
b udah masuk belum?
a udah <emoji>
--
a nomor barunya <name> berapa?
b <phone>
a makasih
--
a ih liat deh awan di luar
b bagus banget <emoji>
a kayak kapas
--
a aku lupa bawa <thing>
b aku bawa dua, pinjem aja
a penyelamat! <emoji>
--
a kuis <subject> tadi susah ga sih
b nomor tiga aku ngarang total
a sama <laugh>
b ya udah lah, udah lewat
--
a aku kepikiran omongan <name> tadi
b yang mana?
a katanya dia mau pindah ke <city>. sedih juga sih kalo jadi
b masih lama kan, masih bisa main bareng
a iya bener
--
a besok pake baju apa?
b batik aja, kan ada acara
a <ok>
--
a selamat pagi <emoji>
b pagi juga
a semangat hari ini
"""

FAMILY = """
a sudah sampai mana nak?
b di <place>, bu. sebentar lagi pulang
a ya hati-hati, ibu masak <food>
b asik, makasih bu
--
a jangan lupa makan ya
b iya bu, tadi sudah makan <food>
a alhamdulillah
--
a uang kos sudah ibu transfer <m850> ya
b sudah masuk bu, makasih banyak
a hemat-hemat ya nak
--
a tolong jemput adik di <place> <hour>
b <ok>, aku berangkat sekarang
a bawa <thing> sekalian
--
a ayah ke <city> <day>, pulang malam
b naik bis atau kereta bu?
a kereta
b semoga lancar ya bu
--
a kiriman <food> sudah sampai?
b sudah bu, enak banget
a syukurlah. bagi ke teman kos juga
--
a <pet>-nya sudah dikasih makan?
b udah tadi pagi
--
a nenek kangen, telepon ya kalau sempat
b nanti malam aku telepon bu
a <ok>
--
a <weather>, jemuran tolong diangkat
b udah aku angkat bu
--
a Assalamualaikum nak
b waalaikumsalam bu
a sehat?
b sehat bu, ibu gimana?
a sehat. ayah juga sehat, lagi benerin <thing>
--
a wis mangan durung?
b sampun bu, mangan <food>
a yo wis, ojo turu bengi-bengi
b nggih bu
--
a pulsa adik habis, tolong isiin <money> ke <phone>
b udah ya bu, cek
a sudah masuk, makasih
--
a kamu pulang kapan nak?
b <day> bu, naik kereta
a nanti ayah jemput di stasiun
--
a foto wisuda kakakmu sudah dicetak, bagus sekali
b wah, nanti aku lihat bu
--
b bu, resep <food> gimana?
a bumbunya sama seperti biasa, kuncinya: api kecil
b <ok> bu, nanti aku coba
--
b bu, aku dapat nilai bagus <subject>
a alhamdulillah, ibu bangga
b doain terus ya bu
--
a adikmu main game terus, tolong dibilangi
b iya bu nanti aku telepon
--
a obat nenek habis, tolong belikan <day> ya
b obat yang mana bu?
a yang biasa, warna <color>
b <ok> bu
--
a di rumah <weather>. di sana bagaimana?
b di sini <weather> juga bu
a jaga kesehatan ya nak
--
a arisan <day> di rumah bude
b aku ikut ya bu, sekalian nengok bude
a iya, bude nanyain kamu terus
"""

GROUP = """
a Pengumuman: kuliah <subject> <day> dipindah ke <hour>
b di ruang mana?
a ruang 204, gedung B
c <ok>, makasih infonya
d siap
--
a yang belum kumpul tugas <subject> siapa ya?
b aku belum <emoji>
c aku udah
a batasnya <day> <hour>
d catat
--
a minta tolong isi daftar hadir: nama, kelas, nomor absen
b sudah
c sudah juga
d nyusul ya
--
a absen belajar bareng <day> di <place>
b ikut
c ikut
d izin, ada acara keluarga
--
a pap tugasnya dong yang udah jadi
b nanti aku foto bukunya
c makasih <name>
--
a TO <subject> <day> jangan lupa bawa kartu peserta
b <hour> kan?
a iya
c siap
--
a iuran kas bulan ini <money> ya, ke BRI <bank:BRI> a.n. bendahara
b sudah bu bendahara
c besok ya
d <ok>
--
a tolong sebar undangan seminar ini ke angkatan lain
b siap, aku sebar ke grup sebelah
c linknya mana?
a <link>
--
a hati-hati hoaks soal banjir, jangan ikut sebar ya
b iya tadi viral banget
c makasih sudah diingatkan
--
a siapa yang mau ikut futsal <day>?
b ikut
c ikut, aku kiper
d aku wasit aja <laugh>
--
a yang ketinggalan <thing> warna <color> di <place>, sudah aku titip di satpam
b itu punyaku! makasih
--
a gabung grup panitia di sini ya <wainvite>
b udah masuk
c izin join
--
a rapat <day> <hour>\\nagenda:\\n1. laporan\\n2. jadwal\\n3. lain-lain
b siap hadir
c online boleh?
a boleh
"""

SHOP = """
a kak, <item> warna <color> masih ada?
b ready kak, <money>
a ongkir ke <city> berapa?
b <money> pakai reguler kak
a oke aku ambil satu
b siap kak, transfer ke BCA <bank:BCA> a.n. toko ya
a sudah aku transfer kak
b terima kasih, besok dikirim <emoji>
--
b PO <item> dibuka lagi kak, DP <money> dulu boleh
a kapan jadinya?
b dua minggu kak
a oke nanti aku kabari
--
a kak CS-nya bisa dihubungi di mana?
b langsung chat sini saja kak, admin balas jam kerja. bisa juga email ke <email>
a baik
--
b follow IG kami <handle> kak, banyak promo
a siap kak
--
a kak bisa kirim lewat grup?
b bisa kak, gabung di sini <tginvite>
a <ok>
--
b kak nanti malam kita live ya, banyak diskon, penonton dapat hadiah
a live jam berapa kak?
b <hour> kak
a <ok>
--
a pesanan saya belum sampai kak, resinya JX8841203377
b sebentar dicek ya kak
b sudah di gudang <city> kak, <day> diantar
a makasih
--
b total <money> kak, bisa QRIS atau GoPay <ewallet:GoPay>
a lewat GoPay ya
b siap kak, kalau sudah kabari
a sudah ya kak
"""

COURIER = """
a permisi, paket atas nama kakak, saya sudah di depan <place>
b titip satpam saja pak
a baik kak, terima kasih
--
a selamat siang, paket COD <money> ya kak, ada orang di rumah?
b ada pak, sebentar
--
a kak alamatnya sebelah mana ya? saya di dekat <place>
b maju sedikit pak, pagar <color>
a oke
--
a saya jemput di <place> ya kak, motor <color>
b iya pak, saya pakai jaket <color>
a siap
"""

WORK = """
b laporan minggu ini sudah saya kirim ke email
a diterima, saya cek sore ini
b terima kasih bu
--
b bu, shift <day> bisa tukar?
a bisa, kamu ambil pagi ya
b siap, terima kasih bu
--
a tamu dari <city> datang <hour>, tolong siapkan ruang rapat
b baik pak
--
a rekap stok sudah cocok?
b selisih dua, sedang dihitung ulang
a oke, kabari
--
a gaji sudah cair ya, <money>, dipotong iuran seperti biasa
b alhamdulillah, terima kasih bu
--
a besok kebersihan dulu sebelum buka, bawa <thing>
b siap bu
"""

NEWS = """
a <city>: <weather> diperkirakan sampai <day>. Warga diminta berhati-hati.
--
a Hasil semalam: <team> menang 3-1. Laga berikutnya <day>.
--
a Resep hari ini: <food> rumahan.\\nBahan mudah, waktu 30 menit.\\nSelengkapnya: <link>
--
a Harga cabai di pasar <city> turun. Pedagang: "pasokan mulai lancar".
--
a Berita: polisi di <city> menangkap pelaku pemerasan yang mengancam menyebar foto korban. Korban diminta melapor, kata petugas.
--
a Jadwal kereta tambahan ke <city> mulai <day>. Selengkapnya: <link>
"""

ENGLISH = """
a morning! did you finish the report?
b almost: just the last page
a great, send it over when done
--
a it's raining here again <emoji>
b same. stay dry!
--
a lunch at <hour>?
b sure, the usual place
a see you there
--
a happy birthday!! <emoji>
b thank you so much
"""

DECOYS = (
    "resi paket JNX00318820045, sampai <day>", "no order 20260114-00873 ya kak", "NIM 2141720098, kelas 3B",
    "skor akhir 21-18 21-19", "jam 07.30 sampai 09.10", "tahun 2024 ke 2026 jauh bedanya", "halaman 120-135 dibaca ya",
    "suhu 32 derajat hari ini", "bus nomor 14, peron 3", "ulangan tanggal 12/02", "kamar 1108 lantai 11",
    "versi 3.11.7 sudah keluar", "kilometer 27 macet", "antrean nomor 086, masih lama", "angkatan 2019 paling ramai",
    "umur kucingnya 3 tahun", "resepnya 200 gram tepung, 3 telur", "rumusnya y = 2x + 5", "film durasinya 120 menit",
)

LONG = (
    "jadi ceritanya tadi aku ke <place>, niatnya cuma sebentar, eh ketemu <name> yang udah lama banget gak ketemu. akhirnya "
    "kita ngobrol sampai sore: soal kuliah, kerja, rencana ke <city>, macem-macem. dia titip salam buat kamu. katanya "
    "kapan-kapan kumpul lagi kayak dulu, makan <food> bareng. aku bilang gampang, asal jangan pas <weather> <laugh>",
    "resep <food> versi ibu:\\n- bawang putih tiga siung\\n- garam secukupnya\\n- santan satu gelas\\n\\nmasak pelan-pelan, "
    "jangan ditinggal. kuncinya: api kecil.",
    "catatan rapat tadi:\\n1. <name> pegang konsumsi\\n2. aku pegang perlengkapan\\n3. acara mulai <hour>\\nkalau ada yang "
    "kurang tolong ditambah ya, takutnya aku kelewatan",
)


class Turn(NamedTuple):
    """One turn of an expanded exchange. speaker: 0, 1, 2 …, in order of the letters."""

    speaker: int
    text: str
    planted: tuple[Planted, ...]


_SLOT = re.compile(r"<([a-z]+)(\d+)?(?::(\w+))?>")


def fill(rng: Random, text: str) -> tuple[str, tuple[Planted, ...]]:
    """A text with its slots filled, and what was planted in it."""
    planted: list[Planted] = []

    def value(found: re.Match[str]) -> str:
        slot, thousands, which = found.groups()
        if slot in SLOTS:
            return rng.choice(SLOTS[slot])
        if slot == "m":
            made = values.money(rng, int(thousands) * 1000)
        elif slot == "money":
            made = values.money(rng, rng.choice((5, 7, 10, 12, 15, 18, 20, 25, 30, 45, 50, 75, 85, 120, 150, 250, 300)) * 1000)
        elif slot == "phone":
            made = values.phone(rng, values.phone_number(rng))
        elif slot == "bank":
            made = values.bank_account(which, values.bank_digits(rng, which))
        elif slot in ("wallet", "ewallet"):
            made = values.ewallet(which or "DANA", values.phone_number(rng))
        elif slot == "link":
            made = values.link(rng, rng.choice(SLOTS["word"]))
        elif slot == "email":
            made = values.email(rng)
        elif slot == "handle":
            made = values.handle(rng)
        elif slot == "tginvite":
            made = values.telegram_invite(rng)
        elif slot == "wainvite":
            made = values.whatsapp_invite(rng)
        else:
            raise KeyError(slot)
        planted.append(made)
        return made.as_written

    filled = _SLOT.sub(value, text.replace("\\n", "\n"))
    return filled, tuple(planted)


def expand(rng: Random, script: str) -> tuple[Turn, ...]:
    """One exchange (lines `a text`) with its slots filled."""
    turns = []
    for line in script.strip().split("\n"):
        text, planted = fill(rng, line[2:])
        turns.append(Turn("abcdef".index(line[0]), text, planted))
    return tuple(turns)


ROLES = {"family": 1, "shop": 0, "courier": 1, "work": 1, "news": 1}
"""Who says the `a` turns where it matters: 1 the other one (the mother, the courier), 0 the phone's owner."""

TAILS = {"friends": ("", "", "", "", " wkwk", " 😂", " haha", " 👍🏽", " hehe", " 👨‍👩‍👧‍👦")}
"""What people add at the end of a turn, by style; other styles add nothing or a friendly emoji."""
PLAIN_TAILS = ("", "", "", "", "", "", " 🙏", " 😊")

STYLES = {
    "friends": FRIENDS, "family": FAMILY, "group": GROUP, "shop": SHOP, "courier": COURIER, "work": WORK, "news": NEWS,
    "english": ENGLISH,
}


def exchanges(rng: Random, style: str, count: int) -> list[tuple[Turn, ...]]:
    """`count` expanded exchanges of a style; friends and groups also hold long texts and decoys."""
    scripts = STYLES[style].strip().split("\n--\n")
    pool = []
    for i in range(count):
        if style in ("friends", "group") and i % 12 == 5:
            pool.append(expand(rng, "a " + rng.choice(LONG) + "\nb <ok> <emoji>"))
        elif style in ("friends", "group", "shop") and i % 9 == 4:
            pool.append(expand(rng, "a " + rng.choice(DECOYS) + "\nb <ok>"))
        else:
            pool.append(expand(rng, scripts[i % len(scripts)] if i < len(scripts) else rng.choice(scripts)))
    return pool
