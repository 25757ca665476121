// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
	fileMost   = 32 << 20 // no tile or bundle of 256 entries is larger
)

// A padding leaf stands for nothing: it hides how much happened between two checkpoints (docs/formats.md).
const (
	paddingVersion = 2
	paddingBytes   = 65
)

var padding int64 // those that were read

var errAbsent = errors.New("not there")

// A source gives out the files of a log: a directory or a server.
type source interface {
	read(name string) ([]byte, error) // errAbsent when there is no such file
}

type directory string

func (d directory) read(name string) ([]byte, error) {
	content, err := os.ReadFile(filepath.Join(string(d), filepath.FromSlash(name)))
	if errors.Is(err, os.ErrNotExist) {
		return nil, errAbsent
	}
	return content, err
}

type server string

func (s server) read(name string) ([]byte, error) {
	client := http.Client{Timeout: 30 * time.Second}
	answer, err := client.Get(strings.TrimSuffix(string(s), "/") + "/" + name)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusOK:
		return io.ReadAll(io.LimitReader(answer.Body, fileMost))
	case http.StatusNotFound, http.StatusForbidden, http.StatusGone:
		return nil, errAbsent
	}
	return nil, fmt.Errorf("%s: %s", name, answer.Status)
}

func open(where string) source {
	if strings.HasPrefix(where, "http://") || strings.HasPrefix(where, "https://") {
		return server(where)
	}
	return directory(where)
}

// tileName is a path of C2SP tlog-tiles: tile/LEVEL/x001/x234/067[.p/WIDTH].
func tileName(level string, index int64, width int) string {
	name := fmt.Sprintf("%03d", index%1000)
	for index /= 1000; index > 0; index /= 1000 {
		name = fmt.Sprintf("x%03d/%s", index%1000, name)
	}
	if width < tileWidth {
		name += fmt.Sprintf(".p/%d", width)
	}
	return "tile/" + level + "/" + name
}

// readTile reads a tile, or the full one that a partial one has become.
func readTile(s source, level string, index int64, width int) ([]byte, error) {
	content, err := s.read(tileName(level, index, width))
	if err == errAbsent && width < tileWidth {
		content, err = s.read(tileName(level, index, tileWidth))
	}
	return content, err
}

func readHashes(s source, level int, index int64, width int) ([]byte, error) {
	name := tileName(fmt.Sprint(level), index, width)
	content, err := readTile(s, fmt.Sprint(level), index, width)
	if err == errAbsent {
		return nil, mismatchf("%s is missing", name)
	}
	if err != nil {
		return nil, err
	}
	if len(content) != width*tlog.HashSize && len(content) != tileWidth*tlog.HashSize {
		return nil, mismatchf("%s has the wrong length", name)
	}
	return content[:width*tlog.HashSize], nil
}

// tiles gives Go's tile reader what it asks for, in the C2SP layout.
type tiles struct{ source }

func (t tiles) Height() int { return tileHeight }

func (t tiles) ReadTiles(wanted []tlog.Tile) (data [][]byte, err error) {
	for _, tile := range wanted {
		content, err := readHashes(t.source, tile.L, tile.N, tile.W)
		if err != nil {
			return nil, err
		}
		data = append(data, content)
	}
	return data, nil
}

func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// stored is the whole tree in memory, in the order of tlog.StoredHashIndex.
type stored []tlog.Hash

func (s stored) ReadHashes(indexes []int64) (hashes []tlog.Hash, err error) {
	for _, index := range indexes {
		hashes = append(hashes, s[index])
	}
	return hashes, nil
}

func (s *stored) add(n int64, leaf tlog.Hash) error {
	more, err := tlog.StoredHashesForRecordHash(n, leaf, *s)
	*s = append(*s, more...)
	return err
}

// bundleHashes are the leaf hashes of the entries of a bundle.
func bundleHashes(content []byte, name string, width int) (leaves []tlog.Hash, err error) {
	rest := content
	for len(rest) > 0 {
		if len(rest) < 2 || len(rest)-2 < int(binary.BigEndian.Uint16(rest)) {
			return nil, mismatchf("%s ends inside an entry", name)
		}
		length := int(binary.BigEndian.Uint16(rest))
		entry := rest[2 : 2+length]
		if length > 0 && entry[0] == paddingVersion {
			if length != paddingBytes {
				return nil, mismatchf("%s holds a padding leaf of %d bytes", name, length)
			}
			padding++
		}
		leaves = append(leaves, tlog.RecordHash(entry))
		rest = rest[2+length:]
	}
	if len(leaves) != width && len(leaves) != tileWidth {
		return nil, mismatchf("%s has the wrong number of entries", name)
	}
	return leaves[:width], nil
}

// leavesOf reads the leaf hashes of tile `index`: from the entries, or from the hash tile of a log that keeps its entries.
func leavesOf(s source, index int64, width int, entries bool) (leaves []tlog.Hash, err error) {
	name := tileName("entries", index, width)
	if entries {
		content, err := readTile(s, "entries", index, width)
		if err == errAbsent {
			return nil, mismatchf("%s is missing", name)
		}
		if err != nil {
			return nil, err
		}
		return bundleHashes(content, name, width)
	}
	content, err := readHashes(s, 0, index, width)
	for i := 0; err == nil && i < width; i++ {
		var hash tlog.Hash
		copy(hash[:], content[i*tlog.HashSize:])
		leaves = append(leaves, hash)
	}
	return leaves, err
}

