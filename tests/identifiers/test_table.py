"""Positives and negatives, typed by hand: what is written -> what must be found, and nothing else."""

from __future__ import annotations

import pytest

from saksi.identifiers import find_in

P = "+6286012345678"

PHONES = [
    "086012345678", "0860-1234-5678", "0860 1234 5678", "0860.1234.5678", "(0860) 1234-5678", "+6286012345678",
    "+62 860-1234-5678", "+62 860 1234 5678", "62 860 1234 5678", "6286012345678", "+62 (0) 860 1234 5678",
    "\u202a+62\u00a0860\u20111234\u20115678\u202c", "+62\u202f860\u20131234\u20135678", "006286012345678",
    "0860 - 1234 - 5678", "0860-12345678", "0 8 6 0 1 2 3 4 5 6 7 8", "0-8-6-0-1-2-3-4-5-6-7-8", "0.8.6.0.1.2.3.4.5.6.7.8",
    "０８６０１２３４５６７８", "٠٨٦٠١٢٣٤٥٦٧٨", "𝟎𝟖𝟔𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖", "⓪⑧⑥⓪①②③④⑤⑥⑦⑧",
    "0️⃣8️⃣6️⃣0️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣8️⃣", "0\u200b8\u200b6\u200b0\u200b1\u200b2345678",
    "O86O12345678", "o860-l234-5678", "0860I2345678",
    "nol delapan enam nol satu dua tiga empat lima enam tujuh delapan",
    "nol lapan enam kosong 1234 5678", "Nol-Delapan-Enam-Nol-1234-lima-enam-tujuh-delapan",
]


@pytest.mark.parametrize("written", PHONES)
@pytest.mark.parametrize("frame", ["{}", "wa {} ya", "hubungi: {}.", "({})", "nomorku {}, simpan", "a\n{}\nb", "😀{}😀"])
def test_every_form_of_a_phone(written: str, frame: str) -> None:
    text = frame.format(written)
    assert [(h.kind, h.value) for h in find_in(text)] == [("phone", P)]


