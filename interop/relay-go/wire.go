package main

import (
	"encoding/binary"
	"errors"
)

// Kinds from 2^63 up ("Shared with the seed": Routing header).
const (
	kindHandshake = 1<<63 + 1
	kindError     = 1<<63 + 2
	kindConfirm   = 1<<63 + 4
	kindRequest   = 1<<63 + 5
	kindDelivery  = 1<<63 + 6
	kindStream    = 1<<63 + 7
	kindPresence  = 1<<63 + 8
)

// Route is a routing header.
type Route struct {
	Target, Source ID
	Kind           uint64
}

func (r Route) bytes() []byte {
	out := binary.BigEndian.AppendUint32(nil, frameMagic)
	out = append(append(out, r.Target[:]...), r.Source[:]...)
	return binary.BigEndian.AppendUint64(out, r.Kind)
}

func parseRoute(from []byte) (r Route, err error) {
	if binary.BigEndian.Uint32(from) != frameMagic {
		return r, errors.New("the magic of a routing header")
	}
	copy(r.Target[:], from[4:])
	copy(r.Source[:], from[20:])
	r.Kind = binary.BigEndian.Uint64(from[36:])
	return r, nil
}

// writer makes a message of "Requests".
type writer struct{ bytes []byte }

func (w *writer) u8(value byte) *writer { w.bytes = append(w.bytes, value); return w }

func (w *writer) u32(value uint32) *writer {
	w.bytes = binary.BigEndian.AppendUint32(w.bytes, value)
	return w
}

func (w *writer) u64(value uint64) *writer {
	w.bytes = binary.BigEndian.AppendUint64(w.bytes, value)
	return w
}

func (w *writer) raw(value []byte) *writer { w.bytes = append(w.bytes, value...); return w }

// fields reads a message of "Requests"; what is missing is an error at the end.
type fields struct {
	rest  []byte
	short bool
}

func (f *fields) raw(size int) []byte {
	if len(f.rest) < size {
		f.short = true
		return make([]byte, size)
	}
	out := f.rest[:size]
	f.rest = f.rest[size:]
	return out
}

func (f *fields) u8() byte    { return f.raw(1)[0] }
func (f *fields) u32() uint32 { return binary.BigEndian.Uint32(f.raw(4)) }
func (f *fields) u64() uint64 { return binary.BigEndian.Uint64(f.raw(8)) }
func (f *fields) id() ID      { return ID(f.raw(16)) }

func (f *fields) boolean() bool {
	value := f.u8()
	f.short = f.short || value > 1
	return value == 1
}

// end is an error where something was missing or is left.
func (f *fields) end() error {
	if f.short || len(f.rest) > 0 {
		return errors.New("a message of another size")
	}
	return nil
}
