package main

import (
	"bufio"
	"errors"
	"fmt"
	"net"
)

// shakeHands does the handshake of a hop as its initiator ("Handshake of a hop") and gives the link.
func shakeHands(connection net.Conn, job *Job, me *Identity) (*Link, *Remote, error) {
	pattern := "XX"
	if len(job.RelayStatic) > 0 {
		pattern = "IK"
	}
	offer := Offer{Window: job.Window, MaxPackets: job.MaxPackets}
	handshake, err := newHandshake(pattern, true, me, []byte("hushwire/hop/1"), job.RelayStatic, offer)
	if err != nil {
		return nil, nil, err
	}
	reader := bufio.NewReaderSize(connection, 1<<16)
	var sent, received uint32 // frameNonces of packetNonce 0, which Control goes on with
	for !handshake.done() {
		ours := handshake.next%2 == 0
		if ours {
			sent++
			err = writeMessage(connection, handshake, sent)
		} else {
			received++
			err = readMessage(reader, handshake, received)
		}
		if err != nil {
			return nil, nil, err
		}
		if handshake.remote != nil && job.Relay != (ID{}) && handshake.remote.ID != job.Relay {
			return nil, nil, errors.New("another relay than the one that was meant")
		}
	}
	link := newLink(connection, reader, offer, handshake.theirs, sent, received)
	link.seal, link.open = newHopCipher(handshake.sealKey()), newHopCipher(handshake.openKey())
	return link, handshake.remote, nil
}

func writeMessage(connection net.Conn, handshake *Handshake, nonce uint32) error {
	message, err := handshake.write()
	if err != nil {
		return err
	}
	header := frameHeader{size: uint32(len(message)), frame: nonce}
	_, err = connection.Write(append(header.bytes(), message...))
	return err
}

func readMessage(reader *bufio.Reader, handshake *Handshake, nonce uint32) error {
	h, _, message, err := readFrame(reader)
	if err != nil {
		return fmt.Errorf("in the handshake: %w", err)
	}
	if h.packet != 0 || h.terminating || h.encrypted || h.frame != nonce {
		return fatal("no frame of the handshake")
	}
	return handshake.read(message)
}
