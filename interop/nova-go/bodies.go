package main

import (
	"bytes"
	"compress/zlib"
	"io"
)

// body makes the body of a packet, as it is read where it is a session's.
func (r *runner) body(item Item) (io.Reader, error) {
	var head []byte
	if r.job.Layer != "packets" {
		head = item.Header.header().Marshal()
	}
	if item.Session == nil {
		return bytes.NewReader(append(head, item.Bytes()...)), nil
	}
	if name := item.Session.Broken; name != "" {
		body, err := Broken(name, r.sessionKey)
		return bytes.NewReader(append(head, body...)), err
	}
	level, messages, flush := zlib.DefaultCompression, []Content{item.Content}, item.Session.Messages != nil
	if item.Session.Level != nil {
		level = *item.Session.Level
	}
	if flush {
		messages = item.Session.Messages
	}
	return r.sealing(head, level, func(w *SessionWriter) error {
		for _, message := range messages {
			_, err := w.Write(message.Bytes())
			if err == nil && flush {
				err = w.Flush()
			}
			if err != nil {
				return err
			}
		}
		return w.Close()
	}), nil
}

// echoing makes a session body of what comes in, as it comes.
func (r *runner) echoing() io.Reader {
	return r.sealing(r.job.Echo.header().Marshal(), zlib.DefaultCompression, func(w *SessionWriter) error {
		buffer := make([]byte, chunkSize)
		for {
			n, err := r.echoed.Read(buffer)
			if err == io.EOF {
				return w.Close()
			}
			if err == nil {
				_, err = w.Write(buffer[:n])
			}
			if err == nil {
				err = w.Flush()
			}
			if err != nil {
				return err
			}
		}
	})
}

// sealing gives the body that write makes, as it is read.
func (r *runner) sealing(head []byte, level int, write func(*SessionWriter) error) io.Reader {
	reader, writer := io.Pipe()
	go func() {
		_, err := writer.Write(head)
		if err == nil {
			var session *SessionWriter
			if session, err = NewSessionWriter(writer, r.sessionKey, level); err == nil {
				err = write(session)
			}
		}
		writer.CloseWithError(err)
	}()
	return reader
}

// sendFrames writes frames as the job has them.
func (r *runner) sendFrames() error {
	for i, raw := range r.job.Frames {
		wire := r.rawFrame(raw)
		if i == len(r.job.Frames)-1 {
			wire = wire[:len(wire)-r.job.Cut]
		}
		for range raw.Repeat + 1 {
			if _, err := r.writer.W.Write(wire); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *runner) rawFrame(raw RawFrame) []byte {
	content := []byte(raw.Content)
	if raw.Size > 0 {
		content = Content{Size: raw.Size}.Bytes()
	}
	writer := r.writer
	if raw.Plain {
		writer.Key = nil
	}
	wire := writer.bytes(Header{FrameNonce: raw.FrameNonce, PacketNonce: raw.PacketNonce, Terminating: raw.Terminating}, content)
	if raw.Flip != nil {
		wire[*raw.Flip] ^= 1
	}
	copy(wire, raw.Header)
	return wire
}
