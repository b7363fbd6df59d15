package main

import (
	"errors"
	"io"
	"math"
)

// Limits of nova.md, "Cipher" and "Packets".
const (
	windowSize    = 1024
	maxInFlight   = 1024
	maxFailures   = 16
	defaultFrame  = 64 << 10
	maxPlainFrame = maxFrame - headerSize - tagSize
)

// Outgoing is a packet to send. Nonce 0 takes the connection's next one.
type Outgoing struct {
	Nonce uint32
	Body  io.Reader
}

// Sender writes packets, a frame of each in turn while several are in flight.
type Sender struct {
	Frames    *FrameWriter
	FrameSize int // content bytes of a frame; 0: 64 KiB
	InFlight  int // packets in flight; 0: one
	last      uint32
}

type sending struct {
	Outgoing
	frames uint32
}

// Send writes all packets to their ends.
func (s *Sender) Send(packets []Outgoing) error {
	buffer := make([]byte, orElse(s.FrameSize, defaultFrame))
	var active []*sending
	for len(packets) > 0 || len(active) > 0 {
		for len(packets) > 0 && len(active) < orElse(s.InFlight, 1) {
			active = append(active, s.start(packets[0]))
			packets = packets[1:]
		}
		still := active[:0]
		for _, packet := range active {
			ended, err := s.frame(packet, buffer)
			if err != nil {
				return err
			}
			if !ended {
				still = append(still, packet)
			}
		}
		active = still
	}
	return nil
}

func (s *Sender) start(packet Outgoing) *sending {
	if packet.Nonce == 0 {
		s.last++
		packet.Nonce = s.last
	}
	return &sending{Outgoing: packet}
}

// frame writes one frame of a packet: what one read of its body gives, or the terminating one.
func (s *Sender) frame(packet *sending, buffer []byte) (ended bool, err error) {
	n, err := packet.Body.Read(buffer)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	if packet.frames == math.MaxUint32 {
		return false, fault("nonces", "packet %d has no frame nonce left", packet.Nonce)
	}
	if n == 0 && err == nil {
		return false, nil
	}
	packet.frames++
	h := Header{FrameNonce: packet.frames, PacketNonce: packet.Nonce, Terminating: n == 0}
	return n == 0, s.Frames.Write(h, buffer[:n])
}

// Receiver reads packets and hands each body to Start, on a goroutine of its own.
type Receiver struct {
	Frames   *FrameReader
	Start    func(packetNonce uint32, body io.Reader)
	Most     int // packets that were in flight together
	open     map[uint32]*incoming
	window   window
	failures int
}

type incoming struct {
	next uint32
	pipe *io.PipeWriter
}

// Run reads to the end of the stream; nil is an end between frames, which truncates the packets that are open.
func (r *Receiver) Run() error {
	r.open = map[uint32]*incoming{}
	for {
		frame, err := r.Frames.Next()
		if err == nil {
			err = r.take(frame)
		}
		if err == nil {
			continue
		}
		clean := errors.Is(err, io.EOF)
		if clean {
			err = fault("packet-truncated", "the stream ended before the packet did")
		}
		for _, packet := range r.open {
			packet.pipe.CloseWithError(err)
		}
		if clean {
			return nil
		}
		return err
	}
}

func (r *Receiver) take(frame Frame) error {
	if frame.Failed != nil {
		r.failures++
		r.end(frame.PacketNonce, frame.Failed)
		if r.failures == maxFailures {
			return fault("failures", "%d frames in a row did not open", maxFailures)
		}
		return nil
	}
	r.failures = 0
	if frame.PacketNonce == 0 {
		return fault("control", "a frame of packet 0 after the handshake")
	}
	if frame.FrameNonce == 1 {
		if !r.window.take(frame.PacketNonce) {
			r.end(frame.PacketNonce, fault("replay", "packet %d began before, or far too long ago", frame.PacketNonce))
			return nil
		}
		if len(r.open) == maxInFlight {
			return fault("in-flight", "more than %d packets in flight", maxInFlight)
		}
		body, pipe := io.Pipe()
		r.open[frame.PacketNonce] = &incoming{next: 1, pipe: pipe}
		r.Most = max(r.Most, len(r.open))
		r.Start(frame.PacketNonce, body)
	}
	packet := r.open[frame.PacketNonce]
	switch {
	case packet == nil: // the rest of a packet that has failed, or of one that never began
	case frame.FrameNonce != packet.next:
		r.end(frame.PacketNonce, fault("gap", "frame %d where %d was due", frame.FrameNonce, packet.next))
	case frame.Terminating && len(frame.Content) > 0:
		r.end(frame.PacketNonce, fault("terminating", "a terminating frame with content"))
	case frame.Terminating:
		r.end(frame.PacketNonce, nil)
	default:
		packet.next++
		_, _ = packet.pipe.Write(frame.Content) // a reader that is gone discards the rest
	}
	return nil
}

// end closes a packet that is open; with nil, well.
func (r *Receiver) end(nonce uint32, err error) {
	if packet := r.open[nonce]; packet != nil {
		packet.pipe.CloseWithError(err)
		delete(r.open, nonce)
	}
}

// window remembers the last 1,024 packet nonces.
type window struct {
	highest uint32
	seen    [windowSize]uint32
}

func (w *window) take(n uint32) bool {
	slot := &w.seen[n%windowSize]
	if *slot == n || (w.highest > n && w.highest-n >= windowSize) {
		return false
	}
	*slot = n
	w.highest = max(w.highest, n)
	return true
}

func orElse(value, otherwise int) int {
	if value == 0 {
		return otherwise
	}
	return value
}
