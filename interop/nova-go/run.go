package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"net"
	"sync"
)

// runner is one job on one connection.
type runner struct {
	job    *Job
	report *Report
	writer FrameWriter
	reader FrameReader
	// the session's key, once it is there
	sessionKey []byte
	keyed      chan struct{}
	// what is to be echoed
	echo    *io.PipeWriter
	echoed  *io.PipeReader
	peer    *Agreement
	reading sync.WaitGroup
}

// summing counts and hashes what is written to it.
type summing struct {
	hash hash.Hash
	size int64
}

func (s *summing) Write(b []byte) (int, error) {
	s.size += int64(len(b))
	return s.hash.Write(b)
}

// run does a job; its error is the connection's.
func run(job *Job, report *Report) error {
	conn, err := net.DialTCP("tcp", nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: job.Port})
	if err != nil {
		return err
	}
	defer conn.Close()
	if job.Records != nil {
		return serialize(report, job.Records)
	}
	r := &runner{job: job, report: report, sessionKey: job.SessionKey, keyed: make(chan struct{})}
	r.writer.W, r.reader.R = conn, bufio.NewReaderSize(conn, 1<<16)
	if err := r.agree(); err != nil {
		return err
	}
	if job.PeerHello == nil {
		close(r.keyed)
	} else if r.peer, err = NewAgreement(nil, peerInfo); err != nil {
		return err
	}
	r.echoed, r.echo = io.Pipe()
	sent := make(chan error, 1)
	go func() {
		err := r.send()
		if err == nil {
			err = conn.CloseWrite()
		}
		sent <- err
	}()
	receiver := Receiver{Frames: &r.reader, Start: r.receive}
	err = receiver.Run()
	report.Together = receiver.Most
	if err != nil {
		// what is sent comes to its end all the same, so that what the other side sees does not hang on the order of the two
		go func() { _, _ = io.Copy(io.Discard, conn) }()
	}
	r.reading.Wait()
	return errors.Join(err, <-sent)
}

// agree passes plain frames and installs the hop's keys.
func (r *runner) agree() error {
	for i, content := range r.job.Plain {
		if err := r.writer.Write(Header{FrameNonce: uint32(i + 1)}, content); err != nil {
			return err
		}
	}
	for range r.job.Plain {
		frame, err := r.reader.Next()
		if err == nil {
			err = frame.Failed
		}
		if err != nil {
			return err
		}
		r.report.Plain = append(r.report.Plain, frame.Content)
	}
	seal, open := []byte(r.job.Seal), []byte(r.job.Open)
	if hello := r.job.Handshake; hello != nil {
		key, err := r.hello(hello)
		if err != nil {
			return err
		}
		seal, open = key, key
	}
	if seal == nil {
		return nil
	}
	var err error
	if r.writer.Key, err = NewHopKey(seal, r.job.Obfuscate); err != nil {
		return err
	}
	r.reader.Key, err = NewHopKey(open, r.job.Obfuscate)
	return err
}

func (r *runner) hello(options *Hello) ([]byte, error) {
	info := options.Info
	if info == "" {
		info = hopInfo
	}
	if options.Low {
		return nil, r.writer.Write(helloHeader, make([]byte, 32))
	}
	agreement, err := NewAgreement(options.Salt, info)
	if err != nil {
		return nil, err
	}
	return agreement.Agree(&r.writer, &r.reader, options.Client)
}

// send writes what the job has to send.
func (r *runner) send() error {
	if len(r.job.Frames) > 0 {
		return r.sendFrames()
	}
	sender := Sender{Frames: &r.writer, FrameSize: r.job.FrameSize, InFlight: r.job.InFlight}
	if err := r.greet(&sender); err != nil {
		return err
	}
	packets := make([]Outgoing, len(r.job.Send))
	for i, item := range r.job.Send {
		body, err := r.body(item)
		if err != nil {
			return err
		}
		packets[i] = Outgoing{Nonce: item.Nonce, Body: body}
	}
	if r.job.Echo != nil {
		packets = append(packets, Outgoing{Body: r.echoing()})
	}
	return sender.Send(packets)
}

// greet sends our hello to the peer and waits for the key.
func (r *runner) greet(sender *Sender) error {
	hello := r.job.PeerHello
	if hello == nil {
		return nil
	}
	err := sender.Send([]Outgoing{{Body: bytes.NewReader(append(hello.header().Marshal(), r.peer.Hello()...))}})
	if err == nil {
		<-r.keyed
	}
	return err
}

// receive starts to read a packet; the place of its report is that of its first frame.
func (r *runner) receive(nonce uint32, body io.Reader) {
	packet := &Packet{Nonce: nonce}
	r.report.Packets = append(r.report.Packets, packet)
	r.reading.Add(1)
	go func() {
		defer r.reading.Done()
		sum := &summing{hash: sha256.New()}
		err := r.read(packet, sum, body)
		packet.Size, packet.Sum, packet.Error = sum.size, sum.hash.Sum(nil), codeOf(err)
		_, _ = io.Copy(io.Discard, body)
	}()
}

func (r *runner) read(packet *Packet, into io.Writer, body io.Reader) error {
	if r.job.Layer == "packets" {
		_, err := io.Copy(into, body)
		return err
	}
	header, err := ReadPacketHeader(body)
	if err != nil {
		return err
	}
	packet.Header = &Route{header.Target[:], header.Source[:], header.Kind}
	switch hello := r.job.PeerHello; {
	case r.job.Layer != "session":
		_, err = io.Copy(into, body)
	case hello != nil && header.Kind == hello.Kind:
		err = r.peerHello(body)
	default:
		<-r.keyed
		if r.job.Echo != nil {
			into = io.MultiWriter(into, r.echo)
		}
		err = OpenSession(into, r.sessionKey, body)
		r.echo.CloseWithError(err)
	}
	return err
}

func (r *runner) peerHello(body io.Reader) error {
	theirs, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	r.sessionKey, err = r.peer.Key(theirs)
	if err == nil {
		close(r.keyed)
	}
	return err
}
