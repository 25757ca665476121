// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/hex"
	"encoding/json"
	"os"

	"golang.org/x/mod/sumdb/tlog"
)

// A declaration says which entries of a log were let go (docs/formats.md, "Term of the access log"). It stands in another
// log of the same house, and a proof file shows that.
type declaration struct {
	Kind    string `json:"kind"`
	Minimum int64  `json:"minimum"`
	Size    int64  `json:"size"`
	Root    string `json:"root"`
}

// readDeclaration takes [PROOF VKEY]; without it nothing may be missing.
func readDeclaration(arguments []string) (let declaration, err error) {
	if len(arguments) == 0 {
		return let, nil
	}
	if len(arguments) != 2 {
		return let, mismatchf("a declaration is a proof file and the key of the log that it is in")
	}
	vkey, err := readKey(arguments[1])
	if err != nil {
		return let, err
	}
	text, err := os.ReadFile(arguments[0])
	if err != nil {
		return let, err
	}
	_, _, entry, err := openProof(text, vkey)
	if err != nil {
		return let, err
	}
	if json.Unmarshal(entry, &let) != nil || let.Kind != "log.pruned" || let.Minimum <= 0 || let.Minimum > let.Size {
		return let, mismatchf("the proof is not of a declaration that entries were let go")
	}
	return let, nil
}

// holds checks that the tree of the log went through what was declared.
func (let declaration) holds(hashes stored, size int64) error {
	if let.Minimum == 0 {
		return nil
	}
	if let.Size > size {
		return mismatchf("the log is shorter than when entries were declared to be let go")
	}
	root, err := tlog.TreeHash(let.Size, hashes)
	if err != nil {
		return err
	}
	if hex.EncodeToString(root[:]) != let.Root {
		return mismatchf("this is not the log of which entries were declared to be let go")
	}
	return nil
}
