package main

import (
	"errors"
	"io"
)

// FrameWriter writes frames: plain ones before Key is set, sealed ones after.
type FrameWriter struct {
	W   io.Writer
	Key *HopKey
}

// Write sends one frame.
func (w *FrameWriter) Write(h Header, content []byte) error {
	_, err := w.W.Write(w.bytes(h, content))
	return err
}

func (w *FrameWriter) bytes(h Header, content []byte) []byte {
	if w.Key != nil {
		return w.Key.Seal(h, content)
	}
	h.ContentSize, h.Encrypted = uint32(len(content)), false
	return append(h.Marshal(), content...)
}

// FrameReader reads frames: plain ones before Key is set, sealed ones after.
type FrameReader struct {
	R   io.Reader
	Key *HopKey
}

// Frame is what FrameReader yields. Failed is the failure of this frame alone: its header is not to be believed.
type Frame struct {
	Header
	Content []byte
	Failed  error
}

// Next gives the next frame, io.EOF at an end between frames, or what is fatal to the connection.
func (r *FrameReader) Next() (Frame, error) {
	head := make([]byte, headerSize, headerSize+tagSize)
	if r.Key != nil && r.Key.obfs != nil {
		// Every sealed frame has at least its tag for content, and the mask needs so much of it.
		head = head[:headerSize+tagSize]
	}
	if _, err := io.ReadFull(r.R, head); err != nil {
		return Frame{}, truncated(err, io.EOF)
	}
	begun := head[headerSize:]
	if len(begun) > 0 {
		r.Key.mask(head[:headerSize], begun)
	}
	h, err := ParseHeader(head)
	if err != nil {
		return Frame{}, err
	}
	if int(h.ContentSize) < len(begun) {
		return Frame{}, fault("oversize", "an obfuscated frame has no tag")
	}
	content := make([]byte, h.ContentSize)
	if _, err := io.ReadFull(r.R, content[copy(content, begun):]); err != nil {
		return Frame{}, truncated(err, nil)
	}
	return r.open(h, content)
}

func (r *FrameReader) open(h Header, content []byte) (Frame, error) {
	switch {
	case r.Key == nil && !h.Encrypted:
		return Frame{Header: h, Content: content}, nil
	case r.Key == nil:
		return Frame{Header: h, Failed: fault("no-key", "an encrypted frame before a key")}, nil
	case !h.Encrypted:
		return Frame{}, fault("plaintext", "a plain frame after the key")
	}
	plain, err := r.Key.Open(h, content)
	return Frame{Header: h, Content: plain, Failed: err}, nil
}

// truncated names an end at the wrong place; clean is what an end before the first byte is (nil: also truncated).
func truncated(err, clean error) error {
	if clean != nil && errors.Is(err, io.EOF) {
		return clean
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fault("truncated", "the stream ended inside a frame")
	}
	return err
}
