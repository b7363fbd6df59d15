package main

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Frame header (nova.md, "Frame").
const (
	magic      = 0x4E4F5641
	headerSize = 18
	maxFrame   = 1 << 20
)

// Fault is an error with a short stable name, which is what a report carries.
type Fault struct{ Code, Text string }

func (f *Fault) Error() string { return f.Text }

func fault(code, format string, args ...any) error {
	return &Fault{code, fmt.Sprintf(format, args...)}
}

func codeOf(err error) string {
	var f *Fault
	switch {
	case err == nil:
		return ""
	case errors.As(err, &f):
		return f.Code
	default:
		return err.Error()
	}
}

// Header is the 18 bytes before the content of a frame.
type Header struct {
	ContentSize uint32
	FrameNonce  uint32
	PacketNonce uint32
	Terminating bool
	Encrypted   bool
}

// Marshal writes the header.
func (h Header) Marshal() []byte {
	b := binary.BigEndian.AppendUint32(make([]byte, 0, headerSize), magic)
	b = binary.BigEndian.AppendUint32(b, h.ContentSize)
	b = binary.BigEndian.AppendUint32(b, h.FrameNonce)
	b = binary.BigEndian.AppendUint32(b, h.PacketNonce)
	return append(b, flag(h.Terminating), flag(h.Encrypted))
}

// ParseHeader reads the header and refuses what is fatal to the connection.
func ParseHeader(b []byte) (Header, error) {
	h := Header{
		ContentSize: binary.BigEndian.Uint32(b[4:]),
		FrameNonce:  binary.BigEndian.Uint32(b[8:]),
		PacketNonce: binary.BigEndian.Uint32(b[12:]),
		Terminating: b[16] == 1,
		Encrypted:   b[17] == 1,
	}
	switch {
	case binary.BigEndian.Uint32(b) != magic:
		return h, fault("magic", "magic is %x", b[:4])
	case h.ContentSize > maxFrame-headerSize:
		return h, fault("oversize", "content of %d bytes", h.ContentSize)
	case b[16] > 1 || b[17] > 1:
		return h, fault("flag", "flags are %d and %d", b[16], b[17])
	}
	return h, nil
}

func flag(set bool) byte {
	if set {
		return 1
	}
	return 0
}