FOUND: list[tuple[str, list[tuple[str, str, str]]]] = [
    # two numbers, and a number beside other digits
    ("086012345678 086012345679", [("phone", P, "086012345678"), ("phone", P[:-1] + "9", "086012345679")]),
    ("0860-1234-5678/0860-1234-5679", [("phone", P, "0860-1234-5678"), ("phone", P[:-1] + "9", "0860-1234-5679")]),
    ("0860 1234 5678 10 menit lagi", [("phone", P, "0860 1234 5678")]),
    ("wa 0860-1234-5678 500rb", [("phone", P, "0860-1234-5678"), ("money", "IDR:500000", "500rb")]),
    ("wa 86012345678", [("phone", P, "86012345678")]),
    ("telp 021-5550123 ya", [("phone", "+62215550123", "021-5550123")]),
    ("(021) 5550123", [("phone", "+62215550123", "(021) 5550123")]),
    ("+65 6123 4567", [("phone", "+6561234567", "+65 6123 4567")]),
    ("@6286012345678 halo", [("phone", P, "6286012345678")]),
    # banks
    ("BCA 8601234567", [("bank_account", "bank:BCA:8601234567", "8601234567")]),
    ("bca: 860-123-4567 a.n. Sari", [("bank_account", "bank:BCA:8601234567", "860-123-4567")]),
    ("BCA 8601 2345 67", [("bank_account", "bank:BCA:8601234567", "8601 2345 67")]),
    ("8601234567 (BNI)", [("bank_account", "bank:BNI:8601234567", "8601234567")]),
    ("rekening Mandiri atas nama toko 8601234567890", [("bank_account", "bank:MANDIRI:8601234567890", "8601234567890")]),
    ("norek 8601234567", [("bank_account", "bank:?:8601234567", "8601234567")]),
    ("8601234567 a.n. Sari", [("bank_account", "bank:?:8601234567", "8601234567")]),
    ("BRI 860123456789012", [("bank_account", "bank:BRI:860123456789012", "860123456789012")]),
    ("seabank 860123456789", [("bank_account", "bank:SEABANK:860123456789", "860123456789")]),
    ("BCA: 8601234567\nBRI: 860123456789012", [
        ("bank_account", "bank:BCA:8601234567", "8601234567"),
        ("bank_account", "bank:BRI:860123456789012", "860123456789012"),
    ]),
    ("8601234567 BCA, 860123456789012 BRI", [
        ("bank_account", "bank:BCA:8601234567", "8601234567"),
        ("bank_account", "bank:BRI:860123456789012", "860123456789012"),
    ]),
    ("8601234567 BCA\n860123456789012 BRI", [
        ("bank_account", "bank:BCA:8601234567", "8601234567"),
        ("bank_account", "bank:BRI:860123456789012", "860123456789012"),
    ]),
    ("tf 500rb ke BCA ８６０１２３４５６７", [
        ("money", "IDR:500000", "500rb"), ("bank_account", "bank:BCA:8601234567", "８６０１２３４５６７"),
    ]),
    ("BCA 0860123456", [("bank_account", "bank:BCA:0860123456", "0860123456")]),  # ten digits: BCA's length
    ("transfer BCA, hubungi wa 0860123456", [("phone", "+62860123456", "0860123456")]),
    # wallets
    ("DANA 086012345678", [("ewallet", f"ewallet:DANA:{P}", "086012345678"), ("phone", P, "086012345678")]),
    ("gopay/ovo: 0860-1234-5678", [
        ("ewallet", f"ewallet:GOPAY:{P}", "0860-1234-5678"), ("ewallet", f"ewallet:OVO:{P}", "0860-1234-5678"),
        ("phone", P, "0860-1234-5678"),
    ]),
    ("086012345678 (ShopeePay)", [
        ("ewallet", f"ewallet:SHOPEEPAY:{P}", "086012345678"), ("phone", P, "086012345678"),
    ]),
    ("va dana 3901086012345678", [("ewallet", f"ewallet:DANA:{P}", "3901086012345678")]),
    # money
    ("Rp 500.000", [("money", "IDR:500000", "Rp 500.000")]), ("rp500000", [("money", "IDR:500000", "rp500000")]),
    ("Rp. 1.500.000,-", [("money", "IDR:1500000", "Rp. 1.500.000,-")]),
    ("Rp 1.250.000,50", [("money", "IDR:1250000.5", "Rp 1.250.000,50")]),
    ("Rp 2 juta", [("money", "IDR:2000000", "Rp 2 juta")]), ("Rp 2M", [("money", "IDR:2000000000", "Rp 2M")]),
    ("IDR 750,000", [("money", "IDR:750000", "IDR 750,000")]), ("500rb", [("money", "IDR:500000", "500rb")]),
    ("500 ribu", [("money", "IDR:500000", "500 ribu")]), ("200rban", [("money", "IDR:200000", "200rban")]),
    ("1,2jt", [("money", "IDR:1200000", "1,2jt")]), ("1.2 juta", [("money", "IDR:1200000", "1.2 juta")]),
    ("3 juta", [("money", "IDR:3000000", "3 juta")]), ("1jt500rb", [("money", "IDR:1500000", "1jt500rb")]),
    ("1 juta 500 ribu", [("money", "IDR:1500000", "1 juta 500 ribu")]), ("sejuta", [("money", "IDR:1000000", "sejuta")]),
    ("seratus ribu", [("money", "IDR:100000", "seratus ribu")]),
    ("dua ratus lima puluh ribu", [("money", "IDR:250000", "dua ratus lima puluh ribu")]),
    ("setengah juta", [("money", "IDR:500000", "setengah juta")]), ("goceng doang", [("money", "IDR:5000", "goceng")]),
    ("250k aja", [("money", "IDR:250000", "250k")]), ("bayar 5k", [("money", "IDR:5000", "5k")]),
    ("total 150.000", [("money", "IDR:150000", "150.000")]), ("transfer 150000 ya", [("money", "IDR:150000", "150000")]),
    ("beli 3 @5rb", [("money", "IDR:5000", "5rb")]),
    ("$50", [("money", "USD:50", "$50")]), ("US$1,200.50", [("money", "USD:1200.5", "US$1,200.50")]),
    ("50 USD", [("money", "USD:50", "50 USD")]), ("50 dolar", [("money", "USD:50", "50 dolar")]),
    ("RM50", [("money", "MYR:50", "RM50")]), ("100 USDT", [("money", "USDT:100", "100 USDT")]),
    ("５００rb", [("money", "IDR:500000", "５００rb")]), ("500.000 rupiah", [("money", "IDR:500000", "500.000 rupiah")]),
    # links and invitations
    ("lihat https://Toko.Example.org/Barang-1.", [
        ("link", "https://toko.example.org/Barang-1", "https://Toko.Example.org/Barang-1"),
    ]),
    ("(https://example.com/a_(b))", [("link", "https://example.com/a_(b)", "https://example.com/a_(b)")]),
    ("www.example.com!", [("link", "https://www.example.com", "www.example.com")]),
    ("cek example.co.id/promo ya", [("link", "https://example.co.id/promo", "example.co.id/promo")]),
    ("http://example.com:80/", [("link", "http://example.com", "http://example.com:80/")]),
    ("bit.ly/abc123", [("link", "https://bit.ly/abc123", "bit.ly/abc123")]),
    ("‎Lokasi: https://maps.google.com/?q=-6.2000000,106.8000000", [
        ("link", "https://maps.google.com/?q=-6.2000000,106.8000000", "https://maps.google.com/?q=-6.2000000,106.8000000"),
    ]),
    ("wa.me/6286012345678", [("link", "https://wa.me/6286012345678", "wa.me/6286012345678"), ("phone", P, "6286012345678")]),
    ("https://api.whatsapp.com/send?phone=6286012345678&text=halo", [
        ("link", "https://api.whatsapp.com/send?phone=6286012345678&text=halo",
         "https://api.whatsapp.com/send?phone=6286012345678&text=halo"),
        ("phone", P, "6286012345678"),
    ]),
    ("join https://t.me/+AbCdEfGh123456", [("invite", "https://t.me/+AbCdEfGh123456", "https://t.me/+AbCdEfGh123456")]),
    ("telegram.me/joinchat/AbCdEfGh123456", [
        ("invite", "https://t.me/+AbCdEfGh123456", "telegram.me/joinchat/AbCdEfGh123456"),
    ]),
    ("https://chat.whatsapp.com/AbCdEfGhIjKlMnOpQrStUv?mode=x", [
        ("invite", "https://chat.whatsapp.com/AbCdEfGhIjKlMnOpQrStUv", "https://chat.whatsapp.com/AbCdEfGhIjKlMnOpQrStUv?mode=x"),
    ]),
    ("discord.gg/abcDEF", [("invite", "https://discord.gg/abcDEF", "discord.gg/abcDEF")]),
    ("https://line.me/ti/p/~contoh", [("invite", "https://line.me/ti/p/~contoh", "https://line.me/ti/p/~contoh")]),
    ("https://t.me/contoh_akun", [("link", "https://t.me/contoh_akun", "https://t.me/contoh_akun")]),
    # handles
    ("add @contoh_99 ya", [("handle", "@contoh_99", "@contoh_99")]),
    ("ig: Contoh.Akun", [("handle", "@contoh.akun", "Contoh.Akun")]),
    ("ig @contohakun", [("handle", "@contohakun", "@contohakun")]),
    ("id line: contoh123", [("handle", "@contoh123", "contoh123")]),
    ("tele=@contoh", [("handle", "@contoh", "@contoh")]),
    # e-mail
    ("kirim ke Contoh.Nama+x@Example.CO.ID.", [
        ("email", "contoh.nama+x@example.co.id", "Contoh.Nama+x@Example.CO.ID"),
    ]),
    ("086012345678@example.com", [("email", "086012345678@example.com", "086012345678@example.com")]),
]


