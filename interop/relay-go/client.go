package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"
)

// waitLimit is how long a step waits for the other side.
const waitLimit = 20 * time.Second

// Client is an identity at the relay.
type Client struct {
	link  *Link
	me    *Identity
	relay *Remote

	prekeyLock sync.Mutex
	nextPrekey uint32
	prekeys    map[Name]*ownPrekey

	mu         sync.Mutex
	change     *sync.Cond
	asked      map[uint32]chan []byte
	nextAsk    uint32
	peers      map[ID]*Peer
	streams    map[Name]*Stream // that we opened and that were not answered
	opened     []*Stream        // by others
	messages   []Message
	mails      []Message
	errors     []RelayError
	presence   []Presence
	deliveries chan *InPacket
	taking     bool // deliveries are taken once they were read
	lastMail   []byte
	held       bool // incoming messages are not read
}

// Message is one that came, live or as mail.
type Message struct {
	From     ID      `json:"from"`
	Kind     uint64  `json:"kind,string"`
	Size     int64   `json:"size"`
	Sum      Hex     `json:"sha256"`
	Error    string  `json:"error,omitempty"`
	OneTime  *bool   `json:"oneTime,omitempty"`
	Position uint64  `json:"position,omitempty"`
	packet   *Packet // of a message that is held
}

// Packet is a message that nobody reads yet.
type Packet struct {
	route Route
	in    *InPacket
}

// RelayError is a packet of "Error".
type RelayError struct {
	Code   uint32 `json:"code"`
	Target ID     `json:"target"`
	Kind   uint64 `json:"kind,string"`
	Text   string `json:"text"`
}

// Presence is a packet of "Presence".
type Presence struct {
	ID     ID   `json:"id"`
	Online bool `json:"online"`
}

func newClient(link *Link, me *Identity, relay *Remote) *Client {
	c := &Client{
		link: link, me: me, relay: relay, asked: map[uint32]chan []byte{}, peers: map[ID]*Peer{},
		prekeys: map[Name]*ownPrekey{}, streams: map[Name]*Stream{},
		deliveries: make(chan *InPacket, 1<<16),
	}
	c.change = sync.NewCond(&c.mu)
	go c.dispatch()
	go c.takeDeliveries()
	go c.end()
	return c
}

// end wakes all that waits when the link is over.
func (c *Client) end() {
	<-c.link.gone
	c.mu.Lock()
	peers := slices.Collect(maps.Values(c.peers))
	c.change.Broadcast()
	c.mu.Unlock()
	for _, p := range peers {
		p.mu.Lock()
		p.err = errEnded
		p.change.Broadcast()
		p.mu.Unlock()
	}
}

// dispatch takes what comes, in order; what is long is read beside it, but for deliveries, of which one follows the other.
func (c *Client) dispatch() {
	for in := range c.link.incoming {
		head := make([]byte, routingSize)
		if _, err := io.ReadFull(in, head); err != nil {
			continue // it was reset at once
		}
		route, err := parseRoute(head)
		if err != nil {
			c.link.fail(err)
			continue
		}
		if route.Source == (ID{}) && route.Target == (ID{}) {
			c.fromRelay(route, in)
		} else {
			c.fromPeer(route, in)
		}
	}
	close(c.deliveries)
}

// note changes what steps wait for.
func (c *Client) note(change func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change()
	c.change.Broadcast()
}

// await waits while the condition holds, for no longer than a step may wait.
func (c *Client) await(what string, condition func() bool) error {
	late := false
	stop := time.AfterFunc(waitLimit, func() { c.note(func() { late = true }) })
	defer stop.Stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	for condition() {
		c.link.mu.Lock()
		err := c.link.err
		c.link.mu.Unlock()
		if err != nil {
			return err
		}
		if late {
			return fmt.Errorf("late: %s", what)
		}
		c.change.Wait()
	}
	return nil
}

func (c *Client) fromRelay(route Route, in *InPacket) {
	if route.Kind == kindDelivery {
		c.deliveries <- in
		return
	}
	body, err := io.ReadAll(in)
	if err != nil {
		return // one that breaks off says nothing
	}
	f := &fields{rest: body}
	switch route.Kind {
	case kindRequest:
		c.answered(body)
	case kindError:
		e := RelayError{Code: f.u32(), Target: f.id(), Kind: f.u64()}
		e.Text = string(f.raw(int(f.u32())))
		c.note(func() { c.errors = append(c.errors, e) })
	case kindPresence:
		p := Presence{f.id(), f.boolean()}
		c.note(func() { c.presence = append(c.presence, p) })
	}
}

func (c *Client) fromPeer(route Route, in *InPacket) {
	switch {
	case route.Kind == kindHandshake:
		if body, err := io.ReadAll(in); err == nil {
			c.takeStep(route.Source, body)
		}
	case route.Kind == kindStream:
		go c.takeStream(route, in)
	case route.Kind == kindConfirm:
		c.readMessage(route, in) // before what comes behind it
	case route.Kind >= 1<<63:
		in.Stop(2)
	default:
		c.mu.Lock()
		held := c.held
		c.mu.Unlock()
		if held {
			c.note(func() {
				c.messages = append(c.messages, Message{From: route.Source, Kind: route.Kind, packet: &Packet{route, in}})
			})
			return
		}
		go c.takeMessage(route, in)
	}
}

func (c *Client) takeMessage(route Route, in *InPacket) {
	m := c.readMessage(route, in)
	c.note(func() { c.messages = append(c.messages, m) })
}

func (c *Client) readMessage(route Route, in *InPacket) Message {
	m := Message{From: route.Source, Kind: route.Kind}
	reader, err := c.unseal(route, in)
	if err == nil {
		m.Size, m.Sum, err = digest(reader)
	}
	if err != nil {
		m.Error = codeOf(err)
		in.Stop(0)
	}
	return m
}

// codeOf is how an error is told in a report.
func codeOf(err error) string {
	var code *codeError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &code):
		return code.Error()
	case errors.Is(err, errRefused):
		return "refused: " + err.Error()
	}
	return err.Error()
}
