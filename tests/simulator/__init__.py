"""A whole phone with known truth, made from a seed: the ground under tests, demo and benchmarks.

    python -m tests.simulator phone OUT --seed 7 --messages 2000
    python -m tests.simulator phone OUT --preset demo
    python -m tests.simulator file whatsapp_txt OUT --records 200000 --locale id_android

Independent of `saksi` by rule (a test holds it): formats are written from the facts about the apps, never from what our
readers accept, so that simulator and readers cannot share a mistake. Everything is invented, non-explicit and neutral:
phone numbers come from the unassigned +62 860 range, accounts and addresses are made up.

    truth.py       what is known: Said (one event), Member, Chat, Phone, rows of truth.jsonl
    values.py      identifiers: phones, accounts, wallets, links, crypto addresses with their checksums
    talk.py        ordinary life: exchanges, expanded once per phone, then dealt out
    scenes.py      scripted threads: hard negatives and (non-explicit) harmful ones
    world.py       who is on the phone, which chats there are, what happens when
    demo.py        the phone that the world sees first
    whatsapp.py telegram.py meta.py   renderers: chats -> files, and a truth row for every message written
    bulk.py        plain single-file exports for benchmarks
    phone.py       a phone -> a folder of exports and truth.jsonl
"""
