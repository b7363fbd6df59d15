package main

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Sizes of "Shared with the seed": Frame.
const (
	frameMagic  = 0x4e4f5641
	headerSize  = 18
	maxFrame    = 1 << 20
	tagSize     = 16
	routingSize = 44
)

// When a rekey is due ("The hardened hop": Rekey).
const (
	rekeyFrames = 1 << 24
	rekeyBytes  = 1 << 38
)

var errFatal = errors.New("fatal")

func fatal(format string, values ...any) error {
	return fmt.Errorf("%w: %s", errFatal, fmt.Sprintf(format, values...))
}

// frameHeader is the header of a frame.
type frameHeader struct {
	size, frame, packet    uint32
	terminating, encrypted bool
}

func (h frameHeader) bytes() []byte {
	out := binary.BigEndian.AppendUint32(nil, frameMagic)
	out = binary.BigEndian.AppendUint32(out, h.size)
	out = binary.BigEndian.AppendUint32(out, h.frame)
	out = binary.BigEndian.AppendUint32(out, h.packet)
	return append(out, boolByte(h.terminating), boolByte(h.encrypted))
}

func boolByte(value bool) byte {
	if value {
		return 1
	}
	return 0
}

// readFrame reads a frame; io.EOF is an end between two frames.
func readFrame(from io.Reader) (h frameHeader, raw, content []byte, err error) {
	raw = make([]byte, headerSize)
	if _, err = io.ReadFull(from, raw); err != nil {
		return h, nil, nil, err
	}
	h.size = binary.BigEndian.Uint32(raw[4:])
	h.frame = binary.BigEndian.Uint32(raw[8:])
	h.packet = binary.BigEndian.Uint32(raw[12:])
	h.terminating, h.encrypted = raw[16] == 1, raw[17] == 1
	switch {
	case binary.BigEndian.Uint32(raw) != frameMagic:
		return h, nil, nil, fatal("magic")
	case h.size > maxFrame-headerSize:
		return h, nil, nil, fatal("a frame of %d bytes", h.size)
	case raw[16] > 1 || raw[17] > 1:
		return h, nil, nil, fatal("flags")
	}
	content = make([]byte, h.size)
	if _, err = io.ReadFull(from, content); err != nil {
		return h, nil, nil, fmt.Errorf("inside a frame: %w", err)
	}
	return h, raw, content, nil
}

// hopCipher is one direction's key ("The hardened hop": Sealing).
type hopCipher struct {
	key   []byte
	aead  cipher.AEAD
	count uint64 // frames sealed under this key
	bytes uint64 // sealed content under this key
}

func newHopCipher(key []byte) *hopCipher {
	return &hopCipher{key: key, aead: gcm(key)}
}

func gcm(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // all keys here have 32 bytes
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return aead
}

func (c *hopCipher) nonce(h frameHeader) []byte {
	out := binary.BigEndian.AppendUint32(nil, h.packet)
	out = binary.BigEndian.AppendUint32(out, h.frame)
	return append(out, 0, 0, 0, 0)
}

// seal gives the whole frame.
func (c *hopCipher) seal(h frameHeader, content []byte) []byte {
	h.size, h.encrypted = uint32(len(content)+tagSize), true
	raw := h.bytes()
	additional := binary.BigEndian.AppendUint64(append([]byte{}, raw...), c.count)
	c.count++
	c.bytes += uint64(h.size)
	return c.aead.Seal(raw, c.nonce(h), content, additional)
}

func (c *hopCipher) open(h frameHeader, raw, content []byte) ([]byte, error) {
	additional := binary.BigEndian.AppendUint64(raw, c.count)
	plain, err := c.aead.Open(content[:0], c.nonce(h), content, additional)
	if err != nil {
		return nil, fatal("a frame does not open")
	}
	c.count++
	return plain, nil
}

func (c *hopCipher) due() bool { return c.count+1 >= rekeyFrames || c.bytes >= rekeyBytes }

// rekey replaces the key; the count starts again.
func (c *hopCipher) rekey() {
	*c = *newHopCipher(expand(c.key, "hushwire/rekey/1", 32))
}

func expand(key []byte, info string, size int) []byte {
	out, err := hkdf.Expand(sha256.New, key, info, size)
	if err != nil {
		panic(err) // sizes are far below the limit of HKDF
	}
	return out
}