func widthAt(size, index int64) int {
	if left := size - index*tileWidth; left < tileWidth {
		return int(left)
	}
	return tileWidth
}

// compareTiles checks every hash tile of the tree against what the leaves give.
func compareTiles(s source, tree tlog.Tree, hashes stored) error {
	for level, size := 0, tree.N; size > 0; level, size = level+1, size/tileWidth {
		for index := int64(0); index*tileWidth < size; index++ {
			width := widthAt(size, index)
			content, err := readHashes(s, level, index, width)
			if err != nil {
				return err
			}
			for i := 0; i < width; i++ {
				want := hashes[tlog.StoredHashIndex(level*tileHeight, index*tileWidth+int64(i))]
				if !bytes.Equal(want[:], content[i*tlog.HashSize:(i+1)*tlog.HashSize]) {
					return mismatchf("%s: hash %d does not follow from the entries", tileName(fmt.Sprint(level), index, width), i)
				}
			}
		}
	}
	return nil
}

// givesEntries tells a log that keeps its entries to itself from one of which some are missing.
func givesEntries(s source, size int64) bool {
	if d, isDirectory := s.(directory); isDirectory {
		_, err := os.Stat(filepath.Join(string(d), "tile", "entries"))
		return err == nil
	}
	_, err := readTile(s, "entries", 0, widthAt(size, 0))
	return err != errAbsent
}

func verifyLog(arguments []string) error {
	s := open(arguments[0])
	vkey, err := readKey(arguments[1])
	if err != nil {
		return err
	}
	text, err := s.read("checkpoint")
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	tree, err := parseCheckpoint(text, vkey)
	if err != nil {
		return err
	}
	let, err := readDeclaration(arguments[2:])
	if err != nil {
		return err
	}
	entries := tree.N == 0 || givesEntries(s, tree.N)
	var hashes stored
	for index := int64(0); index*tileWidth < tree.N; index++ {
		leaves, err := leavesOf(s, index, widthAt(tree.N, index), entries && (index+1)*tileWidth > let.Minimum)
		if err != nil {
			return err
		}
		for i, leaf := range leaves {
			if err := hashes.add(index*tileWidth+int64(i), leaf); err != nil {
				return err
			}
		}
	}
	root, err := tlog.TreeHash(tree.N, hashes)
	if tree.N == 0 {
		root, err = emptyRoot, nil
	}
	if err != nil {
		return err
	}
	if err := let.holds(hashes, tree.N); err != nil {
		return err
	}
	if root != tree.Hash {
		return mismatchf("the root of %d entries is %v, but %v was signed for", tree.N, root, tree.Hash)
	}
	if err := compareTiles(s, tree, hashes); err != nil {
		return err
	}
	if !entries {
		fmt.Printf("OK: %d leaves give the signed root; the log does not give out its entries\n", tree.N)
		return nil
	}
	if let.Minimum > 0 {
		fmt.Printf("Entries before %d are gone, as was declared; their hash tiles stand in\n", let.Minimum)
	}
	if padding > 0 {
		fmt.Printf("OK: %d entries, %d of them padding, give the signed root and every hash tile\n", tree.N, padding)
		return nil
	}
	fmt.Printf("OK: %d entries give the signed root and every hash tile\n", tree.N)
	return nil
}

// emptyRoot is SHA-256 of nothing (RFC 6962, 2.1); x/mod leaves the empty tree to its callers.
var emptyRoot = tlog.Hash(sha256.Sum256(nil))

func verifyConsistency(arguments []string) error {
	vkey, err := readKey(arguments[3])
	if err != nil {
		return err
	}
	older, err := readCheckpointFile(arguments[0], vkey)
	if err != nil {
		return err
	}
	newer, err := readCheckpointFile(arguments[1], vkey)
	if err != nil {
		return err
	}
	if older.N > newer.N {
		return mismatchf("the log shrank from %d to %d entries", older.N, newer.N)
	}
	if older.N == 0 {
		if older.Hash != emptyRoot {
			return mismatchf("the older root is not that of an empty log")
		}
		fmt.Printf("OK: the older log was empty; the newer one has %d entries\n", newer.N)
		return nil
	}
	// Tiles are authenticated against the newer checkpoint while they are read; then the proof is made and checked.
	reader := tlog.TileHashReader(newer, tiles{open(arguments[2])})
	proof, err := tlog.ProveTree(newer.N, older.N, reader)
	if err != nil {
		return mismatchf("the tiles do not fit the newer checkpoint: %v", err)
	}
	if err := tlog.CheckTree(proof, newer.N, newer.Hash, older.N, older.Hash); err != nil {
		return mismatchf("the newer log does not continue the older one: %v", err)
	}
	fmt.Printf("OK: the log of %d entries continues the log of %d\n", newer.N, older.N)
	return nil
}
