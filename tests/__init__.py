"""Tests of Saksi; folders mirror src/saksi."""
