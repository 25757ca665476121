// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/mod/sumdb/tlog"
)

// A proof is a C2SP tlog-proof file in its parts.
type proof struct {
	extra      []byte
	index      int64
	path       tlog.RecordProof
	checkpoint []byte
}

func parseProof(text []byte) (p proof, err error) {
	bad := func(what string) (proof, error) { return proof{}, mismatchf("the proof file is broken: %s", what) }
	parts := bytes.SplitN(text, []byte("\n\n"), 2)
	if len(parts) != 2 {
		return bad("no checkpoint")
	}
	p.checkpoint = parts[1]
	lines := strings.Split(string(parts[0]), "\n")
	if lines[0] != "c2sp.org/tlog-proof@v1" || len(lines) < 2 {
		return bad("first line")
	}
	lines = lines[1:]
	if strings.HasPrefix(lines[0], "extra ") {
		if p.extra, err = base64.StdEncoding.Strict().DecodeString(lines[0][len("extra "):]); err != nil || len(lines) < 2 {
			return bad("extra line")
		}
		lines = lines[1:]
	}
	number := strings.TrimPrefix(lines[0], "index ")
	p.index, err = strconv.ParseInt(number, 10, 64)
	if err != nil || p.index < 0 || lines[0] != "index "+strconv.FormatInt(p.index, 10) {
		return bad("index line")
	}
	for _, line := range lines[1:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return bad("hash line")
		}
		p.path = append(p.path, hash)
	}
	return p, nil
}

// candidates are the leaves that the extra data can stand for: the entry itself, or the opening of a commitment,
// H(sealed event) ‖ nonce ‖ event, whose leaf is version ‖ H(nonce ‖ event) ‖ H(sealed event).
func candidates(extra []byte) (leaves, contents [][]byte) {
	leaves, contents = append(leaves, extra), append(contents, extra)
	if len(extra) > sha256.Size {
		event := sha256.Sum256(extra[sha256.Size:])
		leaf := append([]byte{1}, event[:]...)
		leaves = append(leaves, append(leaf, extra[:sha256.Size]...))
		contents = append(contents, extra[sha256.Size:])
	}
	return leaves, contents
}

// printable is the readable text in the content of an entry, without its nonce and padding.
func printable(content []byte) string {
	keep := func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}
	return strings.Map(keep, string(content))
}

// openProof checks a proof file and gives what the entry says.
func openProof(text []byte, vkey string) (p proof, tree tlog.Tree, content []byte, err error) {
	if p, err = parseProof(text); err != nil {
		return p, tree, nil, err
	}
	if tree, err = parseCheckpoint(p.checkpoint, vkey); err != nil {
		return p, tree, nil, err
	}
	if p.index >= tree.N {
		return p, tree, nil, mismatchf("the tree has no entry %d", p.index)
	}
	leaves, contents := candidates(p.extra)
	for i, leaf := range leaves {
		if tlog.CheckRecord(p.path, tree.N, tree.Hash, p.index, tlog.RecordHash(leaf)) == nil {
			return p, tree, contents[i], nil
		}
	}
	return p, tree, nil, mismatchf("what the file says is not entry %d of the log", p.index)
}

func verifyProof(arguments []string) error {
	text, err := os.ReadFile(arguments[0])
	if err != nil {
		return err
	}
	vkey, err := readKey(arguments[1])
	if err != nil {
		return err
	}
	p, tree, content, err := openProof(text, vkey)
	if err != nil {
		return err
	}
	if len(arguments) > 2 {
		if err := checkEvent(arguments[2], content); err != nil {
			return err
		}
	}
	fmt.Printf("OK: entry %d of %d: %s\n", p.index, tree.N, printable(content))
	return nil
}

func checkEvent(path string, content []byte) error {
	event, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	event = bytes.TrimSpace(event)
	if len(event) == 0 || !bytes.Contains(content, event) {
		return mismatchf("the entry is not about what %s says", path)
	}
	return nil
}
