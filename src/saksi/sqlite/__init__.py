"""SQLite files read as bytes: pages, logs, b-trees, records. No SQL engine ever touches a file that was handed in."""
