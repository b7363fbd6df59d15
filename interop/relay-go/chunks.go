package main

import (
	"bufio"
	"compress/zlib"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"io"
)

// maxChunk is the most plaintext of a chunk ("Session", "Mail").
const maxChunk = 65536

var errRefused = errors.New("refused")

// chunkKey seals or opens chunks: the key, and what follows the final byte in the additional data.
type chunkKey struct {
	aead       cipher.AEAD
	additional []byte
}

func (k chunkKey) nonce(index uint32) []byte {
	return binary.BigEndian.AppendUint32(make([]byte, 8), index)
}

func (k chunkKey) with(final byte) []byte { return append([]byte{final}, k.additional...) }

// chunkWriter cuts what is written into chunks.
type chunkWriter struct {
	to     io.Writer
	key    chunkKey
	index  uint32
	buffer []byte
}

func (w *chunkWriter) Write(content []byte) (int, error) {
	w.buffer = append(w.buffer, content...)
	for len(w.buffer) > maxChunk { // a full one waits: it may be the last
		if err := w.seal(0, w.buffer[:maxChunk]); err != nil {
			return 0, err
		}
		w.buffer = append([]byte{}, w.buffer[maxChunk:]...)
	}
	return len(content), nil
}

func (w *chunkWriter) seal(final byte, plain []byte) error {
	sealed := w.key.aead.Seal(nil, w.key.nonce(w.index), plain, w.key.with(final))
	w.index++
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(sealed)))
	_, err := w.to.Write(append(append(chunk, final), sealed...))
	return err
}

// Flush sends what there is.
func (w *chunkWriter) Flush() error {
	if len(w.buffer) == 0 {
		return nil
	}
	plain := w.buffer
	w.buffer = nil
	return w.seal(0, plain)
}

// Close writes the final chunk.
func (w *chunkWriter) Close() error { return w.seal(1, w.buffer) }

// chunkReader opens chunks until the final one, which nothing may follow.
type chunkReader struct {
	from  io.Reader
	key   chunkKey
	index uint32
	plain []byte
	final bool
	first func() error // once the first chunk has opened
}

func (r *chunkReader) Read(into []byte) (int, error) {
	for len(r.plain) == 0 {
		if r.final {
			return 0, io.EOF
		}
		if err := r.next(); err != nil {
			return 0, err
		}
	}
	n := copy(into, r.plain)
	r.plain = r.plain[n:]
	return n, nil
}

func (r *chunkReader) next() error {
	head := make([]byte, 5)
	if _, err := io.ReadFull(r.from, head); err != nil {
		return cut(err)
	}
	size := binary.BigEndian.Uint32(head)
	if size < tagSize || size > maxChunk+tagSize || head[4] > 1 {
		return errors.Join(errRefused, errors.New("the head of a chunk"))
	}
	sealed := make([]byte, size)
	if _, err := io.ReadFull(r.from, sealed); err != nil {
		return cut(err)
	}
	plain, err := r.key.aead.Open(nil, r.key.nonce(r.index), sealed, r.key.with(head[4]))
	if err != nil {
		return errors.Join(errRefused, errors.New("a chunk does not open"))
	}
	if r.index == 0 && r.first != nil {
		if err := r.first(); err != nil {
			return err
		}
	}
	r.index++
	r.plain, r.final = plain, head[4] == 1
	if r.final {
		if n, err := io.ReadFull(r.from, make([]byte, 1)); n > 0 {
			return errors.Join(errRefused, errors.New("bytes after the final chunk"))
		} else if !errors.Is(err, io.EOF) {
			return err
		}
	}
	return nil
}

// cut tells a packet that ended too early from one that was reset.
func cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.Join(errRefused, errors.New("cut"))
	}
	return err
}

// messageWriter is the zlib stream of a message in chunks.
type messageWriter struct {
	chunks *chunkWriter
	zlib   *zlib.Writer
}

func newMessageWriter(to io.Writer, key chunkKey) *messageWriter {
	chunks := &chunkWriter{to: to, key: key}
	return &messageWriter{chunks, zlib.NewWriter(chunks)}
}

func (w *messageWriter) Write(content []byte) (int, error) { return w.zlib.Write(content) }

func (w *messageWriter) Flush() error {
	if err := w.zlib.Flush(); err != nil {
		return err
	}
	return w.chunks.Flush()
}

func (w *messageWriter) Close() error {
	if err := w.zlib.Close(); err != nil {
		return err
	}
	return w.chunks.Close()
}

// messageReader is what was in the one zlib stream that the chunks hold.
type messageReader struct {
	plain *bufio.Reader
	zlib  io.ReadCloser
	over  error
}

func newMessageReader(chunks *chunkReader) *messageReader {
	return &messageReader{plain: bufio.NewReaderSize(chunks, 4096)}
}

func (r *messageReader) Read(into []byte) (n int, err error) {
	if r.over != nil {
		return 0, r.over
	}
	if r.zlib == nil {
		if r.zlib, err = zlib.NewReader(r.plain); err != nil {
			return 0, r.fail(err)
		}
	}
	n, err = r.zlib.Read(into)
	if errors.Is(err, io.EOF) {
		return n, r.fail(r.end())
	}
	if err != nil {
		return n, r.fail(err)
	}
	return n, nil
}

// end holds when the chunks end with the zlib stream.
func (r *messageReader) end() error {
	if _, err := r.plain.ReadByte(); err == nil {
		return errors.Join(errRefused, errors.New("bytes after the zlib stream"))
	} else {
		return err
	}
}

func (r *messageReader) fail(err error) error {
	if errors.Is(err, zlib.ErrHeader) || errors.Is(err, zlib.ErrChecksum) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.Join(errRefused, err)
	}
	r.over = err
	return err
}
