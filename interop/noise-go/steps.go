package main

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/flynn/noise"
)

// handshake sends and reads the messages of the pattern in turn, each with its payload.
func (p *peer) handshake() error {
	state, err := newHandshake(&p.config)
	if err != nil {
		return err
	}
	var first, second *noise.CipherState
	for write := p.config.Initiator; first == nil; write = !write {
		if write {
			var payload, message []byte
			if len(p.config.Payloads) > 0 {
				payload, p.config.Payloads = p.config.Payloads[0], p.config.Payloads[1:]
			}
			if message, first, second, err = state.WriteMessage(nil, payload); err == nil {
				err = p.writeFrame(message)
			}
		} else {
			var payload, message []byte
			if message, err = p.readFrame(); err != nil {
				return err
			}
			if payload, first, second, err = state.ReadMessage(nil, message); err != nil {
				return fmt.Errorf("%w in the handshake: %v", errRefused, err)
			}
			p.report.Payloads = append(p.report.Payloads, payload)
		}
		if err != nil {
			return err
		}
	}
	p.send, p.receive = first, second
	if !p.config.Initiator {
		p.send, p.receive = second, first
	}
	p.report.HandshakeHash, p.report.RemoteStatic = state.ChannelBinding(), state.PeerStatic()
	return nil
}

func (p *peer) step(each step) error {
	switch each.Do {
	case "send":
		message := make([]byte, each.Size)
		rand.Read(message)
		for i := range each.Messages {
			binary.BigEndian.PutUint32(message, uint32(i))
			if err := p.sendMessage(message); err != nil {
				return err
			}
		}
	case "receive", "echo":
		for bytes := 0; bytes < each.Bytes; {
			message, err := p.receiveMessage()
			if err != nil {
				return err
			}
			bytes += len(message)
			if each.Do == "echo" {
				if err := p.sendMessage(message); err != nil {
					return err
				}
			}
		}
	case "rekey":
		p.send.Rekey()
		p.receive.Rekey()
	default:
		return fmt.Errorf("no step %s", each.Do)
	}
	return nil
}

func (p *peer) sendMessage(message []byte) error {
	sealed, err := p.send.Encrypt(p.sealed[:0], nil, message)
	if err != nil {
		return err
	}
	if p.report.Sent.Messages == p.config.TamperAt {
		sealed[len(sealed)/2] ^= 1
	}
	p.sealed = sealed
	p.report.Sent.count(message)
	return p.writeFrame(sealed)
}

// receiveMessage gives a message that lasts until the next one.
func (p *peer) receiveMessage() ([]byte, error) {
	sealed, err := p.readFrame()
	if err != nil {
		return nil, err
	}
	message, err := p.receive.Decrypt(sealed[:0], nil, sealed)
	if err != nil {
		return nil, fmt.Errorf("%w, transport message %d: %v", errRefused, p.report.Received.Messages, err)
	}
	p.report.Received.count(message)
	return message, nil
}

func (p *peer) writeFrame(message []byte) error {
	var length [4]byte
	binary.BigEndian.PutUint32(length[:], uint32(len(message)))
	p.writer.Write(length[4-p.config.Prefix:])
	_, err := p.writer.Write(message)
	return err
}

// readFrame sends first what waits to be sent, when it would have to wait itself.
func (p *peer) readFrame() ([]byte, error) {
	if p.reader.Buffered() == 0 {
		if err := p.writer.Flush(); err != nil {
			return nil, err
		}
	}
	var length [4]byte
	if _, err := io.ReadFull(p.reader, length[4-p.config.Prefix:]); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(length[:])
	if size > noise.MaxMsgLen {
		return nil, fmt.Errorf("a message of %d bytes", size)
	}
	_, err := io.ReadFull(p.reader, p.frame[:size])
	return p.frame[:size], err
}
