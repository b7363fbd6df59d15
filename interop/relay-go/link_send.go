package main

import (
	"errors"
	"fmt"
	"slices"
)

// codeError is a code of "Reset and stop", and who said it.
type codeError struct {
	what string
	code uint32
}

func (e *codeError) Error() string { return fmt.Sprintf("%s %d", e.what, e.code) }

var errServed = errors.New("goaway: nothing more may begin")

// OutPacket is a packet that we send.
type OutPacket struct {
	link   *Link
	nonce  uint32
	frame  uint32
	buffer []byte
	credit int64
	sent   int64
	ending bool // all content is in the buffer
	over   bool
	err    error
	cheat  bool // minds no credit
}

// begin queues a packet; it has a nonce once its first frame goes.
func (l *Link) begin() *OutPacket {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := &OutPacket{link: l, credit: int64(l.theirs.Window)}
	l.queue = append(l.queue, out)
	return out
}

// Write blocks until the bytes have gone into frames.
func (p *OutPacket) Write(content []byte) (int, error) {
	l := p.link
	l.mu.Lock()
	defer l.mu.Unlock()
	if p.err != nil {
		return 0, p.err
	}
	p.buffer = append(p.buffer, content...)
	l.change.Broadcast()
	if err := l.wait(func() bool { return len(p.buffer) > 0 && p.err == nil }); err != nil {
		return 0, err
	}
	return len(content), p.err
}

// Close ends the packet and waits until that has gone.
func (p *OutPacket) Close() error {
	l := p.link
	l.mu.Lock()
	defer l.mu.Unlock()
	p.ending = true
	l.change.Broadcast()
	if err := l.wait(func() bool { return !p.over && p.err == nil }); err != nil {
		return err
	}
	return p.err
}

// Send is a packet whose last content goes with its end.
func (p *OutPacket) Send(content []byte) error {
	l := p.link
	l.mu.Lock()
	p.buffer = append(p.buffer, content...)
	l.mu.Unlock()
	return p.Close()
}

// Reset breaks the packet off.
func (p *OutPacket) Reset(code uint32) {
	p.link.mu.Lock()
	defer p.link.mu.Unlock()
	p.link.resetOut(p, &codeError{"own reset", code})
}

// resetOut drops what has not gone, and says so once.
func (l *Link) resetOut(out *OutPacket, err *codeError) {
	if out.over || out.err != nil {
		return
	}
	out.err, out.buffer = err, nil
	if out.nonce == 0 {
		l.queue = slices.DeleteFunc(l.queue, func(each *OutPacket) bool { return each == out })
		return
	}
	l.forget(out)
	l.say(typeReset, out.nonce, err.code)
}

func (l *Link) forget(out *OutPacket) {
	delete(l.outs, out.nonce)
	l.turns = slices.DeleteFunc(l.turns, func(each *OutPacket) bool { return each == out })
	l.change.Broadcast()
}

// writeLoop seals and writes one frame after another: Control first, then packets in turn.
func (l *Link) writeLoop() {
	for {
		frame, err := l.nextFrame()
		if err == nil && frame != nil {
			_, err = l.connection.Write(frame)
		}
		if err != nil {
			l.fail(err)
			return
		}
		if frame == nil {
			l.closeWrite()
			return
		}
	}
}

func (l *Link) closeWrite() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if half, ok := l.connection.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
	if l.ended {
		l.failLocked(errEnded)
	}
	l.change.Broadcast()
}

// nextFrame waits for something to send; nothing is the end of our direction.
func (l *Link) nextFrame() ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		switch {
		case l.err != nil:
			return nil, l.err
		case len(l.control) > 0 || l.rekeyNow || l.seal.due():
			return l.controlFrame(), nil
		}
		if out := l.nextOut(); out != nil {
			return l.dataFrame(out), nil
		}
		if l.finishing && len(l.queue) == 0 && len(l.turns) == 0 {
			if !l.saidGoaway {
				l.say(typeGoaway, allServed, 0)
				l.saidGoaway = true
				continue
			}
			if l.noMore && len(l.ins) == 0 {
				return nil, nil
			}
		}
		l.change.Wait()
	}
}

// controlFrame holds what is queued; a goaway that records followed is said again.
func (l *Link) controlFrame() []byte {
	var content []byte
	l.saidGoaway = false
	for _, each := range l.control {
		content = each.append(content)
		l.saidGoaway = each.kind == typeGoaway && each.packet == allServed && l.finishing
	}
	l.control = nil
	rekey := l.rekeyNow || l.seal.due()
	if rekey {
		content = record{typeRekey, 0, 0}.append(content)
		l.rekeyNow, l.saidGoaway = false, false
		l.rekeys++
	}
	l.controlNonce++
	frame := l.seal.seal(frameHeader{frame: l.controlNonce}, content)
	if rekey {
		l.seal.rekey()
	}
	return frame
}

// nextOut is the next packet that may send: those that have begun in turn, then the first of those that wait.
func (l *Link) nextOut() *OutPacket {
	for at, out := range l.turns {
		if out.ready() {
			l.turns = append(slices.Delete(l.turns, at, at+1), out)
			return out
		}
	}
	if len(l.queue) == 0 || !l.queue[0].ready() {
		return nil
	}
	out := l.queue[0]
	if l.noMore {
		out.err, l.queue = errServed, l.queue[1:]
		l.change.Broadcast()
		return nil
	}
	if l.mayBegin <= 0 && !l.cheatBegin {
		return nil
	}
	l.mayBegin--
	l.queue = l.queue[1:]
	l.lastOut++
	out.nonce = l.lastOut
	l.outs[out.nonce] = out
	l.turns = append(l.turns, out)
	return out
}

func (p *OutPacket) ready() bool {
	return len(p.buffer) > 0 && (p.credit > 0 || p.cheat) || p.ending && len(p.buffer) == 0
}

// dataFrame cuts no frame larger than a quarter of the window ("Credit").
func (l *Link) dataFrame(out *OutPacket) []byte {
	most := min(l.frameSize, int(l.theirs.Window/4))
	if out.cheat {
		most = l.frameSize
	} else {
		most = int(min(int64(most), out.credit))
	}
	content := out.buffer[:min(most, len(out.buffer))]
	out.buffer = out.buffer[len(content):]
	out.credit -= int64(len(content))
	out.sent += int64(len(content))
	out.frame++
	last := out.ending && len(out.buffer) == 0
	if last {
		out.over = true
		l.forget(out)
		l.rekeyNow = l.rekeyEvery > 0 && int(l.lastOut)%l.rekeyEvery == 0
	}
	l.change.Broadcast()
	return l.seal.seal(frameHeader{frame: out.frame, packet: out.nonce, terminating: last}, content)
}
