package main

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"github.com/flynn/noise"
)

// ID is a UUID ("Identity": id).
type ID [16]byte

// UnmarshalText reads hex.
func (id *ID) UnmarshalText(text []byte) error {
	if len(text) != 32 {
		return errors.New("an id has 16 bytes")
	}
	_, err := hex.Decode(id[:], text)
	return err
}

// MarshalText writes hex.
func (id ID) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(id[:])), nil }

const (
	proofSize   = 96
	proofLabel  = "hushwire/static/1"
	seedLabel   = "hushwire/static/1 from seed"
	prekeyLabel = "hushwire/prekey/1"
)

// Identity is our own: both key pairs, id and proof.
type Identity struct {
	ID      ID
	Signing ed25519.PrivateKey
	Static  noise.DHKey
	Proof   []byte
}

// Remote is somebody else's, with a proof that was checked.
type Remote struct {
	ID      ID
	Signing ed25519.PublicKey
	Static  []byte
}

func identityFromSeed(seed []byte) (*Identity, error) {
	if len(seed) != ed25519.SeedSize {
		return nil, errors.New("a seed has 32 bytes")
	}
	private, err := hkdf.Key(sha256.New, seed, nil, seedLabel, 32)
	if err != nil {
		return nil, err
	}
	static, err := dhKey(private)
	if err != nil {
		return nil, err
	}
	me := &Identity{Signing: ed25519.NewKeyFromSeed(seed), Static: static}
	public := me.Signing.Public().(ed25519.PublicKey)
	me.ID = idOf(public)
	signature := ed25519.Sign(me.Signing, append([]byte(proofLabel), static.Public...))
	me.Proof = append(append([]byte{}, public...), signature...)
	return me, nil
}

func dhKey(private []byte) (noise.DHKey, error) {
	key, err := ecdh.X25519().NewPrivateKey(private)
	if err != nil {
		return noise.DHKey{}, err
	}
	return noise.DHKey{Private: private, Public: key.PublicKey().Bytes()}, nil
}

func idOf(public ed25519.PublicKey) (id ID) {
	sum := sha256.Sum256(public)
	copy(id[:], sum[:])
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id
}

// checkProof says whose a static key is, by the proof for it.
func checkProof(proof, static []byte) (*Remote, error) {
	if len(proof) != proofSize {
		return nil, errors.New("a proof has 96 bytes")
	}
	public := ed25519.PublicKey(proof[:32])
	if !verify(public, append([]byte(proofLabel), static...), proof[32:]) {
		return nil, errors.New("the proof does not fit the static key")
	}
	return &Remote{ID: idOf(public), Signing: public, Static: static}, nil
}

// The y coordinates of the points of small order: little-endian, without the sign.
var smallOrder = []string{
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
}

// The field's prime, little-endian.
const prime = "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"

// verify is strict ("Identity": the last paragraph). Go's own check compares R's encoding and refuses an S that is too large.
func verify(public ed25519.PublicKey, message, signature []byte) bool {
	if len(signature) != ed25519.SignatureSize || !strictPoint(public) || !strictPoint(signature[:32]) {
		return false
	}
	return ed25519.Verify(public, message, signature)
}

func strictPoint(encoded []byte) bool {
	y := bytes.Clone(encoded)
	y[31] &= 0x7f
	for _, small := range smallOrder {
		if hex.EncodeToString(y) == small {
			return false
		}
	}
	limit, _ := hex.DecodeString(prime)
	for i := len(y) - 1; i >= 0; i-- {
		if y[i] != limit[i] {
			return y[i] < limit[i]
		}
	}
	return false
}
