package main

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
)

// Hex is bytes that JSON holds as hex.
type Hex []byte

// UnmarshalText reads hex.
func (h *Hex) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

// MarshalText writes hex.
func (h Hex) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h)), nil }

// Job says what a run does: it connects to the relay as an identity and does one step after another. The same as in interop/relay/job.ts.
type Job struct {
	Port        int    // on 127.0.0.1, to connect to
	Seed        Hex    // of the identity
	Relay       ID     // who the relay has to be; zeros: whoever it is
	RelayStatic Hex    // its static key: the handshake is IK
	Window      uint32 // of our offer
	MaxPackets  uint32 // of our offer
	Drip        int    // bytes that are written at once; 0: as they come
	RekeyEvery  int    // packets after which the key of our direction is replaced; 0: when it is due
	Steps       []Step
}

// Step is one thing to do; what the others fields mean depends on it.
type Step struct {
	Do         string
	To         ID
	IDs        []ID
	Invite     Hex
	OneTime    int
	LastResort bool
	Replace    bool
	Kind       uint64 `json:",string"`
	Content    Content
	Count      int
	Code       uint32
	Mode       string
	Pattern    string // of a handshake with a peer
	Static     Hex    // the key for IK that is not asked for
	Broken     string // how what is sent is wrong
	Again      bool   // mail: the body of the mail before
	Pause      string // mail: half of it is sent, the rest after the goaway with the code
	ID         ID     // of mail; zeros: a random one. Of a raw packet: its source; zeros: our own
	After      uint64
	MaxUntaken int
	Lifetime   uint64
	Online     bool
	Background bool // the next steps do not wait for it
}

// Result is what became of a step.
type Result struct {
	Do    string `json:"do"`
	Error string `json:"error,omitempty"`
	Value any    `json:"value,omitempty"`
}

// Report is what a run has seen.
type Report struct {
	ID      ID           `json:"id"`
	Relay   ID           `json:"relay"`
	Pattern string       `json:"pattern"`
	Steps   []*Result    `json:"steps"`
	Errors  []RelayError `json:"errors"`
	Goaways []uint32     `json:"goaways"`
	Rekeys  int          `json:"rekeys"`
	Error   string       `json:"error,omitempty"` // of the handshake, or why the link ended
}

// Content is bytes that both sides can make.
type Content struct {
	Seed uint32 // of pseudo-random bytes
	Size int
	Text bool // repeated text in place of random bytes
}

const phrase = "the same words over and over, so that zlib has something to do; "

// Bytes makes the content: AES-256-CTR over zeros with the seed for a key, or text.
func (c Content) Bytes() []byte {
	out := make([]byte, c.Size)
	if c.Text {
		line := fmt.Sprintf("%d %s", c.Seed, phrase)
		for at := 0; at < len(out); {
			at += copy(out[at:], line)
		}
		return out
	}
	key := make([]byte, 32)
	binary.BigEndian.PutUint32(key[28:], c.Seed)
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // 32 bytes are a key
	}
	cipher.NewCTR(block, make([]byte, aes.BlockSize)).XORKeyStream(out, out)
	return out
}

// sum counts what it hashes.
type sum struct {
	hash.Hash
	count int64
}

func newSum() *sum { return &sum{Hash: sha256.New()} }

func (s *sum) Write(content []byte) (int, error) {
	s.count += int64(len(content))
	return s.Hash.Write(content)
}

// digest reads to the end.
func digest(from io.Reader) (int64, Hex, error) {
	s := newSum()
	_, err := io.Copy(s, from)
	return s.count, s.Sum(nil), err
}

func (s *Step) mailID() []byte {
	id := s.ID
	if id == (ID{}) {
		_, _ = rand.Read(id[:])
	}
	return id[:]
}

func newStreamID() (id Name) {
	_, _ = rand.Read(id[:])
	return id
}
