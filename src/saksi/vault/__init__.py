"""The vault: sealed objects, the custody log, and their check. It knows bytes, not chats. docs/vault-format.md."""

from saksi.vault.access import CaseworkerKey, Secret
from saksi.vault.findings import Bad, Verification
from saksi.vault.keys import DEFAULT_KDF, KdfParameters
from saksi.vault.log import LogEntry
from saksi.vault.notes import Checkpoint
from saksi.vault.objects import SealedObject
from saksi.vault.vault import Vault, check_commitment
from saksi.vault.verify import as_json, verify_case, verify_folder

__all__ = [
    "DEFAULT_KDF",
    "Bad",
    "CaseworkerKey",
    "Checkpoint",
    "KdfParameters",
    "LogEntry",
    "SealedObject",
    "Secret",
    "Vault",
    "Verification",
    "as_json",
    "check_commitment",
    "verify_case",
    "verify_folder",
]
