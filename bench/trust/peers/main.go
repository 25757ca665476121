// SPDX-License-Identifier: Apache-2.0

// The peers of `./dev bench trust`, in Go: Tessera's POSIX log, which is what the field would take for a log on one
// machine, and the arithmetic of golang.org/x/mod, which is what a stranger would check ours with.
//
//	peers tessera DIRECTORY BATCH SECONDS   entries a second that Tessera integrated and published durably
//	peers xmod ENTRIES                      entries a second that x/mod hashes into a tree in memory, and proofs a second
//
// Each prints one line: NAME, how many, wall seconds, CPU seconds.
package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func cpu() float64 {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return float64(usage.Utime.Sec+usage.Stime.Sec) + float64(usage.Utime.Usec+usage.Stime.Usec)/1e6
}

func report(name string, count int, begun time.Time, burnt float64) {
	fmt.Printf("%s %d %.3f %.3f\n", name, count, time.Since(begun).Seconds(), cpu()-burnt)
}

// Entries as large as ours: a leaf of 65 bytes over 384 sealed ones, 449 in all.
const entryBytes = 449

// As many writers as a batch has places, each waiting until its entry has an index in the integrated tree, as our
// callers wait until their entry is on the disk.
func runTessera(directory string, batch int, duration time.Duration) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	private, _, err := note.GenerateKey(rand.Reader, "bench.example/log")
	check(err)
	signer, err := note.NewSigner(private)
	check(err)
	driver, err := posix.New(ctx, posix.Config{Path: directory})
	check(err)
	options := tessera.NewAppendOptions().WithCheckpointSigner(signer).WithBatching(uint(batch), 5*time.Millisecond).
		WithCheckpointInterval(100 * time.Millisecond)
	appender, shutdown, _, err := tessera.NewAppender(ctx, driver, options)
	check(err)

	var group sync.WaitGroup
	counts := make([]int, batch)
	begun, burnt := time.Now(), cpu()
	for writer := range counts {
		group.Add(1)
		go func() {
			defer group.Done()
			data := make([]byte, entryBytes)
			for time.Since(begun) < duration {
				if _, err := rand.Read(data); err != nil {
					return
				}
				if _, err := appender.Add(ctx, tessera.NewEntry(append([]byte{}, data...)))(); err != nil {
					continue // pushed back: asked again
				}
				counts[writer]++
			}
		}()
	}
	group.Wait()
	total := 0
	for _, count := range counts {
		total += count
	}
	report(fmt.Sprintf("tessera-%d", batch), total, begun, burnt)
	_ = shutdown(ctx)
}

type memory []tlog.Hash

func (m memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		found[i] = m[index]
	}
	return found, nil
}

func runXmod(entries int) {
	var stored memory
	data := make([]byte, 65)
	begun, burnt := time.Now(), cpu()
	for i := 0; i < entries; i++ {
		data[0], data[1], data[2] = byte(i), byte(i>>8), byte(i>>16)
		hashes, err := tlog.StoredHashes(int64(i), data, stored)
		check(err)
		stored = append(stored, hashes...)
	}
	report("xmod-tree", entries, begun, burnt)

	root, err := tlog.TreeHash(int64(entries), stored)
	check(err)
	begun, burnt = time.Now(), cpu()
	proofs := entries / 20
	for i := 0; i < proofs; i++ {
		index := int64(i * 20)
		proof, err := tlog.ProveRecord(int64(entries), index, stored)
		check(err)
		data[0], data[1], data[2] = byte(index), byte(index>>8), byte(index>>16)
		check(tlog.CheckRecord(proof, int64(entries), root, index, tlog.RecordHash(data)))
	}
	report("xmod-proof", proofs, begun, burnt)
}

func main() {
	switch {
	case len(os.Args) == 5 && os.Args[1] == "tessera":
		batch, err := strconv.Atoi(os.Args[3])
		check(err)
		seconds, err := strconv.ParseFloat(os.Args[4], 64)
		check(err)
		runTessera(os.Args[2], batch, time.Duration(seconds*float64(time.Second)))
	case len(os.Args) == 3 && os.Args[1] == "xmod":
		entries, err := strconv.Atoi(os.Args[2])
		check(err)
		runXmod(entries)
	default:
		fmt.Fprintln(os.Stderr, "peers tessera DIRECTORY BATCH SECONDS | peers xmod ENTRIES")
		os.Exit(2)
	}
}
