package main

import (
	"fmt"
	"slices"
)

// steps does one after another. What fails is told in the step's result; the steps go on as long as the link does.
func (c *Client) steps(steps []Step, report *Report) error {
	var background group
	for at := range steps {
		step, result := &steps[at], &Result{Do: steps[at].Do}
		report.Steps = append(report.Steps, result)
		do := func() {
			value, err := c.do(step)
			result.Value, result.Error = value, codeOf(err)
		}
		if step.Background {
			background.run(do)
		} else {
			do()
		}
	}
	background.Wait()
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	return c.link.err
}

func (c *Client) do(step *Step) (any, error) {
	switch step.Do {
	case "hello":
		return c.hello(step.Invite)
	case "lookup":
		return c.doLookup(step)
	case "publish":
		return c.publish(step)
	case "know prekeys": // those that another process of the identity has published
		c.makePrekeys(true, step.OneTime)
		c.makePrekeys(false, int(boolByte(step.LastResort)))
		return nil, nil
	case "take prekey":
		_, oneTime, err := c.takePrekey(step.To)
		return oneTime, err
	case "mail":
		return c.mail(step)
	case "receive":
		return c.receive(step)
	case "watch":
		return c.watch(step.IDs)
	case "presence":
		return nil, c.await("presence", func() bool { return !slices.Contains(c.presence, Presence{step.To, step.Online}) })
	case "greet":
		return nil, c.greetStep(step)
	case "greeted":
		return c.greeted(step)
	case "send":
		return nil, c.send(step)
	case "messages":
		return c.awaitMessages(step)
	case "talk":
		return c.talk(step)
	case "serve":
		return c.serve(step)
	default:
		return c.doLink(step)
	}
}

func (c *Client) doLookup(step *Step) (any, error) {
	remote, online, err := c.lookup(step.To)
	if err != nil {
		return nil, err
	}
	return map[string]any{"static": Hex(remote.Static), "online": online}, nil
}

// greetStep begins a handshake with a peer; for IK it looks up their static key.
func (c *Client) greetStep(step *Step) error {
	static := []byte(step.Static)
	if step.Pattern == "IK" && len(static) == 0 {
		remote, _, err := c.lookup(step.To)
		if err != nil {
			return err
		}
		static = remote.Static
	}
	return c.greet(step.To, step.Pattern, static)
}

// greeted waits until there are keys with a peer, and tells how they were made.
func (c *Client) greeted(step *Step) (any, error) {
	p := c.peer(step.To)
	p.mu.Lock()
	defer p.mu.Unlock()
	err := c.waitPeer(p, func() bool { return p.sealing == nil && p.err == nil })
	return map[string]any{"pattern": p.pattern, "initiator": p.initiator}, err
}

// send seals messages of a session; a broken one has a wrong bit.
func (c *Client) send(step *Step) error {
	for at := range max(step.Count, 1) {
		message, out, err := c.seal(step.To, step.Kind)
		if err != nil {
			return err
		}
		content := step.Content
		content.Seed += uint32(at)
		if step.Broken != "" {
			message.chunks.key.additional[0] ^= 1
		}
		if _, err := message.Write(content.Bytes()); err != nil {
			return err
		}
		if step.Mode == "reset" {
			out.Reset(step.Code)
			continue
		}
		if err := message.Close(); err != nil {
			return err
		}
		if err := out.Close(); err != nil {
			return err
		}
	}
	return nil
}

// awaitMessages waits until so many have come and gives them.
func (c *Client) awaitMessages(step *Step) (any, error) {
	err := c.await("messages", func() bool { return len(c.messages) < step.Count })
	c.mu.Lock()
	defer c.mu.Unlock()
	messages := slices.Clone(c.messages)
	c.messages = nil
	return messages, err
}

// doLink is what is done with the link itself.
func (c *Client) doLink(step *Step) (any, error) {
	switch step.Do {
	case "ping":
		return nil, c.link.ping()
	case "goaway":
		c.link.goaway(step.Code)
		return nil, nil
	case "goaway comes":
		return nil, c.awaitGoaway(step.Code)
	case "end comes":
		return nil, c.link.over()
	case "errors":
		return nil, c.await("errors", func() bool { return len(c.errors) < step.Count })
	case "fill":
		return c.fill(step)
	case "exhaust":
		return c.exhaust(step)
	case "too many packets":
		return c.tooManyPackets(step)
	case "raw request":
		return c.rawRequest(step)
	}
	return nil, fmt.Errorf("there is no step %q", step.Do)
}
