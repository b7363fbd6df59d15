package main

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
)

const tagSize = 16

// HopKey seals or opens the frames of one direction (nova.md, "Cipher").
type HopKey struct {
	aead cipher.AEAD
	obfs []byte // nil: headers are not masked
}

// NewHopKey takes 32 bytes.
func NewHopKey(key []byte, obfuscate bool) (*HopKey, error) {
	aead, err := newGCM(key)
	if err != nil {
		return nil, err
	}
	k := &HopKey{aead: aead}
	if obfuscate {
		k.obfs = hmacSHA256(key, []byte("novaproto/obfs/v1"))
	}
	return k, nil
}

// Seal gives the whole frame as it goes on the wire.
func (k *HopKey) Seal(h Header, content []byte) []byte {
	h.Encrypted = true
	h.ContentSize = uint32(len(content) + tagSize)
	header := h.Marshal()
	frame := k.aead.Seal(header, hopNonce(h), content, header)
	if k.obfs != nil {
		k.mask(frame[:headerSize], frame[headerSize:])
	}
	return frame
}

// Open gives the content of a frame whose header has been unmasked.
func (k *HopKey) Open(h Header, sealed []byte) ([]byte, error) {
	content, err := k.aead.Open(nil, hopNonce(h), sealed, h.Marshal())
	if err != nil {
		return nil, fault("authentication", "frame %d of packet %d does not open", h.FrameNonce, h.PacketNonce)
	}
	return content, nil
}

// mask is its own inverse; sealed holds at least the first 16 bytes of content.
func (k *HopKey) mask(header, sealed []byte) {
	sum := hmacSHA256(k.obfs, append([]byte("hdr"), sealed[:tagSize]...))
	subtle.XORBytes(header, header, sum[:headerSize])
}

func hopNonce(h Header) []byte {
	nonce := make([]byte, 12)
	binary.BigEndian.PutUint32(nonce, h.PacketNonce)
	binary.BigEndian.PutUint32(nonce[4:], h.FrameNonce)
	return nonce
}

func newGCM(key []byte) (cipher.AEAD, error) {
	if len(key) != 32 {
		return nil, fault("key", "a key has 32 bytes, not %d", len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func hmacSHA256(key, data []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(data)
	return mac.Sum(nil)
}
