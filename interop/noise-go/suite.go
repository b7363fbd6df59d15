package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/flynn/noise"
)

var patterns = map[string]noise.HandshakePattern{
	"N": noise.HandshakeN, "K": noise.HandshakeK, "X": noise.HandshakeX,
	"NN": noise.HandshakeNN, "NK": noise.HandshakeNK, "NX": noise.HandshakeNX,
	"KN": noise.HandshakeKN, "KK": noise.HandshakeKK, "KX": noise.HandshakeKX,
	"XN": noise.HandshakeXN, "XK": noise.HandshakeXK, "XX": noise.HandshakeXX,
	"IN": noise.HandshakeIN, "IK": noise.HandshakeIK, "IX": noise.HandshakeIX,
}

var ciphers = map[string]noise.CipherFunc{"ChaChaPoly": noise.CipherChaChaPoly, "AESGCM": noise.CipherAESGCM}

var hashes = map[string]noise.HashFunc{
	"SHA256": noise.HashSHA256, "SHA512": noise.HashSHA512, "BLAKE2s": noise.HashBLAKE2s, "BLAKE2b": noise.HashBLAKE2b,
}

// newHandshake puts what the library needs together from a name such as Noise_XXpsk3_25519_AESGCM_SHA256.
func newHandshake(c *config) (*noise.HandshakeState, error) {
	parts := strings.Split(c.Protocol, "_")
	if len(parts) != 5 || parts[0] != "Noise" || parts[2] != "25519" {
		return nil, fmt.Errorf("no protocol %s", c.Protocol)
	}
	name, modifier, hasPsk := strings.Cut(parts[1], "psk")
	pattern, cipher, hash := patterns[name], ciphers[parts[3]], hashes[parts[4]]
	if pattern.Name == "" || cipher == nil || hash == nil || hasPsk != (len(c.Psks) == 1) {
		return nil, fmt.Errorf("no protocol %s with %d psks", c.Protocol, len(c.Psks))
	}
	suite := noise.NewCipherSuite(noise.DH25519, cipher, hash)
	options := noise.Config{CipherSuite: suite, Pattern: pattern, Initiator: c.Initiator, Prologue: c.Prologue, PeerStatic: c.RemoteStatic}
	if hasPsk {
		options.PresharedKey = c.Psks[0]
		if _, err := fmt.Sscan(modifier, &options.PresharedKeyPlacement); err != nil {
			return nil, fmt.Errorf("no protocol %s: %w", c.Protocol, err)
		}
	}
	if len(c.StaticKey) > 0 {
		key, err := suite.GenerateKeypair(bytes.NewReader(c.StaticKey))
		if err != nil {
			return nil, err
		}
		options.StaticKeypair = key
	}
	return noise.NewHandshakeState(options)
}
