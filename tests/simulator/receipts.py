"""Transfer receipts as screenshots, with what is true on them: a bank, an e-wallet, a QRIS slip. All names and numbers are invented.

    slip = receipt_of(seed); picture = drawn(slip, width=1080, dark=False); data = printed(slip)

Independent of `saksi`: truth is what was drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from PIL import Image, ImageDraw

from tests.simulator.screens import NAMES, font

KINDS = ("bank", "ewallet", "qris")
TITLES = {"bank": "Transfer Berhasil", "ewallet": "Transaksi Berhasil", "qris": "Pembayaran Berhasil"}


@dataclass(frozen=True)
class Slip:
    """A receipt. fields: (name of the field, label drawn, value drawn as lines), in order; amount is the large one on top."""

    kind: str
    amount: str
    fields: tuple[tuple[str, str, tuple[str, ...]], ...]

    def truth(self) -> dict[str, str]:
        """Name of a field -> its value, lines joined."""
        return {"amount": self.amount} | {name: "\n".join(value) for name, _, value in self.fields}


def receipt_of(seed: int) -> Slip:
    """A receipt of the kind that `seed` picks."""
    rng = Random(f"receipt {seed}")
    kind = KINDS[seed % len(KINDS)]

    def number(n: int) -> str:
        return "".join(rng.choice("0123456789") for _ in range(n))

    amount = f"Rp{rng.choice((50, 75, 150, 250, 500, 1250, 2000)) * 1000:,}".replace(",", ".")
    day = f"{rng.randrange(1, 28)} {rng.choice(('Jan', 'Feb', 'Mar', 'Jun', 'Agu', 'Okt'))} 2026"
    when = f"{day}, {rng.randrange(24):02}:{rng.randrange(60):02}"
    payer, payee = rng.sample(NAMES, 2)
    fields: tuple[tuple[str, str, tuple[str, ...]], ...]
    if kind == "bank":
        fields = (
            ("time", "Tanggal Transaksi", (when,)), ("reference", "No. Referensi", (number(12),)),
            ("sender", "Rekening Sumber", (payer.upper(), "860" + number(7))),
            ("receiver", "Penerima", (payee.upper(), "Bank Contoh 860" + number(7))), ("fee", "Biaya Admin", ("Rp2.500",)),
        )  # fmt: skip
    elif kind == "ewallet":
        fields = (
            ("receiver", "Penerima", (payee,)), ("receiver_account", "Nomor HP", ("0860" + number(8),)),
            ("time", "Waktu Transaksi", (when,)), ("reference", "ID Transaksi", ("TX" + number(14),)),
        )  # fmt: skip
    else:
        fields = (
            ("receiver", "Merchant", (f"Toko {payee}",)), ("time", "Waktu", (when,)), ("reference", "RRN", (number(12),)),
            ("sender", "Sumber Dana", ("Saldo Dompet",)),
        )  # fmt: skip
    return Slip(kind, amount, fields)


def drawn(slip: Slip, width: int = 1080, *, dark: bool = False, below: bool = False) -> Image.Image:
    """The receipt on a screen. below: values stand under their labels instead of at the right edge."""
    dp = width / 360

    def px(v: float) -> int:
        return max(1, round(v * dp))

    page, ink, faint = ((18, 18, 18), (240, 240, 240), (150, 150, 150)) if dark else ((255, 255, 255), (25, 25, 25), (120, 120, 120))
    picture = Image.new("RGB", (width, round(width * 20 / 9)), page)
    d = ImageDraw.Draw(picture)
    family = {"bank": "roboto", "ewallet": "open_sans", "qris": "inter"}[slip.kind]
    d.text((px(14), px(5)), "10.21", ink, font(family, px(12.5), bold=True))
    d.ellipse((width // 2 - px(28), px(60), width // 2 + px(28), px(116)), (40, 170, 90))
    d.text((width // 2, px(145)), TITLES[slip.kind], ink, font(family, px(18), bold=True), anchor="mm")
    d.text((width // 2, px(185)), slip.amount, ink, font(family, px(26), bold=True), anchor="mm")
    y = px(230)
    face, small = font(family, px(14)), font(family, px(13))
    for _, label, value in slip.fields:
        d.text((px(20), y), label, faint, small)
        if below:
            y += px(20)
        for line in value:
            x = px(20) if below else width - px(20) - round(face.getlength(line))
            d.text((x, y), line, ink, face)
            y += px(21)
        y += px(14)
        d.line((px(20), y - px(6), width - px(20), y - px(6)), faint, 1)
        y += px(4)
    return picture


def printed(slip: Slip, *, below: bool = False) -> bytes:
    """The receipt as a PDF of one page, written by hand: Helvetica, no pictures. below: values stand under their labels."""
    pieces = [(200, 760, 16, TITLES[slip.kind]), (220, 730, 20, slip.amount)]
    y = 690
    for _, label, value in slip.fields:
        pieces.append((60, y, 11, label))
        y -= 14 if below else 0
        for line in value:
            pieces.append((60 if below else 300, y, 11, line))
            y -= 14
        y -= 12
    text = "".join(f"BT /F1 {size} Tf {x} {y} Td ({line}) Tj ET\n" for x, y, size, line in pieces).encode("latin-1")
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[5 0 R]>>",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>", b"<</Length %d>>stream\n%b\nendstream" % (len(text), text),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>/Contents 4 0 R>>",
    ]  # fmt: skip
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % p for p in places)
    end = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n%b" % (len(objects) + 1, table) + end
