package main

import (
	"encoding/binary"
	"io"
)

const packetHeaderSize = 44

// PacketHeader is the first 44 bytes of a routed packet (nova.md, "Routed").
type PacketHeader struct {
	Target, Source [16]byte
	Kind           uint64
}

// Marshal writes the header.
func (h PacketHeader) Marshal() []byte {
	b := binary.BigEndian.AppendUint32(make([]byte, 0, packetHeaderSize), magic)
	b = append(append(b, h.Target[:]...), h.Source[:]...)
	return binary.BigEndian.AppendUint64(b, h.Kind)
}

// ReadPacketHeader takes the header off a packet's body.
func ReadPacketHeader(body io.Reader) (h PacketHeader, err error) {
	b := make([]byte, packetHeaderSize)
	if _, err := io.ReadFull(body, b); err != nil {
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			err = fault("short-header", "the packet ends inside its header")
		}
		return h, err
	}
	if binary.BigEndian.Uint32(b) != magic {
		return h, fault("header-magic", "magic of the packet is %x", b[:4])
	}
	copy(h.Target[:], b[4:])
	copy(h.Source[:], b[20:])
	h.Kind = binary.BigEndian.Uint64(b[36:])
	return h, nil
}
