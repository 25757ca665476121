// SPDX-License-Identifier: Apache-2.0

// verify-log checks a Hospitium log from outside. It shares no code with the server: hashes, trees and notes come from
// Go's checksum-database libraries, so that two programs must be wrong in the same way before a forgery passes.
//
// It builds offline with Debian's golang-go and golang-golang-x-mod-dev alone (see build beside this file).
package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

const usage = `verify-log checks a Hospitium log from outside.

  verify-log dir DIR VKEY [PROOF VKEY]       the log in a directory: signature, entries, every hash tile; PROOF with the other
                                             log's VKEY: the declaration that old entries were let go
  verify-log url URL VKEY                    the same over HTTP, as far as the log gives out its entries
  verify-log proof FILE VKEY [EVENT]         one entry's proof, offline; EVENT: a file with text it must be about
  verify-log consistency OLD NEW WHERE VKEY  the tree of checkpoint file OLD is the beginning of NEW's; WHERE is DIR or URL

VKEY is the log's public key: name+hash+key, or @FILE. Exit status: 0 it holds, 1 it does not, 2 wrong use or not readable.
`

// A mismatch is the answer no; every other error means that the question could not be asked.
type mismatch struct{ text string }

func (m mismatch) Error() string { return m.text }

func mismatchf(format string, arguments ...interface{}) error {
	return mismatch{fmt.Sprintf(format, arguments...)}
}

var commands = map[string]struct {
	least, most int
	run         func(arguments []string) error
}{
	"dir":         {2, 4, verifyLog},
	"url":         {2, 2, verifyLog},
	"proof":       {2, 3, verifyProof},
	"consistency": {4, 4, verifyConsistency},
}

func readKey(text string) (string, error) {
	if !strings.HasPrefix(text, "@") {
		return text, nil
	}
	content, err := os.ReadFile(text[1:])
	return strings.TrimSpace(string(content)), err
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	command, known := commands[os.Args[1]]
	arguments := os.Args[2:]
	if !known || len(arguments) < command.least || len(arguments) > command.most {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	err := command.run(arguments)
	var no mismatch
	switch {
	case errors.As(err, &no):
		fmt.Println("MISMATCH:", no)
		os.Exit(1)
	case err != nil:
		fmt.Fprintln(os.Stderr, "verify-log:", err)
		os.Exit(2)
	}
}
