package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// keepOld is how long the keys before open messages ("Handshake between peers").
const keepOld = 5 * time.Minute

// Peer is what we have with one other identity: a handshake under way, and keys.
type Peer struct {
	mu        sync.Mutex
	change    *sync.Cond
	id        ID
	remote    *Remote
	sealing   *directionKey
	next      *directionKey // of who sent the last message, until one has opened under the keys
	nextOpens Name
	opening   []*directionKey
	handshake *Handshake
	attempt   Name
	pattern   string // of the last handshake that was done
	initiator bool
	err       error
}

func (c *Client) peer(id ID) *Peer {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.peers[id] == nil {
		peer := &Peer{id: id}
		peer.change = sync.NewCond(&peer.mu)
		c.peers[id] = peer
	}
	return c.peers[id]
}

func peerPrologue(initiator, responder ID) []byte {
	return append(append([]byte("hushwire/peer/1"), initiator[:]...), responder[:]...)
}

// greet does a handshake as initiator: XX, or IK with their static key, which lookup gives. It is done when the other
// side is sure to have the keys.
func (c *Client) greet(id ID, pattern string, static []byte) error {
	p := c.peer(id)
	p.mu.Lock()
	defer p.mu.Unlock()
	handshake, err := newHandshake(pattern, true, c.me, peerPrologue(c.me.ID, id), static, c.link.ours)
	if err != nil {
		return err
	}
	p.handshake, p.err = handshake, nil
	_, _ = rand.Read(p.attempt[:])
	if err := c.sayStep(p); err != nil {
		return err
	}
	return c.waitPeer(p, func() bool { return (p.handshake != nil || p.next != nil) && p.err == nil })
}

// waitPeer waits while the condition holds. The peer's lock is held.
func (c *Client) waitPeer(p *Peer, condition func() bool) error {
	stop := time.AfterFunc(waitLimit, func() {
		p.mu.Lock()
		p.err = errors.New("no handshake in time")
		p.change.Broadcast()
		p.mu.Unlock()
	})
	defer stop.Stop()
	for condition() {
		p.change.Wait()
	}
	return p.err
}

// sayStep sends our next message, after the prefix of step and attempt.
func (c *Client) sayStep(p *Peer) error {
	message, err := p.handshake.write()
	if err != nil {
		return err
	}
	body := append(append([]byte{byte(p.handshake.next)}, p.attempt[:]...), message...)
	return c.link.begin().Send(append(Route{p.id, c.me.ID, kindHandshake}.bytes(), body...))
}

// takeStep takes a message of kind 2^63 + 1. One that does not fit is passed over.
func (c *Client) takeStep(from ID, body []byte) {
	if len(body) < 9 {
		return
	}
	p := c.peer(from)
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.change.Broadcast()
	step, attempt, message := body[0], Name(body[1:9]), body[9:]
	if step == 0 {
		p.declined(attempt)
		return
	}
	if step == 1 && !c.answers(p, attempt, message) {
		return
	}
	if p.handshake == nil || attempt != p.attempt {
		c.decline(p, step, attempt)
		return
	}
	if int(step) != p.handshake.next+1 {
		return
	}
	if err := c.step(p, message); err != nil {
		p.handshake, p.err = nil, err
		c.decline(p, step, attempt)
	}
}

// decline says that nothing comes of an initiator's message behind the first one.
func (c *Client) decline(p *Peer, step byte, attempt Name) {
	if step > 1 && step%2 == 1 {
		_ = c.link.begin().Send(append(append(Route{p.id, c.me.ID, kindHandshake}.bytes(), 0), attempt[:]...))
	}
}

// declined ends our attempt, unless it is confirmed already or gave way to one of theirs.
func (p *Peer) declined(attempt Name) {
	waits := p.handshake != nil && p.handshake.initiator || p.handshake == nil && p.next != nil && p.initiator
	if waits && attempt == p.attempt {
		p.handshake, p.next, p.err = nil, nil, errors.New("the other side has declined")
	}
}

