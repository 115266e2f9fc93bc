"""A case view in memory for tests of documents: rows made here, nothing read from disk, every value known."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from saksi.case.model import Decision, LeftOut, Person, SourceView, ThreadView
from saksi.table.schema import IDENTIFIER_SCHEMA, MARK_SCHEMA, MESSAGE_SCHEMA, PHASE_SCHEMA, PROBLEM_SCHEMA
from saksi.words import say

START_US = 1_772_330_400_000_000  # 2026-03-01 02:00:00 UTC
MADE_US = 1_774_000_000_000_000


def digest_of(label: str) -> str:
    return hashlib.sha256(label.encode()).hexdigest()


@dataclass
class FakeCase:
    """Satisfies `saksi.case.model.CaseView`."""

    code: str = "SK-00C0FFEE"
    version: str = "0.1.0"
    zone: str | None = "Asia/Jakarta"
    owner: str | None = "Rara"
    at_risk: Sequence[str] = ("Rara",)
    at_risk_basis: str = "told"
    rows: list[dict[str, Any]] = field(default_factory=list)
    mark_rows: list[dict[str, Any]] = field(default_factory=list)
    phase_rows: list[dict[str, Any]] = field(default_factory=list)
    identifier_rows: list[dict[str, Any]] = field(default_factory=list)
    problem_rows: list[dict[str, Any]] = field(default_factory=list)
    decisions: Mapping[str, Decision] = field(default_factory=dict)
    people: Sequence[Person] = ()
    log_head: str = "ab" * 32
    log_size: int = 7
    crisis: bool = False
    names: dict[str, str] = field(default_factory=dict)
    left_out: Mapping[str, Sequence[LeftOut]] = field(default_factory=dict)

    def message(self, label: str, text: str | None, sender: str | None, at_s: int | None = None, **more: Any) -> str:
        """Append a message to source `label`; at_s: seconds after START_US, None unknown. Returns its id."""
        digest = digest_of(label)
        seq = sum(r["source_digest"] == digest for r in self.rows)
        row: dict[str, Any] = {
            "message_id": f"{digest[:16]}-0-{seq * 100}", "source_digest": digest, "seq": seq, "span_start": seq * 100,
            "span_end": seq * 100 + 100, "platform": "whatsapp", "thread_id": f"{label}-t", "thread_title": "Dimas",
            "sent_at": None if at_s is None else START_US + at_s * 1_000_000, "sent_at_text": f"baris {seq}",
            "sent_at_basis": "zone_unknown" if at_s is None else "zone_given", "sender_name": sender, "kind": "text",
            "text": text, "attachments": [], "flags": [],
        }
        self.rows.append({**row, **more})
        return str(row["message_id"])

    def mark(self, message_id: str, signal: str, phase: str | None, by: str = "other", strength: str = "weak",
             start: int = 0, end: int = 1) -> str:
        """Append a mark; returns its id."""
        row = next(r for r in self.rows if r["message_id"] == message_id)
        mark_id = f"m{len(self.mark_rows):05d}"
        because = {"id": f"alasan {signal}", "en": f"reason {signal}"}
        self.mark_rows.append({
            "mark_id": mark_id, "message_id": message_id, "seq": row["seq"], "thread_id": row["thread_id"],
            "source_digest": row["source_digest"], "signal": signal, "phase": phase, "by": by, "strength": strength,
            "start": start, "end": end, "rule": "r", "version": 1, "because": because,
        })
        return mark_id

    def phase(self, phase: str, marks: Sequence[str], people: Sequence[str]) -> None:
        """Append a phase over `marks`."""
        found = [m for m in self.mark_rows if m["mark_id"] in marks]
        first, last = min(found, key=lambda m: m["seq"]), max(found, key=lambda m: m["seq"])
        by_id = {r["message_id"]: r for r in self.rows}
        self.phase_rows.append({
            "phase_id": f"p{len(self.phase_rows)}", "phase": phase, "people": list(people),
            "thread_ids": [first["thread_id"]], "source_digest": first["source_digest"],
            "first_message": first["message_id"], "last_message": last["message_id"], "first_seq": first["seq"],
            "last_seq": last["seq"], "first_at": by_id[first["message_id"]]["sent_at"],
            "last_at": by_id[last["message_id"]]["sent_at"], "strength": "strong", "marks": list(marks),
            "because": {"id": f"kalimat fase {phase}", "en": f"phase sentence {phase}"},
        })

    def identifier(self, message_id: str, kind: str, value: str, as_written: str) -> None:
        row = next(r for r in self.rows if r["message_id"] == message_id)
        self.identifier_rows.append({
            "kind": kind, "value": value, "as_written": as_written, "message_id": message_id, "seq": row["seq"],
            "thread_id": row["thread_id"], "source_digest": row["source_digest"], "start": 0, "end": 1, "reason": "r",
        })

    def problem(self, label: str, reason: str) -> None:
        self.problem_rows.append({"source_digest": digest_of(label), "source_part": None, "start": None, "end": None,
                                  "reason": reason, "advice": say(f"problems.{reason}", "id")})

    @property
    def _digests(self) -> list[str]:
        return list(dict.fromkeys(r["source_digest"] for r in self.rows))

    @property
    def sources(self) -> Sequence[SourceView]:
        result = []
        for i, digest in enumerate(self._digests, 1):
            mine = [r for r in self.rows if r["source_digest"] == digest]
            account = {
                "source": {"name": self.names.get(digest, f"ekspor-{i}.zip"), "digest": digest, "bytes": 100 * len(mine)},
                "reader": "whatsapp_txt", "records": len(mine), "by_kind": dict(Counter(r["kind"] for r in mine)),
                "threads": [{"thread_id": t, "title": None, "records": 1} for t in {r["thread_id"] for r in mine}],
                "bytes": {"total": 100 * len(mine), "messages": 100 * len(mine), "container": 0, "problems": 0},
                "parts": [], "time": {"basis": dict(Counter(r["sent_at_basis"] for r in mine)), "zone": self.zone,
                                      "day_month_order": None}, "problems": [],
            }
            result.append(SourceView(f"S{i}", account, START_US, "without_media", None, self.left_out.get(digest, ())))
        return result

    @property
    def threads(self) -> Sequence[ThreadView]:
        groups: dict[tuple[str, str | None], list[dict[str, Any]]] = {}
        for r in self.rows:
            groups.setdefault((r["source_digest"], r["thread_id"]), []).append(r)
        result = []
        for (digest, thread), mine in groups.items():
            times = [r["sent_at"] for r in mine if r["sent_at"] is not None]
            accounts = Counter(r.get("sender_id") or r["sender_name"] for r in mine if r["sender_name"])
            result.append(ThreadView(digest, thread, mine[0]["thread_title"], mine[0]["platform"], len(mine),
                                     min(times, default=None), max(times, default=None), mine[0]["sent_at_text"],
                                     mine[-1]["sent_at_text"], dict(sorted(accounts.items()))))
        return result

    @property
    def marks(self) -> pa.Table:
        return pa.Table.from_pylist(self.mark_rows, schema=MARK_SCHEMA)

    @property
    def phases(self) -> pa.Table:
        return pa.Table.from_pylist(self.phase_rows, schema=PHASE_SCHEMA)

    @property
    def identifiers(self) -> pa.Table:
        return pa.Table.from_pylist(self.identifier_rows, schema=IDENTIFIER_SCHEMA)

    @property
    def problems(self) -> pa.Table:
        return pa.Table.from_pylist(self.problem_rows, schema=PROBLEM_SCHEMA)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        for digest in self._digests:
            mine = [r for r in self.rows if r["source_digest"] == digest]
            for start in range(0, len(mine), 7):  # small batches: windows cross their borders
                table = pa.Table.from_pylist(mine[start : start + 7], schema=MESSAGE_SCHEMA)
                yield from table.select(list(columns) if columns else table.column_names).combine_chunks().to_batches()


def story() -> FakeCase:
    """Two apps, all four phases, payments, an uninvolved friend, media, a problem; neutral words."""
    c = FakeCase(crisis=True)
    hour = 3600
    said = [
        ("Dimas", "Hai, salam kenal. Kamu kelas berapa?"), ("Rara", "kelas sebelas, kak"), ("Dimas", "Ini rahasia kita ya"),
        ("Rara", "oke"), ("Dimas", "kirim pap dong, janji nggak disebar"), ("Rara", "nggak mau"),
        ("Dimas", "Aku punya foto itu. Transfer Rp500.000 ke BCA 1230004567 sebelum jam 9 atau foto itu aku sebar 😡"),
        ("Rara", "tolong jangan, aku takut"), ("Rara", "sudah aku transfer 500rb"), ("Dimas", "Kurang. 1,5 juta lagi"),
    ]
    ids = []
    for i in range(12):
        c.message("wa", f"pesan biasa {i}", "Rara" if i % 2 else "Dimas", i * hour)
    for i, (who, text) in enumerate(said):
        ids.append(c.message("wa", text, who, (20 + 3 * i) * hour))
    c.message("wa", None, "Dimas", 52 * hour, kind="media", attachments=[
        {"name": "IMG-001.jpg", "digest": None, "media_type": "image", "size": None, "state": "omitted"}])
    for i in range(20):
        c.message("wa", f"obrolan lain {i}", "Siti Rahma", (60 + i) * hour, thread_id="ibu", thread_title="Siti Rahma")
    tg = [c.message("tg", t, n, (90 + 5 * i) * hour, platform="telegram", thread_title="Bos D", sender_id=f"user{n}")
          for i, (n, t) in enumerate([
              ("BosD", "Besok kamu live jam 8, penonton sudah bayar"), ("Rara", "aku nggak mau"),
              ("BosD", "Setoran minggu ini Rp2.000.000, utangmu belum lunas"), ("Rara", "ready malam ini kak"),
              ("BosD", "KTP kamu tetap di aku")])]
    m = [
        c.mark(ids[0], "age_probe", "grooming", start=18, end=36), c.mark(ids[2], "secrecy", "grooming", start=0, end=17),
        c.mark(ids[4], "image_request", "solicitation", start=0, end=10),
        c.mark(ids[4], "no_share_promise", "solicitation", start=17, end=35),
        c.mark(ids[5], "refusal", None, by="at_risk", start=0, end=9),
        c.mark(ids[6], "leverage", "sextortion", strength="strong", start=0, end=18),
        c.mark(ids[6], "payment_demand", "sextortion", start=20, end=38),
        c.mark(ids[6], "threat_to_share", "sextortion", strength="strong", start=len(said[6][1]) - 20, end=len(said[6][1]) - 2),
        c.mark(ids[7], "distress", None, by="at_risk", strength="strong", start=0, end=23),
        c.mark(ids[8], "payment_made", None, by="at_risk", start=6, end=18),
        c.mark(tg[0], "live_show", "exploitation", start=11, end=15), c.mark(tg[2], "quota_debt", "exploitation", start=0, end=7),
        c.mark(tg[3], "service_offer", "exploitation", by="at_risk", strength="strong", start=0, end=5),
        c.mark(tg[4], "document_control", "exploitation", start=0, end=8),
        c.mark(ids[9], "payment_demand", "sextortion", start=8, end=15),
    ]
    c.phase("grooming", m[0:2], ["Dimas"])
    c.phase("solicitation", m[2:4], ["Dimas"])
    c.phase("sextortion", [*m[5:8], m[14]], ["Dimas"])
    c.phase("exploitation", m[10:14], ["userBosD", "userRara"])
    c.identifier(ids[6], "money", "IDR:500000", "Rp500.000")
    c.identifier(ids[6], "bank_account", "bank:BCA:1230004567", "BCA 1230004567")
    c.identifier(ids[8], "money", "IDR:500000", "500rb")
    c.identifier(ids[9], "money", "IDR:1500000", "1,5 juta")
    c.identifier(tg[2], "money", "IDR:2000000", "Rp2.000.000")
    c.problem("wa", "time_backwards")
    c.problem("wa", "zone_unknown")
    c.decisions = {m[5]: Decision("confirmed", "PK-2", MADE_US - 86_400_000_000), m[1]: Decision("rejected", "PK-2", MADE_US)}
    c.names = {digest_of("wa"): "WhatsApp Chat with Siti Rahma.zip", digest_of("tg"): "result.json"}
    c.left_out = {digest_of("wa"): [LeftOut("IMG-001.jpg", "image", 84_211, digest_of("x"), named=True)]}
    return c
