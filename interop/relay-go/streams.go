package main

import (
	"errors"
	"fmt"
	"io"
	"time"
)

// What a message of kind 2^63 + 7 begins with ("Live streams").
const (
	streamOpen   = 1
	streamAnswer = 2
)

// Stream is a live stream: a message of a session in each direction.
type Stream struct {
	id       Name
	peer     ID
	kind     uint64
	out      *OutPacket
	writer   *messageWriter
	in       *InPacket
	reader   io.Reader
	answered chan struct{}
}

// takeStream reads the head of a message of a stream.
func (c *Client) takeStream(route Route, in *InPacket) {
	reader, err := c.unseal(route, in)
	if err != nil {
		in.Stop(1)
		return
	}
	head := make([]byte, 9)
	if _, err := io.ReadFull(reader, head); err != nil {
		in.Stop(1)
		return
	}
	id := Name(head[1:])
	switch head[0] {
	case streamOpen:
		kind := make([]byte, 8)
		if _, err := io.ReadFull(reader, kind); err != nil {
			in.Stop(1)
			return
		}
		s := &Stream{id: id, peer: route.Source, kind: (&fields{rest: kind}).u64(), in: in, reader: reader}
		c.note(func() { c.opened = append(c.opened, s) })
	case streamAnswer:
		c.mu.Lock()
		s := c.streams[id]
		delete(c.streams, id)
		c.mu.Unlock()
		if s == nil || s.peer != route.Source {
			in.Stop(0)
			return
		}
		s.in, s.reader = in, reader
		close(s.answered)
	default:
		in.Stop(1)
	}
}

// openStream sends the head at once and waits until the stream is accepted.
func (c *Client) openStream(to ID, kind uint64) (*Stream, error) {
	s := &Stream{id: newStreamID(), peer: to, kind: kind, answered: make(chan struct{})}
	c.note(func() { c.streams[s.id] = s })
	head := (&writer{}).u8(streamOpen).raw(s.id[:]).u64(kind).bytes
	if err := c.sendHead(s, head); err != nil {
		return nil, err
	}
	select {
	case <-s.answered:
		return s, nil
	case err := <-s.out.failure():
		return nil, err
	case <-time.After(waitLimit):
		return nil, errors.New("late: the answer to a stream")
	}
}

func (c *Client) sendHead(s *Stream, head []byte) (err error) {
	if s.writer, s.out, err = c.seal(s.peer, kindStream); err != nil {
		return err
	}
	if _, err = s.writer.Write(head); err != nil {
		return err
	}
	return s.writer.Flush()
}

// failure tells when the packet is broken off.
func (p *OutPacket) failure() <-chan error {
	told := make(chan error, 1)
	go func() {
		l := p.link
		l.mu.Lock()
		defer l.mu.Unlock()
		err := l.wait(func() bool { return !p.over && p.err == nil })
		if err == nil {
			err = p.err
		}
		if err != nil {
			told <- err
		}
	}()
	return told
}

// accept answers the next stream that somebody has opened.
func (c *Client) accept() (*Stream, error) {
	s, err := c.nextOpened()
	if err != nil {
		return nil, err
	}
	return s, c.sendHead(s, append([]byte{streamAnswer}, s.id[:]...))
}

func (c *Client) nextOpened() (s *Stream, err error) {
	err = c.await("a stream", func() bool {
		if s == nil && len(c.opened) > 0 {
			s, c.opened = c.opened[0], c.opened[1:]
		}
		return s == nil
	})
	return s, err
}

// Write sends a piece at once.
func (s *Stream) Write(content []byte) (int, error) {
	if _, err := s.writer.Write(content); err != nil {
		return 0, err
	}
	return len(content), s.writer.Flush()
}

// CloseWrite is the half-close: the end of our message.
func (s *Stream) CloseWrite() error {
	if err := s.writer.Close(); err != nil {
		return err
	}
	return s.out.Close()
}

// Abort breaks both directions off.
func (s *Stream) Abort(code uint32) {
	s.out.Reset(code)
	s.in.Stop(code)
}

// Exchanged is what became of one stream.
type Exchanged struct {
	Size  int64  `json:"size"`
	Sum   Hex    `json:"sha256"`
	Error string `json:"error,omitempty"`
	Write string `json:"write,omitempty"` // the error of our direction
}

// talk opens streams at once; each sends its content in pieces, half-closes, and reads what comes to its end.
func (c *Client) talk(step *Step) (any, error) {
	results := make([]Exchanged, max(step.Count, 1))
	var all group
	for at := range results {
		all.run(func() { results[at] = c.talkOne(step, at) })
	}
	all.Wait()
	return results, nil
}

func (c *Client) talkOne(step *Step, at int) (r Exchanged) {
	s, err := c.openStream(step.To, step.Kind+uint64(at))
	if err != nil {
		r.Error = codeOf(err)
		return r
	}
	content := step.Content
	content.Seed += uint32(at)
	wrote := make(chan error, 1)
	go func() { wrote <- s.send(content.Bytes(), step) }()
	r.Size, r.Sum, err = digest(s.reader)
	r.Error, r.Write = codeOf(err), codeOf(<-wrote)
	return r
}

// pieces of a stream's content.
const piece = 20_000

func (s *Stream) send(content []byte, step *Step) error {
	for len(content) > 0 {
		n := min(piece, len(content))
		if _, err := s.Write(content[:n]); err != nil {
			return err
		}
		content = content[n:]
	}
	if step.Mode == "abort" {
		s.Abort(step.Code)
		return nil
	}
	return s.CloseWrite()
}

// serve accepts streams, and does with each what the mode says.
func (c *Client) serve(step *Step) (any, error) {
	results := make([]Exchanged, max(step.Count, 1))
	kinds := make([]string, len(results))
	var all group
	defer all.Wait()
	for at := range results {
		if step.Mode == "refuse" {
			s, err := c.nextOpened()
			if err != nil {
				return results, err
			}
			s.in.Stop(step.Code)
			continue
		}
		s, err := c.accept()
		if err != nil {
			return results, err
		}
		kinds[at] = fmt.Sprint(s.kind)
		all.run(func() { results[at] = c.serveOne(s, step) })
	}
	all.Wait()
	return map[string]any{"streams": results, "kinds": kinds}, nil
}

func (c *Client) serveOne(s *Stream, step *Step) (r Exchanged) {
	var err, write error
	switch step.Mode {
	case "abort":
		_, first := io.ReadFull(s.reader, make([]byte, 1)) // so that the answer has come before the reset, which may overtake it
		s.Abort(step.Code)
		_, _, err = digest(s.reader)
		write = first
	case "after": // reads to the end first, then sends: half-close
		r.Size, r.Sum, err = digest(s.reader)
		write = s.send(step.Content.Bytes(), &Step{})
	case "stalled": // reads only once the link has shown that it goes on
		if write = c.link.ping(); write == nil {
			write = c.await("a message", func() bool { return len(c.messages) == 0 })
		}
		r.Size, r.Sum, err = digest(s.reader)
		write = errors.Join(write, s.CloseWrite())
	case "leave": // stops their direction once something came, ends its own
		_, err = io.ReadFull(s.reader, make([]byte, 1))
		s.in.Stop(step.Code)
		write = s.send(step.Content.Bytes(), &Step{})
	default: // echo
		sum := newSum()
		_, err = io.Copy(io.MultiWriter(s, sum), s.reader)
		r.Size, r.Sum = sum.count, sum.Sum(nil)
		if err == nil {
			write = s.CloseWrite()
		}
	}
	r.Error, r.Write = codeOf(err), codeOf(write)
	return r
}
