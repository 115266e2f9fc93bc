"""What other people's programs say of what Saksi writes: good accepted, tampered refused, by exit code."""
