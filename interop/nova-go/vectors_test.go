package main

import (
	"bytes"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"io"
	"os"
	"testing"
)

// The shared vectors prove this peer itself, before it proves anything about another implementation.
type vectors struct {
	Keys   struct{ Kcs, Kcc Hex }
	Frames []struct {
		PacketNonce, FrameNonce                  uint32
		IsTerminating                            bool
		Content, Plain, Sealed, SealedObfuscated Hex
	}
	Packets []struct {
		PacketNonce               uint32
		Body                      Hex
		FrameSizes                []int
		PlainFrames, SealedFrames []Hex
	}
	PacketHeaders []struct {
		Target, Source, Bytes Hex
		KindDecimal           uint64 `json:",string"`
	}
	Sessions []struct {
		Name, PlaintextUtf8, BodyBase64 string
		PlaintextSha256, Body           Hex
		PlaintextLength                 int
	}
	BrokenSessions []struct {
		Name string
		Body Hex
	}
	WholeStack struct {
		PacketNonce          uint32
		Target, Source, Wire Hex
		KindDecimal          uint64 `json:",string"`
		PlaintextUtf8        string
	}
	Handshake struct {
		PrivateA, PublicA, PrivateB, PublicB, Shared, SaltSortedPublicKeys, Key Hex
		InfoUtf8                                                                string
	}
	Serializer struct{ Bytes Hex }
}

func load(t *testing.T) (v vectors) {
	t.Helper()
	// where spec/support/vector-files.ts looks for them
	folders := []string{"../../../shared/vectors", "../../spec/vectors"}
	if chosen := os.Getenv("VECTORS_DIR"); chosen != "" {
		folders = []string{chosen}
	}
	var text []byte
	err := os.ErrNotExist
	for _, folder := range folders {
		if err != nil {
			text, err = os.ReadFile(folder + "/nova.json")
		}
	}
	must(t, err)
	must(t, json.Unmarshal(text, &v))
	return v
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func same(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		t.Errorf("%s: %x, not %x", what, got, want)
	}
}

func keys(t *testing.T, key []byte) [3]*HopKey {
	sealing, err := NewHopKey(key, false)
	must(t, err)
	masking, err := NewHopKey(key, true)
	must(t, err)
	return [3]*HopKey{nil, sealing, masking}
}

func TestFrames(t *testing.T) {
	v := load(t)
	for i, key := range keys(t, v.Keys.Kcs) {
		for _, vector := range v.Frames {
			wire := [][]byte{vector.Plain, vector.Sealed, vector.SealedObfuscated}[i]
			h := Header{FrameNonce: vector.FrameNonce, PacketNonce: vector.PacketNonce, Terminating: vector.IsTerminating}
			var out bytes.Buffer
			must(t, (&FrameWriter{&out, key}).Write(h, vector.Content))
			same(t, "frame", out.Bytes(), wire)
			reader := FrameReader{bytes.NewReader(wire), key}
			frame, err := reader.Next()
			must(t, err)
			must(t, frame.Failed)
			same(t, "content", frame.Content, vector.Content)
			if frame.FrameNonce != h.FrameNonce || frame.PacketNonce != h.PacketNonce || frame.Terminating != h.Terminating || frame.Encrypted != (key != nil) {
				t.Errorf("header %+v, not %+v", frame.Header, h)
			}
			for end := 1; end < len(wire); end++ {
				reader := FrameReader{bytes.NewReader(wire[:end]), key}
				if _, err := reader.Next(); codeOf(err) != "truncated" {
					t.Fatalf("cut after %d bytes: %v", end, err)
				}
			}
		}
	}
}

func TestPackets(t *testing.T) {
	v := load(t)
	all := keys(t, v.Keys.Kcs)
	for i, key := range all[:2] {
		for _, vector := range v.Packets {
			wire := bytes.Join([][][]byte{raw(vector.PlainFrames), raw(vector.SealedFrames)}[i], nil)
			var out bytes.Buffer
			sender := Sender{Frames: &FrameWriter{&out, key}}
			body := &pieces{rest: vector.Body, sizes: vector.FrameSizes}
			must(t, sender.Send([]Outgoing{{vector.PacketNonce, body}}))
			same(t, "frames", out.Bytes(), wire)
			var got []byte
			done := make(chan error)
			receiver := Receiver{Frames: &FrameReader{bytes.NewReader(wire), key}, Start: func(_ uint32, body io.Reader) {
				go func() {
					var err error
					got, err = io.ReadAll(body)
					done <- err
				}()
			}}
			must(t, receiver.Run())
			must(t, <-done)
			same(t, "body", got, vector.Body)
		}
	}
}

func TestPacketHeaders(t *testing.T) {
	for _, vector := range load(t).PacketHeaders {
		header := Route{vector.Target, vector.Source, vector.KindDecimal}.header()
		same(t, "packet header", header.Marshal(), vector.Bytes)
		read, err := ReadPacketHeader(bytes.NewReader(vector.Bytes))
		must(t, err)
		if read != header {
			t.Errorf("%+v, not %+v", read, header)
		}
	}
}

