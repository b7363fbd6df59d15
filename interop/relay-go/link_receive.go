package main

import "io"

// InPacket is a packet that comes.
type InPacket struct {
	link     *Link
	nonce    uint32
	frame    uint32
	buffer   []byte
	credit   int64 // bytes that may still come
	read     int64 // bytes that were read and not given back
	over     bool
	err      error // why it is over: io.EOF when it ended well
	returned bool  // the packet was given back
	stopping bool
}

func (l *Link) takeData(h frameHeader, content []byte) error {
	in := l.ins[h.packet]
	if h.packet == l.lastIn+1 {
		if l.mayCome--; l.mayCome < 0 {
			return fatal("more packets than may come")
		}
		l.lastIn++
		in = &InPacket{link: l, nonce: h.packet, credit: int64(l.ours.Window)}
		l.ins[h.packet] = in
		l.incoming <- in
	}
	if in == nil {
		return fatal("a frame of a packet that is not open")
	}
	if in.frame++; h.frame != in.frame {
		return fatal("a gap in frameNonce")
	}
	if len(content) == 0 && !h.terminating {
		return fatal("an empty frame")
	}
	if in.credit -= int64(len(content)); in.credit < 0 {
		return fatal("more than the credit")
	}
	if !in.stopping {
		in.buffer = append(in.buffer, content...)
	}
	if h.terminating {
		l.endIn(in, io.EOF)
		if in.stopping {
			l.giveBack(in)
		}
	}
	return nil
}

func (l *Link) endIn(in *InPacket, err error) {
	in.over, in.err = true, err
	delete(l.ins, in.nonce)
	l.change.Broadcast()
}

// giveBack gives a packet back that is over and read, at half of what could be under way ("Credit").
func (l *Link) giveBack(in *InPacket) {
	if !in.over || len(in.buffer) > 0 || in.returned {
		return
	}
	in.returned = true
	if l.overIn++; l.overIn*2 >= int64(l.ours.MaxPackets) {
		l.say(typeCredit, 0, uint32(l.overIn))
		l.mayCome += l.overIn
		l.overIn = 0
	}
}

// Read gives credit back when half of the window was read.
func (in *InPacket) Read(into []byte) (int, error) {
	l := in.link
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(in.buffer) == 0 && !in.over {
		if l.err != nil {
			return 0, l.err
		}
		l.change.Wait()
	}
	if len(in.buffer) == 0 {
		l.giveBack(in)
		return 0, in.err
	}
	n := copy(into, in.buffer)
	in.buffer = in.buffer[n:]
	if in.read += int64(n); in.read*2 >= int64(l.ours.Window) && !in.over {
		l.say(typeCredit, in.nonce, uint32(in.read))
		in.credit += in.read
		in.read = 0
	}
	l.giveBack(in)
	return n, nil
}

// Stop says that no more is wanted ("Reset and stop").
func (in *InPacket) Stop(code uint32) {
	l := in.link
	l.mu.Lock()
	defer l.mu.Unlock()
	in.buffer = nil
	if in.over {
		l.giveBack(in)
		return
	}
	if !in.stopping {
		in.stopping = true
		l.say(typeStop, in.nonce, code)
	}
}
