package main

import (
	"bufio"
	"compress/zlib"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io"
)

const (
	chunkSize     = 65536
	baseNonceSize = 8
)

// ChunkWriter seals what is written to it as the chunks of a session body (nova.md, "Session").
type ChunkWriter struct {
	w     io.Writer
	aead  cipher.AEAD
	base  []byte
	index uint32
	held  []byte
}

// NewChunkWriter draws a base nonce and writes it.
func NewChunkWriter(w io.Writer, key []byte) (*ChunkWriter, error) {
	aead, err := newGCM(key)
	if err != nil {
		return nil, err
	}
	base := make([]byte, baseNonceSize)
	_, _ = rand.Read(base)
	_, err = w.Write(base)
	return &ChunkWriter{w: w, aead: aead, base: base}, err
}

func (c *ChunkWriter) Write(data []byte) (int, error) {
	for rest := data; len(rest) > 0; {
		if len(c.held) == chunkSize {
			if err := c.Flush(); err != nil {
				return 0, err
			}
		}
		n := min(len(rest), chunkSize-len(c.held))
		c.held, rest = append(c.held, rest[:n]...), rest[n:]
	}
	return len(data), nil
}

// Flush sends what is held as a chunk that is not the last.
func (c *ChunkWriter) Flush() error { return c.chunk(0) }

// Close sends the final chunk, which may be empty.
func (c *ChunkWriter) Close() error { return c.chunk(1) }

func (c *ChunkWriter) chunk(final byte) error {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(c.held)+tagSize))
	out = c.aead.Seal(append(out, final), chunkNonce(c.base, c.index), c.held, []byte{final})
	c.index++
	c.held = c.held[:0]
	_, err := c.w.Write(out)
	return err
}

// ChunkReader opens the chunks of a session body; its Read gives io.EOF after the final chunk.
type ChunkReader struct {
	r     io.Reader
	aead  cipher.AEAD
	base  []byte
	index uint32
	final bool
	held  []byte
}

func (c *ChunkReader) Read(p []byte) (int, error) {
	for len(c.held) == 0 {
		if c.final {
			return 0, io.EOF
		}
		if err := c.chunk(); err != nil {
			return 0, err
		}
	}
	n := copy(p, c.held)
	c.held = c.held[n:]
	return n, nil
}

func (c *ChunkReader) chunk() error {
	header := make([]byte, 5)
	if _, err := io.ReadFull(c.r, header[:1]); err != nil {
		return cut(err, "no-final", "the body ends without a final chunk")
	}
	if _, err := io.ReadFull(c.r, header[1:]); err != nil {
		return cut(err, "cut-chunk", "the body ends inside a chunk")
	}
	size := binary.BigEndian.Uint32(header)
	if size > chunkSize+tagSize || size < tagSize {
		return fault("chunk-size", "a chunk of %d bytes", size)
	}
	if header[4] > 1 {
		return fault("final-flag", "the final byte is %d", header[4])
	}
	sealed := make([]byte, size)
	if _, err := io.ReadFull(c.r, sealed); err != nil {
		return cut(err, "cut-chunk", "the body ends inside a chunk")
	}
	plain, err := c.aead.Open(nil, chunkNonce(c.base, c.index), sealed, header[4:])
	if err != nil {
		return fault("session-authentication", "chunk %d does not open", c.index)
	}
	c.index++
	c.held, c.final = plain, header[4] == 1
	if c.final {
		if n, _ := io.ReadFull(c.r, header[:1]); n > 0 {
			return fault("trailing", "bytes after the final chunk")
		}
	}
	return nil
}

// OpenSession writes the payload of a session body to w.
func OpenSession(w io.Writer, key []byte, body io.Reader) error {
	aead, err := newGCM(key)
	if err != nil {
		return err
	}
	base := make([]byte, baseNonceSize)
	if _, err := io.ReadFull(body, base); err != nil {
		if err == io.EOF {
			return fault("empty", "the body is empty")
		}
		return cut(err, "cut-nonce", "the body ends inside its base nonce")
	}
	chunks := bufio.NewReader(&ChunkReader{r: body, aead: aead, base: base})
	// zlib takes no more than its stream from a reader of bytes, so that what is left can be looked at.
	inflate, err := zlib.NewReader(chunks)
	if err == nil {
		_, err = io.Copy(w, inflate)
	}
	if err != nil {
		return zlibFault(err)
	}
	switch _, err := chunks.ReadByte(); {
	case err == nil:
		return fault("zlib-trailing", "bytes after the zlib stream")
	case !errors.Is(err, io.EOF):
		return err
	}
	return nil
}

// SessionWriter makes a session body of what is written to it.
type SessionWriter struct {
	*zlib.Writer
	chunks *ChunkWriter
}

// NewSessionWriter takes the level of zlib.
func NewSessionWriter(w io.Writer, key []byte, level int) (*SessionWriter, error) {
	chunks, err := NewChunkWriter(w, key)
	if err != nil {
		return nil, err
	}
	deflate, err := zlib.NewWriterLevel(chunks, level)
	return &SessionWriter{deflate, chunks}, err
}

// Flush makes what was written readable for the other side.
func (s *SessionWriter) Flush() error { return errors.Join(s.Writer.Flush(), s.chunks.Flush()) }

// Close ends the zlib stream and the body.
func (s *SessionWriter) Close() error { return errors.Join(s.Writer.Close(), s.chunks.Close()) }

func chunkNonce(base []byte, index uint32) []byte {
	return binary.BigEndian.AppendUint32(append(make([]byte, 0, 12), base...), index)
}

func cut(err error, code, text string) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fault(code, "%s", text)
	}
	return err
}

func zlibFault(err error) error {
	var f *Fault
	if errors.As(err, &f) {
		return err
	}
	return fault("zlib", "%v", err)
}
