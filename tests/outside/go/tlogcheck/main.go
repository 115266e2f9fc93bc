// Checks the log of a hand-over bundle with Go's own transparency packages (golang.org/x/mod/sumdb), written by others.
//
//	tlogcheck BAG
//
// Ends with 0 where every checkpoint is signed by the bag's key, and every proof puts its entry under its checkpoint.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// head opens a signed checkpoint: origin, size, root.
func head(data []byte, verifier note.Verifier) (int64, tlog.Hash) {
	opened, err := note.Open(data, note.VerifierList(verifier))
	must(err)
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		must(fmt.Errorf("checkpoint of %q", lines[0]))
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	return size, hash(lines[2])
}

func hash(text string) (h tlog.Hash) {
	raw, err := base64.StdEncoding.DecodeString(text)
	must(err)
	if len(raw) != len(h) {
		must(fmt.Errorf("hash of %d bytes", len(raw)))
	}
	copy(h[:], raw)
	return h
}

// check holds one proof (c2sp.org/tlog-proof@v1) against the entries.
func check(path string, entries map[int64][]byte, verifier note.Verifier) {
	data, err := os.ReadFile(path)
	must(err)
	parts := bytes.SplitN(data, []byte("\n\n"), 2)
	if len(parts) != 2 {
		must(fmt.Errorf("%s: no checkpoint", path))
	}
	lines := strings.Split(string(parts[0]), "\n")
	if len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		must(fmt.Errorf("%s: no tlog-proof", path))
	}
	at := 1
	if strings.HasPrefix(lines[at], "extra ") {
		at++
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[at], "index "), 10, 64)
	must(err)
	var proof tlog.RecordProof
	for _, line := range lines[at+1:] {
		proof = append(proof, hash(line))
	}
	entry, there := entries[index]
	if !there {
		must(fmt.Errorf("%s: entry %d is not here", path, index))
	}
	size, root := head(parts[1], verifier)
	must(tlog.CheckRecord(proof, size, root, index, tlog.RecordHash(entry)))
}

func main() {
	log := filepath.Join(os.Args[1], "data", "log")
	key, err := os.ReadFile(filepath.Join(os.Args[1], "data", "keys", "log.verifier.txt"))
	must(err)
	verifier, err := note.NewVerifier(strings.TrimSpace(string(key)))
	must(err)
	lines, err := os.ReadFile(filepath.Join(log, "entries.jsonl"))
	must(err)
	entries := map[int64][]byte{}
	for _, line := range bytes.Split(bytes.TrimSuffix(lines, []byte("\n")), []byte("\n")) {
		var entry struct{ Seq int64 }
		must(json.Unmarshal(line, &entry))
		entries[entry.Seq] = line
	}
	notes, _ := filepath.Glob(filepath.Join(log, "checkpoints", "*.note"))
	proofs, _ := filepath.Glob(filepath.Join(log, "proofs", "*.tlog-proof"))
	if len(notes) == 0 || len(proofs) == 0 {
		must(fmt.Errorf("nothing to check"))
	}
	for _, path := range notes {
		data, err := os.ReadFile(path)
		must(err)
		head(data, verifier)
	}
	for _, path := range proofs {
		check(path, entries, verifier)
	}
	fmt.Println(len(notes), "checkpoints,", len(proofs), "proofs")
}
