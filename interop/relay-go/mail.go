package main

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/flynn/noise"
)

// Sizes of "Mail".
const (
	mailVersion  = 2
	mailNoise    = 192
	mailHeader   = 11 + mailNoise
	prekeySize   = 8 + 32 + 64
	mailPrologue = "hushwire/mail/1"
)

// Name is the id of a prekey, or of a stream.
type Name [8]byte

// Prekey is the public half of one.
type Prekey struct {
	Name      Name
	Key       []byte
	Signature []byte
}

// ownPrekey is one of ours, with the private half.
type ownPrekey struct {
	Prekey
	private noise.DHKey
	oneTime bool
	marks   map[string]bool // Noise messages that a last resort has opened
}

// newPrekey makes the prekey of a number. It is made from the identity's seed, so that another process of it has it too.
func newPrekey(me *Identity, oneTime bool, number uint32) *ownPrekey {
	info := fmt.Sprintf("interop prekey %t %d", oneTime, number)
	secret, err := hkdf.Key(sha256.New, me.Signing.Seed(), nil, info, 40)
	if err != nil {
		panic(err)
	}
	private, err := dhKey(secret[8:])
	if err != nil {
		panic(err)
	}
	own := &ownPrekey{private: private, oneTime: oneTime, marks: map[string]bool{}}
	own.Name, own.Key = Name(secret[:8]), private.Public
	own.Signature = ed25519.Sign(me.Signing, prekeySigned(own.Name, own.Key))
	return own
}

func prekeySigned(name Name, key []byte) []byte {
	return append(append([]byte(prekeyLabel), name[:]...), key...)
}

func (p Prekey) bytes() []byte { return append(append(p.Name[:], p.Key...), p.Signature...) }

// readPrekey takes only what the recipient has signed.
func readPrekey(from *fields, owner *Remote) (p Prekey, err error) {
	p.Name, p.Key, p.Signature = Name(from.raw(8)), from.raw(32), from.raw(64)
	if !verify(owner.Signing, prekeySigned(p.Name, p.Key), p.Signature) {
		return p, errors.New("the signature of the prekey")
	}
	return p, nil
}

func mailPrologueOf(recipient, sender ID, kind uint64) []byte {
	out := append([]byte(mailPrologue), recipient[:]...)
	return binary.BigEndian.AppendUint64(append(out, sender[:]...), kind)
}

// sealMail writes the header and gives what the content is written to. The sender is ours, unless the mail is to be wrong.
func sealMail(to io.Writer, me *Identity, sender, recipient ID, prekey Prekey, kind uint64) (*messageWriter, error) {
	state, err := noise.NewHandshakeState(noise.Config{
		CipherSuite: suite, Pattern: noise.HandshakeX, Initiator: true, StaticKeypair: me.Static, PeerStatic: prekey.Key,
		Prologue: mailPrologueOf(recipient, sender, kind),
	})
	if err != nil {
		return nil, err
	}
	message, chunks, _, err := state.WriteMessage(nil, me.Proof)
	if err != nil {
		return nil, err
	}
	header := append([]byte{mailVersion}, prekey.Name[:]...)
	header = append(binary.BigEndian.AppendUint16(header, mailNoise), message...)
	if _, err := to.Write(header); err != nil {
		return nil, err
	}
	key := chunks.UnsafeKey()
	return newMessageWriter(to, chunkKey{gcm(key[:]), header}), nil
}

// openedMail is one whose sender is proven.
type openedMail struct {
	prekey  *ownPrekey
	message []byte
	reader  *messageReader
}

// openMail reads the header and checks the sender; what it gives is read to its end before it counts.
func openMail(from io.Reader, me *Identity, prekeys map[Name]*ownPrekey, sender ID, kind uint64) (*openedMail, error) {
	header := make([]byte, mailHeader)
	if _, err := io.ReadFull(from, header); err != nil {
		return nil, cut(err)
	}
	if header[0] != mailVersion || binary.BigEndian.Uint16(header[9:]) != mailNoise {
		return nil, fmt.Errorf("%w: the mail's header", errRefused)
	}
	prekey, message := prekeys[Name(header[1:9])], header[11:]
	if prekey == nil {
		return nil, fmt.Errorf("%w: a prekey that is not ours", errRefused)
	}
	if prekey.marks[string(message)] {
		return nil, fmt.Errorf("%w: it came before", errRefused)
	}
	state, err := noise.NewHandshakeState(noise.Config{
		CipherSuite: suite, Pattern: noise.HandshakeX, StaticKeypair: prekey.private, Prologue: mailPrologueOf(me.ID, sender, kind),
	})
	if err != nil {
		return nil, err
	}
	proof, chunks, _, err := state.ReadMessage(nil, message)
	if err != nil {
		return nil, fmt.Errorf("%w: the Noise message: %w", errRefused, err)
	}
	remote, err := checkProof(proof, state.PeerStatic())
	if err != nil || remote.ID != sender {
		return nil, fmt.Errorf("%w: the sender's proof", errRefused)
	}
	key := chunks.UnsafeKey()
	reader := &chunkReader{from: from, key: chunkKey{gcm(key[:]), header}}
	return &openedMail{prekey, message, newMessageReader(reader)}, nil
}

// use uses the prekey up, once the mail was read to its end.
func (m *openedMail) use(prekeys map[Name]*ownPrekey) {
	if m.prekey.oneTime {
		delete(prekeys, m.prekey.Name)
	} else {
		m.prekey.marks[string(m.message)] = true
	}
}
