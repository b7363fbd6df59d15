package main

import (
	"bufio"
	"errors"
	"io"
	"net"
	"sync"
)

var errEnded = errors.New("the link has ended")

// Link is one hardened hop after its handshake: sealed frames, Control, packets ("The hardened hop").
type Link struct {
	connection   net.Conn
	reader       *bufio.Reader
	seal, open   *hopCipher
	ours, theirs Offer

	mu     sync.Mutex
	change *sync.Cond
	gone   chan struct{} // closed when it is over
	err    error         // why the link is over; errEnded when it ended well
	ended  bool          // their direction
	closed bool          // our direction

	// What we send.
	control       []record
	controlNonce  uint32
	lastOut       uint32
	mayBegin      int64
	queue         []*OutPacket // that have not begun, in order
	outs          map[uint32]*OutPacket
	turns         []*OutPacket // that have begun and are not over
	goaways       []uint32     // codes they said
	noMore        bool         // they said goaway: we begin nothing
	finishing     bool         // we begin nothing more, and end when what there is is over
	saidGoaway    bool         // and nothing after it
	cheatBegin    bool         // begins more than it may
	rekeyNow      bool
	rekeyEvery    int
	rekeys        int
	frameSize     int
	pings         map[uint32]chan struct{}
	nextPing      uint32
	creditRecords int

	// What we receive.
	theirControl uint32
	lastIn       uint32
	mayCome      int64 // packets
	overIn       int64 // packets that are over and were not given back
	ins          map[uint32]*InPacket
	incoming     chan *InPacket
}

func newLink(connection net.Conn, reader *bufio.Reader, ours, theirs Offer, sent, received uint32) *Link {
	l := &Link{
		connection: connection, reader: reader, ours: ours, theirs: theirs,
		controlNonce: sent, theirControl: received,
		mayBegin: int64(theirs.MaxPackets), mayCome: int64(ours.MaxPackets),
		outs: map[uint32]*OutPacket{}, ins: map[uint32]*InPacket{}, pings: map[uint32]chan struct{}{},
		frameSize: 1 << 16, gone: make(chan struct{}),
		incoming: make(chan *InPacket, 1<<16+1),
	}
	l.change = sync.NewCond(&l.mu)
	return l
}

func (l *Link) start() {
	go l.writeLoop()
	go l.readLoop()
}

// fail ends the link with an error, and all that is under way.
func (l *Link) fail(err error) {
	l.mu.Lock()
	l.failLocked(err)
	l.mu.Unlock()
}

func (l *Link) failLocked(err error) {
	if l.err == nil {
		l.err = err
		close(l.gone)
		l.change.Broadcast()
		l.connection.Close()
	}
}

// readLoop reads frames until the link is over.
func (l *Link) readLoop() {
	defer close(l.incoming)
	for {
		h, raw, sealed, err := readFrame(l.reader)
		if err != nil {
			l.mu.Lock()
			l.endLocked(err)
			l.mu.Unlock()
			return
		}
		if err = l.take(h, raw, sealed); err != nil {
			l.fail(err)
			return
		}
	}
}

func (l *Link) take(h frameHeader, raw, sealed []byte) error {
	if !h.encrypted || len(sealed) < tagSize {
		return fatal("a frame that is not sealed")
	}
	content, err := l.open.open(h, raw, sealed)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.change.Broadcast()
	if h.packet == 0 {
		return l.takeControl(h, content)
	}
	return l.takeData(h, content)
}

// endLocked judges how their direction ended: without goaway it is an error ("End").
func (l *Link) endLocked(err error) {
	whole := errors.Is(err, io.EOF) && l.noMore && len(l.ins) == 0 && len(l.turns) == 0
	switch {
	case !whole && errors.Is(err, io.EOF):
		l.failLocked(errors.New("the link was cut"))
	case !whole:
		l.failLocked(err)
	case l.closed:
		l.failLocked(errEnded)
	}
	l.ended = true
	l.change.Broadcast()
}

// wait blocks while the condition holds and the link lives. The lock is held.
func (l *Link) wait(condition func() bool) error {
	for condition() {
		if l.err != nil {
			return l.err
		}
		l.change.Wait()
	}
	return nil
}

// finish ends our direction when all that is under way is over, and waits for theirs ("End").
func (l *Link) finish() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.finishing = true
	l.change.Broadcast()
	for l.err == nil {
		l.change.Wait()
	}
	if errors.Is(l.err, errEnded) {
		return nil
	}
	return l.err
}

// over waits for the end of the link, whatever it is.
func (l *Link) over() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.err == nil && !l.ended {
		l.change.Wait()
	}
	return l.err
}