@pytest.mark.parametrize(("text", "expected"), FOUND, ids=[text[:40] for text, _ in FOUND])
def test_found(text: str, expected: list[tuple[str, str, str]]) -> None:
    hits = find_in(text)
    assert sorted((h.kind, h.value, text[h.start : h.end]) for h in hits) == sorted(expected)


def test_handles_where_the_app_has_them() -> None:
    assert [h.value for h in find_in("tanya @contoh dulu", "telegram")] == ["@contoh"]
    assert find_in("tanya @contoh dulu", "whatsapp") == []


# Addresses printed in the standards: BIP 173, BIP 350, EIP-55, and the genesis block's.
CRYPTO = [
    ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "btc:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
    ("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "btc:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
    ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
     "btc:bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"),
    ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "eth:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
    ("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359", "eth:0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"),
    ("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", "eth:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
]


@pytest.mark.parametrize(("written", "value"), CRYPTO)
def test_crypto(written: str, value: str) -> None:
    hits = find_in(f"kirim ke {written}, jangan salah")
    assert [(h.kind, h.value) for h in hits] == [("crypto", value)]


@pytest.mark.parametrize("written", [w for w, _ in CRYPTO if w != CRYPTO[-1][0]])
def test_crypto_with_one_character_changed(written: str) -> None:
    for at in range(4, len(written)):
        other = "2" if written[at] != "2" else "3"
        assert find_in(written[:at] + other + written[at + 1 :]) == [], at


@pytest.mark.parametrize("written", [
    "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3t4",                       # mixed case (BIP 173)
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd",    # bech32 checksum where bech32m is due (BIP 350)
    "bc1qr508d6qejxtdg4y5r3zarvaryv98gj9p",                              # wrong program size for version 0 (BIP 173)
    "bc1gmk9yu",                                                         # empty data part (BIP 173)
])
def test_invalid_vectors_of_the_standards(written: str) -> None:
    assert find_in(written) == []


def _record(tag: str, value: str) -> str:
    return f"{tag}{len(value):02d}{value}"


def _qris(*records: str) -> str:
    """A payload with its checksum, computed bit by bit: another way than the finder's."""
    body = _record("00", "01") + "".join(records) + "6304"
    register = 0xFFFF
    for byte in body.encode():
        register ^= byte << 8
        for _ in range(8):
            register = (register << 1 ^ 0x1021) & 0xFFFF if register & 0x8000 else register << 1 & 0xFFFF
    return body + f"{register:04X}"


def test_qris() -> None:
    merchant = _record("51", _record("00", "ID.CO.QRIS.WWW") + _record("02", "ID8600000000001") + _record("03", "UMI"))
    payload = _qris(_record("01", "11"), merchant, _record("52", "0000"), _record("53", "360"), _record("54", "500000"),
                    _record("58", "ID"), _record("59", "WARUNG CONTOH 086012345678"), _record("60", "CONTOH"))
    text = f"scan ini ya {payload} makasih"
    assert [(h.kind, h.value, text[h.start : h.end]) for h in find_in(text)] == [("qris", "qris:ID8600000000001", payload)]
    changed = payload.replace("CONTOH", "CONTOR", 1)
    assert all(h.kind != "qris" for h in find_in(changed))
    nameless = _qris(_record("53", "360"))
    assert [h.reason for h in find_in(nameless)] == ["qris_digest"]
    assert all(h.kind != "qris" for h in find_in(payload[:-1]))
