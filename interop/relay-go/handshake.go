package main

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/flynn/noise"
)

var suite = noise.NewCipherSuite(noise.DH25519, noise.CipherAESGCM, noise.HashSHA256)

const (
	offerSize = 13
	firstOfXX = 45
	firstOfIK = 205
)

// Offer is what a side bounds the other one by ("Handshake of a hop").
type Offer struct{ Window, MaxPackets uint32 }

func (o Offer) bytes() []byte {
	out := []byte{1, 0, 0, 0, 0} // version and features
	out = binary.BigEndian.AppendUint32(out, o.Window)
	return binary.BigEndian.AppendUint32(out, o.MaxPackets)
}

func parseOffer(from []byte) (o Offer, err error) {
	o.Window, o.MaxPackets = binary.BigEndian.Uint32(from[5:]), binary.BigEndian.Uint32(from[9:])
	switch {
	case from[0] != 1:
		return o, errors.New("another version")
	case o.Window < 256 || o.Window > 1<<31 || o.MaxPackets < 1 || o.MaxPackets > 65536:
		return o, errors.New("an offer out of range")
	}
	return o, nil
}

// part says what the payload of a message holds.
type part struct{ offer, proof bool }

var patterns = map[string]struct {
	noise noise.HandshakePattern
	parts []part
}{
	"XX": {noise.HandshakeXX, []part{{offer: true}, {offer: true, proof: true}, {proof: true}}},
	"IK": {noise.HandshakeIK, []part{{offer: true, proof: true}, {offer: true, proof: true}}},
}

// Handshake is that of a hop, and with another prologue that between peers.
type Handshake struct {
	pattern   string
	initiator bool
	me        *Identity
	offer     Offer
	state     *noise.HandshakeState
	next      int // messages that have gone
	remote    *Remote
	theirs    Offer
	keys      [2][]byte // the initiator's direction first; there when it is done
}

func newHandshake(pattern string, initiator bool, me *Identity, prologue, remoteStatic []byte, offer Offer) (*Handshake, error) {
	config := noise.Config{CipherSuite: suite, Pattern: patterns[pattern].noise, Initiator: initiator, Prologue: prologue, StaticKeypair: me.Static}
	if pattern == "IK" && initiator {
		config.PeerStatic = remoteStatic
	}
	state, err := noise.NewHandshakeState(config)
	if err != nil {
		return nil, err
	}
	return &Handshake{pattern: pattern, initiator: initiator, me: me, offer: offer, state: state}, nil
}

func (h *Handshake) done() bool { return h.next == len(patterns[h.pattern].parts) }

// heardLast tells whether the last message was the other side's, which then does not know that it has come.
func (h *Handshake) heardLast() bool {
	return h.initiator == (len(patterns[h.pattern].parts)%2 == 0)
}

func (h *Handshake) sealKey() []byte { return h.keys[1-int(boolByte(h.initiator))] }

func (h *Handshake) openKey() []byte { return h.keys[int(boolByte(h.initiator))] }

func (h *Handshake) write() ([]byte, error) {
	has := patterns[h.pattern].parts[h.next]
	var payload []byte
	if has.offer {
		payload = append(payload, h.offer.bytes()...)
	}
	if has.proof {
		payload = append(payload, h.me.Proof...)
	}
	message, first, second, err := h.state.WriteMessage(nil, payload)
	if err != nil {
		return nil, err
	}
	h.went(first, second)
	return message, nil
}

// read takes a message. Whose static key it was is checked before anything else is done.
func (h *Handshake) read(message []byte) error {
	has := patterns[h.pattern].parts[h.next]
	payload, first, second, err := h.state.ReadMessage(nil, message)
	if err != nil {
		return fmt.Errorf("message %d of the handshake: %w", h.next+1, err)
	}
	if len(payload) != offerSize*int(boolByte(has.offer))+proofSize*int(boolByte(has.proof)) {
		return errors.New("a payload of another size")
	}
	if has.offer {
		if h.theirs, err = parseOffer(payload); err != nil {
			return err
		}
		payload = payload[offerSize:]
	}
	if has.proof {
		if h.remote, err = checkProof(payload, h.state.PeerStatic()); err != nil {
			return err
		}
	}
	h.went(first, second)
	return nil
}

func (h *Handshake) went(first, second *noise.CipherState) {
	h.next++
	if first != nil {
		a, b := first.UnsafeKey(), second.UnsafeKey()
		h.keys = [2][]byte{a[:], b[:]}
	}
}