func TestSessions(t *testing.T) {
	v := load(t)
	for _, vector := range v.Sessions {
		body := []byte(vector.Body)
		if vector.BodyBase64 != "" {
			decoded, err := base64.StdEncoding.DecodeString(vector.BodyBase64)
			must(t, err)
			body = decoded
		}
		var plain bytes.Buffer
		must(t, OpenSession(&plain, v.Keys.Kcc, bytes.NewReader(body)))
		if vector.PlaintextSha256 == nil {
			same(t, vector.Name, plain.Bytes(), []byte(vector.PlaintextUtf8))
			continue
		}
		sum := sha256.Sum256(plain.Bytes())
		same(t, vector.Name, sum[:], vector.PlaintextSha256)
	}
}

func TestBrokenSessions(t *testing.T) {
	v := load(t)
	// in the order of the vectors
	codes := []string{"no-final", "cut-chunk", "cut-chunk", "session-authentication", "session-authentication", "session-authentication", "chunk-size", "trailing", "session-authentication", "zlib", "empty"}
	for i, vector := range v.BrokenSessions {
		err := OpenSession(io.Discard, v.Keys.Kcc, bytes.NewReader(vector.Body))
		if codeOf(err) != codes[i] {
			t.Errorf("%s: %v, not %s", vector.Name, err, codes[i])
		}
	}
}

func TestWholeStack(t *testing.T) {
	v := load(t)
	key, err := NewHopKey(v.Keys.Kcs, false)
	must(t, err)
	done := make(chan struct{})
	receiver := Receiver{Frames: &FrameReader{bytes.NewReader(v.WholeStack.Wire), key}, Start: func(nonce uint32, body io.Reader) {
		go func() {
			defer close(done)
			header, err := ReadPacketHeader(body)
			if want := (Route{v.WholeStack.Target, v.WholeStack.Source, v.WholeStack.KindDecimal}).header(); err != nil || header != want || nonce != v.WholeStack.PacketNonce {
				t.Errorf("header %+v of packet %d: %v", header, nonce, err)
			}
			var plain bytes.Buffer
			if err := OpenSession(&plain, v.Keys.Kcc, body); err != nil {
				t.Error(err)
			}
			same(t, "plaintext", plain.Bytes(), []byte(v.WholeStack.PlaintextUtf8))
		}()
	}}
	must(t, receiver.Run())
	<-done
}

func TestHandshake(t *testing.T) {
	v := load(t).Handshake
	for _, side := range [][2][]byte{{v.PrivateA, v.PublicB}, {v.PrivateB, v.PublicA}} {
		private, err := ecdh.X25519().NewPrivateKey(side[0])
		must(t, err)
		agreement := Agreement{private: private, Info: v.InfoUtf8}
		key, err := agreement.Key(side[1])
		must(t, err)
		same(t, "key", key, v.Key)
	}
	key, err := hkdf.Key(sha256.New, v.Shared, v.SaltSortedPublicKeys, v.InfoUtf8, 32)
	must(t, err)
	same(t, "key from the shared secret", key, v.Key)
	agreement, err := NewAgreement(nil, hopInfo)
	must(t, err)
	if _, err := agreement.Key(make([]byte, 32)); codeOf(err) != "low-order" {
		t.Errorf("a point of low order: %v", err)
	}
}

// The vector's struct is not Record, which has more; its fields are written here in its order.
func TestSerializer(t *testing.T) {
	v := load(t).Serializer
	b, err := binary.Append(nil, binary.BigEndian, struct {
		Bool    bool
		Int8    int8
		Int16   int16
		Int32   int32
		Int64   int64
		Uint8   uint8
		Uint16  uint16
		Uint32  uint32
		Uint64  uint64
		Float32 float32
		Float64 float64
	}{true, -1, -2, -3, -4, 1, 2, 3, 4, 1.5, -2.25})
	must(t, err)
	b = appendBlob(appendBlob(b, []byte("héllo")), []byte{0x0a, 0x0b})
	for _, field := range []any{uint32(3), []uint16{1, 2, 3}, [4]uint8{1, 2, 3, 4}, uint8(9)} {
		b, err = binary.Append(b, binary.BigEndian, field)
		must(t, err)
	}
	b = binary.BigEndian.AppendUint32(appendBlob(b, nil), 7)
	same(t, "record", b, v.Bytes)
	for _, record := range records() {
		b, err := record.Marshal()
		must(t, err)
		read, err := ParseRecord(b)
		must(t, err)
		again, err := read.Marshal()
		must(t, err)
		same(t, "read and written again", again, b)
		if _, err := ParseRecord(append(b, 0)); codeOf(err) != "trailing" {
			t.Errorf("a byte too many: %v", err)
		}
		if _, err := ParseRecord(b[:len(b)-1]); err == nil {
			t.Error("a byte too few is taken")
		}
	}
}

// pieces reads in the sizes that the vector's frames have.
type pieces struct {
	rest  []byte
	sizes []int
}

func (p *pieces) Read(into []byte) (int, error) {
	if len(p.rest) == 0 {
		return 0, io.EOF
	}
	n := len(p.rest)
	if len(p.sizes) > 0 {
		n, p.sizes = p.sizes[0], p.sizes[1:]
	}
	copy(into, p.rest[:n])
	p.rest = p.rest[n:]
	return n, nil
}

func raw(list []Hex) (out [][]byte) {
	for _, b := range list {
		out = append(out, b)
	}
	return out
}
