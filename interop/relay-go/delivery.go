package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
)

const deliveryHead = 8 + 16 + 16 + 8 + 8 + 8

// takeDeliveries reads one delivery after another ("Delivery").
func (c *Client) takeDeliveries() {
	for in := range c.deliveries {
		head := make([]byte, deliveryHead)
		if _, err := io.ReadFull(in, head); err != nil {
			continue // as if it had not come
		}
		f := &fields{rest: head}
		m := Message{Position: f.u64()}
		f.id()
		m.From, m.Kind = f.id(), f.u64()
		f.u64() // when it was stored
		length := f.u64()
		body := &countingReader{from: in}
		err := c.openDelivery(&m, body)
		_, rest := io.Copy(io.Discard, body)
		if rest != nil || body.count != length {
			continue
		}
		if err != nil {
			m.Error = codeOf(err)
		}
		if c.taking {
			if err := c.taken([]uint64{m.Position}); err != nil {
				m.Error = codeOf(err)
			}
		}
		c.note(func() { c.mails = append(c.mails, m) })
	}
}

func (c *Client) openDelivery(m *Message, body io.Reader) error {
	c.prekeyLock.Lock()
	defer c.prekeyLock.Unlock()
	mail, err := openMail(body, c.me, c.prekeys, m.From, m.Kind)
	if err != nil {
		return err
	}
	if m.Size, m.Sum, err = digest(mail.reader); err != nil {
		return err
	}
	m.OneTime = &mail.prekey.oneTime
	mail.use(c.prekeys)
	return nil
}

type countingReader struct {
	from  io.Reader
	count uint64
}

func (r *countingReader) Read(into []byte) (int, error) {
	n, err := r.from.Read(into)
	r.count += uint64(n)
	return n, err
}

func (c *Client) taken(positions []uint64) error {
	w := (&writer{}).u32(uint32(len(positions)))
	for _, each := range positions {
		w.u64(each)
	}
	_, err := c.ask(opTaken, w.bytes, nil)
	return err
}

// receive asks for mail and waits until so many have come.
func (c *Client) receive(step *Step) (any, error) {
	c.taking = step.Mode != "keep"
	w := (&writer{}).u64(step.After).u32(uint32(max(step.MaxUntaken, 1)))
	if step.Mode != "more" {
		if _, err := c.ask(opReceive, w.bytes, nil); err != nil {
			return nil, err
		}
	}
	err := c.await("mail", func() bool { return len(c.mails) < step.Count })
	c.mu.Lock()
	defer c.mu.Unlock()
	mails := slices.Clone(c.mails)
	c.mails = nil
	return mails, err
}

// mail seals a message to a prekey that it takes, and sends it.
func (c *Client) mail(step *Step) (any, error) {
	prekey, oneTime, err := c.takePrekey(step.To)
	if err != nil {
		return nil, err
	}
	var body func(to io.Writer) error
	if step.Broken == "" && step.Pause == "" && !step.Again {
		body = func(to io.Writer) error { return c.writeMail(to, step, prekey) }
	} else if body, err = c.brokenMail(step, prekey); err != nil {
		return nil, err
	}
	w := (&writer{}).raw(step.mailID()).raw(step.To[:]).u64(step.Kind).u64(step.Lifetime)
	f, err := c.ask(opMail, w.bytes, body)
	if err != nil {
		return nil, err
	}
	result := map[string]any{"oneTime": oneTime, "duplicate": f.boolean()}
	return result, f.end()
}

func (c *Client) writeMail(to io.Writer, step *Step, prekey Prekey) error {
	buffered := &bytes.Buffer{}
	message, err := sealMail(buffered, c.me, c.me.ID, step.To, prekey, step.Kind)
	if err != nil {
		return err
	}
	if _, err := to.Write(buffered.Bytes()); err != nil {
		return err
	}
	message.chunks.to = to
	if _, err := message.Write(step.Content.Bytes()); err != nil {
		return err
	}
	return message.Close()
}

// brokenMail makes the whole body, then changes it in the way that has this name.
func (c *Client) brokenMail(step *Step, prekey Prekey) (func(to io.Writer) error, error) {
	whole := &bytes.Buffer{}
	kind, me := step.Kind, c.me
	if step.Broken == "kind" {
		kind++
	}
	if step.Broken == "sender" {
		other, err := identityFromSeed(make([]byte, 32))
		if err != nil {
			return nil, err
		}
		me = other
	}
	message, err := sealMail(whole, me, c.me.ID, step.To, prekey, kind)
	if err != nil {
		return nil, err
	}
	if err := writeBroken(message, step); err != nil {
		return nil, err
	}
	body := whole.Bytes()
	if step.Again {
		body = c.lastMail
	}
	c.lastMail = body
	if body, err = breakBody(step.Broken, bytes.Clone(body)); err != nil {
		return nil, err
	}
	return func(to io.Writer) error { return c.writePausing(to, step, body) }, nil
}

// writePausing writes half of the body, waits for what the step says, and writes the rest.
func (c *Client) writePausing(to io.Writer, step *Step, body []byte) error {
	if step.Pause == "" {
		_, err := to.Write(body)
		return err
	}
	if _, err := to.Write(body[:len(body)/2]); err != nil {
		return err
	}
	if err := c.awaitGoaway(step.Code); err != nil {
		return err
	}
	_, err := to.Write(body[len(body)/2:])
	return err
}

func (c *Client) awaitGoaway(code uint32) error {
	l := c.link
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.wait(func() bool { return !slices.Contains(l.goaways, code) })
}

// writeBroken writes the content, where the name says so with a wrong end.
func writeBroken(message *messageWriter, step *Step) error {
	content := step.Content.Bytes()
	if step.Broken == "no zlib" {
		_, err := message.chunks.Write(content)
		return errors.Join(err, message.chunks.Close())
	}
	if step.Broken == "empty chunk" {
		return message.chunks.Close()
	}
	if _, err := message.Write(content); err != nil {
		return err
	}
	switch step.Broken {
	case "no final":
		return errors.Join(message.zlib.Close(), message.chunks.Flush())
	case "zlib cut":
		return errors.Join(message.zlib.Flush(), message.chunks.Close())
	case "after zlib":
		err := message.zlib.Close()
		_, more := message.chunks.Write([]byte{0})
		return errors.Join(err, more, message.chunks.Close())
	case "final twice":
		return errors.Join(message.Close(), message.chunks.Close())
	}
	return message.Close()
}

func breakBody(name string, body []byte) ([]byte, error) {
	last := len(body) - 1
	switch name {
	case "", "none", "kind", "sender", "no zlib", "empty chunk", "no final", "zlib cut", "after zlib", "final twice":
	case "version":
		body[0] = 1
	case "prekey":
		body[1] ^= 1
	case "length":
		body[10]--
	case "ephemeral":
		body[11] ^= 1
	case "static":
		body[11+40] ^= 1
	case "proof":
		body[11+150] ^= 1
	case "chunk":
		body[last] ^= 1
	case "chunk size":
		body[mailHeader]++
	case "final byte":
		body[mailHeader+4] = 2
	case "cut":
		body = body[:last]
	case "header only":
		body = body[:mailHeader]
	case "after":
		body = append(body, 0)
	case "nothing":
		body = nil
	default:
		return nil, fmt.Errorf("there is no mail broken as %q", name)
	}
	return body, nil
}
