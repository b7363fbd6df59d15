package main

import "encoding/binary"

// Records of Control ("The hardened hop": Control).
const (
	recordSize = 9
	typeCredit = 1
	typeReset  = 2
	typeStop   = 3
	typePing   = 4
	typePong   = 5
	typeGoaway = 6
	typeRekey  = 7
)

const allServed = 1<<32 - 1

type record struct {
	kind          byte
	packet, value uint32
}

func (r record) append(to []byte) []byte {
	to = append(to, r.kind)
	to = binary.BigEndian.AppendUint32(to, r.packet)
	return binary.BigEndian.AppendUint32(to, r.value)
}

// say queues a record.
func (l *Link) say(kind byte, packet, value uint32) {
	l.control = append(l.control, record{kind, packet, value})
	l.change.Broadcast()
}

func (l *Link) takeControl(h frameHeader, content []byte) error {
	l.theirControl++
	if h.frame != l.theirControl || h.terminating {
		return fatal("control out of order")
	}
	if len(content) == 0 || len(content)%recordSize != 0 {
		return fatal("control of %d bytes", len(content))
	}
	for ; len(content) > 0; content = content[recordSize:] {
		r := record{content[0], binary.BigEndian.Uint32(content[1:]), binary.BigEndian.Uint32(content[5:])}
		if err := l.takeRecord(r, len(content) == recordSize); err != nil {
			return err
		}
	}
	return nil
}

func (l *Link) takeRecord(r record, last bool) error {
	switch r.kind {
	case typeCredit:
		return l.takeCredit(r)
	case typeReset:
		if r.packet == 0 || r.packet > l.lastIn {
			return fatal("reset of a packet that never was")
		}
		if in := l.ins[r.packet]; in != nil {
			l.endIn(in, &codeError{"reset", r.value})
			in.buffer = nil
			l.giveBack(in)
		}
	case typeStop:
		if r.packet == 0 || r.packet > l.lastOut {
			return fatal("stop of a packet that never was")
		}
		if out := l.outs[r.packet]; out != nil {
			l.resetOut(out, &codeError{"stopped", r.value})
		}
	case typePing:
		l.say(typePong, 0, r.value)
	case typePong:
		if waiting := l.pings[r.value]; waiting != nil {
			close(waiting)
			delete(l.pings, r.value)
		}
	case typeGoaway:
		l.goaways = append(l.goaways, r.value)
		l.noMore = true
		l.passOver(r.packet)
	case typeRekey:
		if !last {
			return fatal("rekey is not the last record")
		}
		l.open.rekey()
	default:
		return fatal("a record of type %d", r.kind)
	}
	return nil
}

// passOver gives up the packets that they do not serve ("End": a goaway that comes early).
func (l *Link) passOver(last uint32) {
	for nonce, out := range l.outs {
		if nonce > last {
			out.err, out.buffer = errServed, nil
			l.forget(out)
		}
	}
}

func (l *Link) takeCredit(r record) error {
	l.creditRecords++
	if r.value == 0 {
		return fatal("credit of nothing")
	}
	if r.packet == 0 {
		if l.mayBegin += int64(r.value); l.mayBegin > 1<<31 {
			return fatal("too much credit")
		}
		return nil
	}
	if r.packet > l.lastOut {
		return fatal("credit of a packet that never was")
	}
	if out := l.outs[r.packet]; out != nil {
		if out.credit += int64(r.value); out.credit > 1<<31 {
			return fatal("too much credit")
		}
	}
	return nil
}

// ping waits for the answer ("Ping").
func (l *Link) ping() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.nextPing++
	answered, value := make(chan struct{}), l.nextPing
	l.pings[value] = answered
	l.say(typePing, 0, value)
	return l.wait(func() bool { return l.pings[value] != nil })
}

// goaway says that we serve no packets beyond those that have come ("End", early).
func (l *Link) goaway(code uint32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.say(typeGoaway, l.lastIn, code)
}
