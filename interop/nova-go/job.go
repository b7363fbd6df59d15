package main

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"encoding/hex"
	"fmt"
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

// Job says what a run does: it connects, agrees on keys, sends, ends its direction, and reads until the other side ends.
type Job struct {
	Port       int        // on 127.0.0.1, to connect to
	Seal       Hex        // the key of each direction; both absent: no key
	Open       Hex        //
	Handshake  *Hello     // in place of the keys
	Plain      []Hex      // contents of plain frames before the key, packetNonce 0; as many are read
	Obfuscate  bool       // masks headers
	Layer      string     // packets, routed or session
	SessionKey Hex        // of layer session
	PeerHello  *Route     // in place of the session's key: the seed's handshake in routed packets
	FrameSize  int        // content bytes of a frame
	InFlight   int        // packets in flight
	Send       []Item     // packets
	Echo       *Route     // a packet more: a session of what the one that comes holds, each piece flushed at once
	Frames     []RawFrame // in place of packets: frames as they are written here
	Cut        int        // bytes of the last raw frame that are not written
	Records    []Hex      // in place of all the rest: records to be read and reported with our own
}

// Hello is how the seed's handshake differs from its defaults.
type Hello struct {
	Salt   Hex    // absent: the two public keys in ascending order
	Info   string // empty: that of a hop
	Client bool   // writes first
	Low    bool   // sends a point of low order
}

// Item is one packet.
type Item struct {
	Nonce   uint32   // 0: the next one
	Content          // what it holds
	Header  *Route   // of layers routed and session
	Session *Sealing // of layer session
}

// Content is bytes that both sides can make.
type Content struct {
	Seed uint32 // of pseudo-random bytes
	Size int
	Text bool // repeated text in place of random bytes
}

// Route is a PacketHeader in JSON.
type Route struct {
	Target Hex    `json:"target"`
	Source Hex    `json:"source"`
	Kind   uint64 `json:"kind,string"`
}

// Sealing says how a session body is made.
type Sealing struct {
	Level    *int      // of zlib; absent: its default
	Messages []Content // in place of the item's content, each flushed
	Broken   string    // a body to be refused, by its name
}

// RawFrame is one frame, whatever the rules say of it.
type RawFrame struct {
	PacketNonce, FrameNonce uint32
	Terminating             bool
	Plain                   bool // not sealed, even where there is a key
	Content                 Hex
	Flip                    *int // byte of the wire to change
	Size                    int  // that many bytes of content, in place of Content
	Repeat                  int  // written so many times more
	Header                  Hex  // the header as it is written, in place of a true one
}

// Report is what a run has seen.
type Report struct {
	Plain      []Hex     `json:"plain,omitempty"`
	Packets    []*Packet `json:"packets"`
	Together   int       `json:"together"`        // packets of the other side in flight at once, at the most
	Error      string    `json:"error,omitempty"` // of the connection
	Serialized []Record  `json:"serialized,omitempty"`
	Bytes      []Hex     `json:"bytes,omitempty"`
}

// Packet is one packet as it was read to its end.
type Packet struct {
	Nonce  uint32 `json:"nonce"`
	Header *Route `json:"header,omitempty"`
	Size   int64  `json:"size"`
	Sum    Hex    `json:"sha256"`
	Error  string `json:"error,omitempty"`
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

func (r Route) header() (h PacketHeader) {
	copy(h.Target[:], r.Target)
	copy(h.Source[:], r.Source)
	h.Kind = r.Kind
	return h
}
