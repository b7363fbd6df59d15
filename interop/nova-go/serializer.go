package main

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
)

// Fixed is every type of fixed size, which encoding/binary lays out itself (nova.md, "Serializer").
type Fixed struct {
	Bool    bool
	Int8    int8
	Int16   int16
	Int32   int32
	Int64   int64 `json:",string"`
	Uint8   uint8
	Uint16  uint16
	Uint32  uint32
	Uint64  uint64 `json:",string"`
	Int     int64  `json:",string"` // Go's int and uint are 8 bytes
	Uint    uint64 `json:",string"`
	Float32 float32
	Float64 float64
	Bytes   [4]uint8
	Numbers [3]int16
}

// Nested is a struct inside a struct.
type Nested struct {
	Number uint8
	Text   string
}

// Record is a struct of every type.
type Record struct {
	Fixed   Fixed
	Text    string
	Blob    Hex
	Slice   []uint16
	Structs []Nested
	Inner   Nested
	Pointer *uint32
}

// Marshal writes the record.
func (r Record) Marshal() ([]byte, error) {
	b, err := binary.Append(nil, binary.BigEndian, r.Fixed)
	if err != nil {
		return nil, err
	}
	b = appendBlob(appendBlob(b, []byte(r.Text)), r.Blob)
	b = binary.BigEndian.AppendUint32(b, uint32(len(r.Slice)))
	if b, err = binary.Append(b, binary.BigEndian, r.Slice); err != nil {
		return nil, err
	}
	b = binary.BigEndian.AppendUint32(b, uint32(len(r.Structs)))
	for _, nested := range append(r.Structs, r.Inner) {
		b = appendBlob(append(b, nested.Number), []byte(nested.Text))
	}
	return binary.Append(b, binary.BigEndian, r.Pointer)
}

// ParseRecord reads a record and nothing after it.
func ParseRecord(b []byte) (r Record, err error) {
	in := &input{r: bytes.NewReader(b)}
	in.value(&r.Fixed)
	r.Text = string(in.blob())
	r.Blob = in.blob()
	r.Slice = make([]uint16, in.count(2))
	in.value(r.Slice)
	r.Structs = make([]Nested, in.count(5))
	for i := range r.Structs {
		r.Structs[i] = in.nested()
	}
	r.Inner = in.nested()
	r.Pointer = new(uint32)
	in.value(r.Pointer)
	if in.err == nil && in.r.Len() > 0 {
		in.err = fault("trailing", "%d bytes too many", in.r.Len())
	}
	return r, in.err
}

// input reads values until the first that is not there.
type input struct {
	r   *bytes.Reader
	err error
}

func (in *input) value(v any) {
	if in.err == nil {
		in.err = binary.Read(in.r, binary.BigEndian, v)
	}
}

// count reads how many items of at least that size follow, and looks whether they can.
func (in *input) count(size int) int {
	var n uint32
	in.value(&n)
	if in.err == nil && int64(n)*int64(size) > int64(in.r.Len()) {
		in.err = io.ErrUnexpectedEOF
	}
	if in.err != nil {
		return 0
	}
	return int(n)
}

func (in *input) blob() []byte {
	b := make([]byte, in.count(1))
	in.value(b)
	return b
}

func (in *input) nested() (n Nested) {
	in.value(&n.Number)
	n.Text = string(in.blob())
	return n
}

func appendBlob(b, blob []byte) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(blob))), blob...)
}

// records are ordinary and extreme values of every type.
func records() []Record {
	seven, most := uint32(7), uint32(math.MaxUint32)
	return []Record{
		{Blob: Hex{}, Slice: []uint16{}, Structs: []Nested{}, Pointer: new(uint32)},
		{
			Fixed: Fixed{
				true, -1, -2, -3, -4, 1, 2, 3, 4, -5, 5, 1.5, -2.25, [4]uint8{1, 2, 3, 4}, [3]int16{-1, 0, 1},
			},
			Text: "héllo, мир, 世界, 🌍", Blob: Hex{0x0a, 0x0b}, Slice: []uint16{1, 2, 3},
			Structs: []Nested{{1, "one"}, {2, ""}}, Inner: Nested{9, "nested"}, Pointer: &seven,
		},
		{
			Fixed: Fixed{
				true, math.MaxInt8, math.MaxInt16, math.MaxInt32, math.MaxInt64, math.MaxUint8, math.MaxUint16, math.MaxUint32, math.MaxUint64,
				math.MinInt64, math.MaxUint64, math.MaxFloat32, math.SmallestNonzeroFloat64, [4]uint8{255, 255, 255, 255}, [3]int16{math.MinInt16, math.MaxInt16, -1},
			},
			Text: string(make([]byte, 300)), Blob: make(Hex, 7000), Slice: make([]uint16, 7000),
			Structs: make([]Nested, 1000), Inner: Nested{255, "\x00"}, Pointer: &most,
		},
		{
			Fixed: Fixed{
				false, math.MinInt8, math.MinInt16, math.MinInt32, math.MinInt64, 0, 0, 0, 1 << 53, 1<<53 + 1, 1 << 63,
				-math.SmallestNonzeroFloat32, -math.MaxFloat64, [4]uint8{}, [3]int16{},
			},
			Blob: Hex{0}, Slice: []uint16{math.MaxUint16}, Structs: []Nested{{}}, Pointer: &seven,
		},
	}
}

// serialize reports our records with their bytes, then those of the job as they were read.
func serialize(report *Report, decode []Hex) error {
	for _, record := range records() {
		b, err := record.Marshal()
		if err != nil {
			return err
		}
		report.Serialized = append(report.Serialized, record)
		report.Bytes = append(report.Bytes, b)
	}
	for _, b := range decode {
		record, err := ParseRecord(b)
		if err != nil {
			return err
		}
		report.Serialized = append(report.Serialized, record)
	}
	return nil
}
