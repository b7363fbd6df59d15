package main

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
)

const (
	sessionVersion = 1
	sessionHeader  = 33
	counterWindow  = 1024
	maxCounter     = 1 << 53
)

// directionKey is the key of one direction between peers ("Session").
type directionKey struct {
	key     []byte
	id      Name
	counter uint64 // the next one that we send
	highest uint64 // one above the highest that has opened
	seen    [counterWindow]uint64
}

func newDirectionKey(key []byte) *directionKey {
	return &directionKey{key: key, id: Name(expand(key, "hushwire/session/1 id", 8))}
}

func (d *directionKey) chunkKey(route Route, header []byte) chunkKey {
	key := expand(d.key, "hushwire/session/1 message"+string(header), 32)
	additional := append(append([]byte{}, route.Target[:]...), route.Source[:]...)
	additional = append(binary.BigEndian.AppendUint64(additional, route.Kind), header...)
	return chunkKey{gcm(key), additional}
}

// write begins a message; the counter is used up.
func (d *directionKey) write(to io.Writer, route Route) (*messageWriter, error) {
	header := append([]byte{sessionVersion}, d.id[:]...)
	header = binary.BigEndian.AppendUint64(header, d.counter)
	d.counter++
	salt := make([]byte, 16)
	_, _ = rand.Read(salt)
	header = append(header, salt...)
	if _, err := to.Write(append(route.bytes(), header...)); err != nil {
		return nil, err
	}
	return newMessageWriter(to, d.chunkKey(route, header)), nil
}

// fresh is false for counters that were used or are too old.
func (d *directionKey) fresh(counter uint64) bool {
	return counter < maxCounter && counter+counterWindow >= d.highest && d.seen[counter%counterWindow] != counter+1
}

func (d *directionKey) use(counter uint64) error {
	if !d.fresh(counter) {
		return fmt.Errorf("%w: the counter was used", errRefused)
	}
	d.seen[counter%counterWindow] = counter + 1
	d.highest = max(d.highest, counter+1)
	return nil
}
