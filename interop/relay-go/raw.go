package main

import (
	"errors"
	"io"
)

// fill sends packets that only a peer who reads raw packets understands, to the last byte of credit: the window exactly, or a
// byte more than may be sent ("Credit").
func (c *Client) fill(step *Step) (any, error) {
	l := c.link
	size := int(l.theirs.Window)
	if step.Broken != "" {
		size++
	}
	out := l.begin()
	l.mu.Lock()
	l.frameSize, out.cheat = size, true // one frame, so that no credit comes in between
	l.mu.Unlock()
	source := c.me.ID
	if step.ID != (ID{}) {
		source = step.ID
	}
	body := make([]byte, size-routingSize)
	_, err := out.Write(append(Route{step.To, source, step.Kind}.bytes(), body...))
	if err == nil {
		err = out.Close() // an end without content needs no credit
	}
	if step.Broken != "" && err == nil {
		err = l.over()
	}
	return out.sent, err
}

// exhaust begins as many requests as may begin, and leaves their last byte open; one more has to wait until they are over.
func (c *Client) exhaust(step *Step) (any, error) {
	l := c.link
	l.mu.Lock()
	count := int(l.mayBegin)
	l.mu.Unlock()
	open, answers := make(chan struct{}), make(chan error, count+1)
	for range count {
		go func() {
			_, err := c.ask(opLookup, step.To[:15], func(to io.Writer) error {
				<-open
				_, err := to.Write(step.To[15:])
				return err
			})
			answers <- err
		}()
	}
	err := l.until(func() bool { return l.mayBegin == 0 && len(l.queue) == 0 })
	if err != nil {
		return nil, err
	}
	go func() {
		_, _, err := c.lookup(step.To)
		answers <- err
	}()
	err = errors.Join(l.until(func() bool { return len(l.queue) == 1 }), l.ping())
	l.mu.Lock()
	waits := len(l.queue) == 1
	l.mu.Unlock()
	close(open)
	for range count + 1 {
		err = errors.Join(err, <-answers)
	}
	return map[string]any{"began": count, "waited": waits}, err
}

// tooManyPackets begins one more than it may, all of them open.
func (c *Client) tooManyPackets(*Step) (any, error) {
	l := c.link
	l.mu.Lock()
	count := int(l.mayBegin)
	l.cheatBegin = true
	l.mu.Unlock()
	for range count + 1 {
		if _, err := l.begin().Write(Route{ID{}, c.me.ID, kindRequest}.bytes()); err != nil {
			return nil, err
		}
	}
	return nil, l.over()
}

// rawRequest is a request of any op, whose body nobody has checked.
func (c *Client) rawRequest(step *Step) (any, error) {
	_, err := c.ask(byte(step.Code), step.Invite, nil)
	return nil, err
}

// until waits for a state of the link.
func (l *Link) until(condition func() bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.wait(func() bool { return !condition() })
}