// answers makes the handshake that a step 1 is answered with, where it is to be answered.
func (c *Client) answers(p *Peer, attempt Name, message []byte) bool {
	if attempt == p.attempt {
		return false
	}
	if p.handshake != nil && p.handshake.initiator && bytes.Compare(c.me.ID[:], p.id[:]) < 0 {
		return false // both began: the lower id stays the initiator
	}
	pattern := "XX"
	switch len(message) {
	case firstOfXX:
	case firstOfIK:
		pattern = "IK"
	default:
		return false
	}
	handshake, err := newHandshake(pattern, false, c.me, peerPrologue(p.id, c.me.ID), nil, c.link.ours)
	if err != nil {
		return false
	}
	p.handshake, p.attempt, p.err = handshake, attempt, nil
	return true
}

func (c *Client) step(p *Peer, message []byte) error {
	h := p.handshake
	if err := h.read(message); err != nil {
		return err
	}
	if h.remote != nil && h.remote.ID != p.id {
		return errors.New("the proof is another peer's")
	}
	if !h.done() {
		if err := c.sayStep(p); err != nil {
			return err
		}
	}
	if !h.done() {
		return nil
	}
	p.keys(h)
	if h.heardLast() {
		return c.confirm(p)
	}
	return nil
}

// keys takes the new ones; the old ones open a while yet.
func (p *Peer) keys(h *Handshake) {
	for _, old := range p.opening {
		time.AfterFunc(keepOld, func() { p.forget(old) })
	}
	sealing, opening := newDirectionKey(h.sealKey()), newDirectionKey(h.openKey())
	p.opening = append(p.opening, opening)
	if h.heardLast() {
		p.sealing, p.next = sealing, nil
	} else {
		p.next, p.nextOpens = sealing, opening.id
	}
	p.remote, p.pattern, p.initiator, p.handshake = h.remote, h.pattern, h.initiator, nil
}

func (p *Peer) forget(old *directionKey) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.opening = slices.DeleteFunc(p.opening, func(each *directionKey) bool { return each == old })
}

// confirm is the empty message of kind 2^63 + 4.
func (c *Client) confirm(p *Peer) error {
	out := c.link.begin()
	message, err := p.sealing.write(out, Route{p.id, c.me.ID, kindConfirm})
	if err != nil {
		return err
	}
	if err := message.Close(); err != nil {
		return err
	}
	return out.Close()
}

// seal begins a message to a peer whose keys we have.
func (c *Client) seal(id ID, kind uint64) (*messageWriter, *OutPacket, error) {
	p := c.peer(id)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := c.waitPeer(p, func() bool { return p.sealing == nil && p.err == nil }); err != nil {
		return nil, nil, err
	}
	out := c.link.begin()
	message, err := p.sealing.write(out, Route{id, c.me.ID, kind})
	return message, out, err
}

// unseal reads the header of a message from a peer.
func (c *Client) unseal(route Route, from io.Reader) (*messageReader, error) {
	header := make([]byte, sessionHeader)
	if _, err := io.ReadFull(from, header); err != nil {
		return nil, cut(err)
	}
	if header[0] != sessionVersion {
		return nil, fmt.Errorf("%w: the version of a session", errRefused)
	}
	p := c.peer(route.Source)
	p.mu.Lock()
	defer p.mu.Unlock()
	at := slices.IndexFunc(p.opening, func(each *directionKey) bool { return each.id == Name(header[1:9]) })
	if at < 0 {
		return nil, fmt.Errorf("%w: the key of a session", errRefused)
	}
	key := p.opening[at]
	counter := (&fields{rest: header[9:17]}).u64()
	if !key.fresh(counter) {
		return nil, fmt.Errorf("%w: the counter was used", errRefused)
	}
	reader := &chunkReader{from: from, key: key.chunkKey(route, header), first: func() error { return p.opened(key, counter) }}
	return newMessageReader(reader), nil
}

// opened uses the counter up, and confirms keys that wait for it.
func (p *Peer) opened(key *directionKey, counter uint64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := key.use(counter); err != nil {
		return err
	}
	if p.next != nil && key.id == p.nextOpens {
		p.sealing, p.next = p.next, nil
		p.change.Broadcast()
	}
	return nil
}
