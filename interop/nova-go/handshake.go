package main

import (
	"bytes"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
)

// Info strings of the two agreements (nova.md, "Handshake of the seed").
const (
	hopInfo  = "novaproto/c2s/v1"
	peerInfo = "novaproto/c2c/v1"
)

// Agreement is the seed's handshake: a hello each way, then one key.
type Agreement struct {
	private *ecdh.PrivateKey
	Salt    []byte // nil: the two public keys in ascending order
	Info    string
}

// NewAgreement draws an X25519 key.
func NewAgreement(salt []byte, info string) (*Agreement, error) {
	private, err := ecdh.X25519().GenerateKey(rand.Reader)
	return &Agreement{private, salt, info}, err
}

// Hello is the serialized HelloMessage { publicKey }.
func (a *Agreement) Hello() []byte { return a.private.PublicKey().Bytes() }

// Key takes the other side's hello. crypto/ecdh refuses an all-zero shared secret.
func (a *Agreement) Key(hello []byte) ([]byte, error) {
	peer, err := ecdh.X25519().NewPublicKey(hello)
	if err != nil {
		return nil, fault("hello", "%v", err)
	}
	shared, err := a.private.ECDH(peer)
	if err != nil {
		return nil, fault("low-order", "%v", err)
	}
	salt := a.Salt
	if salt == nil {
		low, high := a.Hello(), hello
		if bytes.Compare(low, high) > 0 {
			low, high = high, low
		}
		salt = append(bytes.Clone(low), high...)
	}
	return hkdf.Key(sha256.New, shared, salt, a.Info, 32)
}

// helloHeader is the one plain frame that carries a hello on a hop.
var helloHeader = Header{PacketNonce: 0, FrameNonce: 1}

// Agree exchanges hellos over plain frames; a client writes first.
func (a *Agreement) Agree(w *FrameWriter, r *FrameReader, client bool) ([]byte, error) {
	if client {
		if err := w.Write(helloHeader, a.Hello()); err != nil {
			return nil, err
		}
	}
	frame, err := r.Next()
	if err != nil {
		return nil, err
	}
	if h := frame.Header; frame.Failed != nil || h.PacketNonce != 0 || h.FrameNonce != 1 || h.Terminating {
		return nil, fault("hello", "not a hello: %+v", h)
	}
	if !client {
		if err := w.Write(helloHeader, a.Hello()); err != nil {
			return nil, err
		}
	}
	return a.Key(frame.Content)
}
