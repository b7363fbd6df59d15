package main

import (
	"errors"
	"fmt"
	"io"
	"time"
)

// Ops of "Requests".
const (
	opHello      = 1
	opLookup     = 2
	opTakePrekey = 3
	opPublish    = 4
	opMail       = 5
	opReceive    = 6
	opTaken      = 7
	opWatch      = 8
)

// statusError is an answer that is a refusal.
type statusError uint32

func (e statusError) Error() string { return fmt.Sprintf("status %d", uint32(e)) }

// ask sends a request and waits for what is answered. A body follows what is asked, as it is made.
func (c *Client) ask(op byte, asked []byte, body func(to io.Writer) error) (*fields, error) {
	answer := make(chan []byte, 1)
	c.mu.Lock()
	c.nextAsk++
	id := c.nextAsk
	c.asked[id] = answer
	c.mu.Unlock()
	out := c.link.begin()
	head := (&writer{Route{ID{}, c.me.ID, kindRequest}.bytes()}).u8(op).u32(id).raw(asked).bytes
	sent := make(chan error, 1)
	go func() { sent <- sendRequest(out, head, body) }()
	return c.answer(op, answer, sent)
}

func sendRequest(out *OutPacket, head []byte, body func(to io.Writer) error) error {
	if body == nil {
		return out.Send(head)
	}
	if _, err := out.Write(head); err != nil {
		return err
	}
	if err := body(out); err != nil {
		return err
	}
	return out.Close()
}

// answer waits for it. A request that is stopped is answered all the same; one that we broke off is not.
func (c *Client) answer(op byte, answer chan []byte, sent chan error) (*fields, error) {
	late := time.After(waitLimit)
	for {
		select {
		case body := <-answer:
			return readAnswer(op, body)
		case err := <-sent:
			var code *codeError
			if err != nil && (!errors.As(err, &code) || code.what != "stopped") {
				return nil, err
			}
			sent = nil
		case <-c.link.gone:
			return nil, c.link.over()
		case <-late:
			return nil, errors.New("late: an answer")
		}
	}
}

func readAnswer(op byte, body []byte) (*fields, error) {
	f := &fields{rest: body}
	if f.u8() != op {
		return nil, errors.New("the answer to another op")
	}
	f.u32()
	if status := f.u32(); status != 0 {
		if err := f.end(); err != nil {
			return nil, err
		}
		return nil, statusError(status)
	}
	return f, nil
}

func (c *Client) answered(body []byte) {
	if len(body) < 9 {
		c.link.fail(errors.New("an answer that is too short"))
		return
	}
	id := (&fields{rest: body[1:5]}).u32()
	c.note(func() {
		if waiting := c.asked[id]; waiting != nil {
			waiting <- body
			delete(c.asked, id)
		}
	})
}

// HelloAnswer is what hello is answered with.
type HelloAnswer struct {
	Prekeys        uint32 `json:"prekeys"`
	LastResort     Hex    `json:"lastResort"`
	MaxMail        uint64 `json:"maxMail"`
	MaxOutstanding uint32 `json:"maxOutstanding"`
	MaxPrekeys     uint32 `json:"maxPrekeys"`
}

func (c *Client) hello(invite []byte) (*HelloAnswer, error) {
	f, err := c.ask(opHello, (&writer{}).u8(1).u32(uint32(len(invite))).raw(invite).bytes, nil)
	if err != nil {
		return nil, err
	}
	a := &HelloAnswer{f.u32(), f.raw(8), f.u64(), f.u32(), f.u32()}
	return a, f.end()
}

// lookup gives whose id it is, with a proof that was checked, and whether it is connected.
func (c *Client) lookup(id ID) (*Remote, bool, error) {
	f, err := c.ask(opLookup, id[:], nil)
	if err != nil {
		return nil, false, err
	}
	remote, err := readAccount(f, id)
	if err != nil {
		return nil, false, err
	}
	online := f.boolean()
	return remote, online, f.end()
}

func readAccount(f *fields, id ID) (*Remote, error) {
	static, proof := f.raw(32), f.raw(proofSize)
	remote, err := checkProof(proof, static)
	if err == nil && remote.ID != id {
		err = errors.New("the proof is another account's")
	}
	return remote, err
}

func (c *Client) takePrekey(id ID) (prekey Prekey, oneTime bool, err error) {
	f, err := c.ask(opTakePrekey, id[:], nil)
	if err != nil {
		return prekey, false, err
	}
	remote, err := readAccount(f, id)
	if err != nil {
		return prekey, false, err
	}
	if prekey, err = readPrekey(f, remote); err != nil {
		return prekey, false, err
	}
	oneTime = f.boolean()
	return prekey, oneTime, f.end()
}

// publish makes prekeys and leaves them with the relay; it gives how many wait.
func (c *Client) publish(step *Step) (uint32, error) {
	w := (&writer{}).u8(boolByte(step.Replace)).u32(uint32(step.OneTime))
	for _, own := range c.makePrekeys(true, step.OneTime) {
		w.raw(own.bytes())
	}
	last := int(boolByte(step.LastResort))
	w.u32(uint32(last))
	for _, own := range c.makePrekeys(false, last) {
		w.raw(own.bytes())
	}
	f, err := c.ask(opPublish, w.bytes, nil)
	if err != nil {
		return 0, err
	}
	return f.u32(), f.end()
}

// makePrekeys makes the next ones, which open mail from now on.
func (c *Client) makePrekeys(oneTime bool, count int) (made []*ownPrekey) {
	c.prekeyLock.Lock()
	defer c.prekeyLock.Unlock()
	for range count {
		own := newPrekey(c.me, oneTime, c.nextPrekey)
		c.nextPrekey++
		c.prekeys[own.Name] = own
		made = append(made, own)
	}
	return made
}

func (c *Client) watch(ids []ID) ([]bool, error) {
	w := (&writer{}).u32(uint32(len(ids)))
	for _, id := range ids {
		w.raw(id[:])
	}
	f, err := c.ask(opWatch, w.bytes, nil)
	if err != nil {
		return nil, err
	}
	online := []bool{}
	for range f.u32() {
		online = append(online, f.boolean())
	}
	return online, f.end()
}
