// A Noise peer over github.com/flynn/noise. It reads what it is to do as one line of JSON, connects to the port in it,
// does the handshake and the steps, and prints a report as one line of JSON. Exit code 1: it has refused or failed.
package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"net"
	"os"
	"time"

	"github.com/flynn/noise"
)

type hexBytes []byte

func (b *hexBytes) UnmarshalText(text []byte) (err error) {
	*b, err = hex.DecodeString(string(text))
	return err
}

func (b hexBytes) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(b)), nil }

type config struct {
	Port         int        `json:"port"`
	Initiator    bool       `json:"initiator"`
	Protocol     string     `json:"protocol"`
	Prefix       int        `json:"prefix"`
	Prologue     hexBytes   `json:"prologue"`
	StaticKey    hexBytes   `json:"staticKey"`
	RemoteStatic hexBytes   `json:"remoteStatic"`
	Psks         []hexBytes `json:"psks"`
	Payloads     []hexBytes `json:"payloads"`
	Steps        []step     `json:"steps"`
	// TamperAt is the number of the transport message that gets a wrong bit on its way; none when negative.
	TamperAt int `json:"tamperAt"`
}

type step struct {
	Do       string `json:"do"`
	Messages int    `json:"messages"`
	Size     int    `json:"size"`
	Bytes    int    `json:"bytes"`
}

type traffic struct {
	Messages int      `json:"messages"`
	Bytes    int      `json:"bytes"`
	SHA256   hexBytes `json:"sha256"`
	sum      hash.Hash
}

func (t *traffic) count(message []byte) {
	t.Messages++
	t.Bytes += len(message)
	t.sum.Write(message)
}

type report struct {
	Stage         string     `json:"stage"`
	HandshakeHash hexBytes   `json:"handshakeHash"`
	RemoteStatic  hexBytes   `json:"remoteStatic"`
	Payloads      []hexBytes `json:"payloads"`
	Sent          *traffic   `json:"sent"`
	Received      *traffic   `json:"received"`
	// Kind of error: "refused" for what cryptography refuses, "ended" for a connection that ended early, "other".
	Kind  string `json:"kind,omitempty"`
	Error string `json:"error,omitempty"`
}

var errRefused = errors.New("refused")

type peer struct {
	config        config
	report        report
	reader        *bufio.Reader
	writer        *bufio.Writer
	send, receive *noise.CipherState
	sealed        []byte
	frame         [noise.MaxMsgLen]byte
}

func main() {
	p := &peer{report: report{Stage: "start", Payloads: []hexBytes{}, Sent: &traffic{sum: sha256.New()}, Received: &traffic{sum: sha256.New()}}}
	err := p.run()
	p.report.Sent.SHA256, p.report.Received.SHA256 = p.report.Sent.sum.Sum(nil), p.report.Received.sum.Sum(nil)
	if err != nil {
		p.report.Error, p.report.Kind = err.Error(), "other"
		var network net.Error
		if errors.Is(err, errRefused) {
			p.report.Kind = "refused"
		} else if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &network) {
			p.report.Kind = "ended"
		}
	}
	json.NewEncoder(os.Stdout).Encode(p.report)
	if err != nil {
		os.Exit(1)
	}
}

func (p *peer) run() error {
	if err := json.NewDecoder(os.Stdin).Decode(&p.config); err != nil {
		return err
	}
	connection, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", p.config.Port))
	if err != nil {
		return err
	}
	defer connection.Close()
	connection.SetDeadline(time.Now().Add(2 * time.Minute))
	p.reader, p.writer = bufio.NewReaderSize(connection, 1<<16), bufio.NewWriterSize(connection, 1<<16)
	p.report.Stage = "handshake"
	if err := p.handshake(); err != nil {
		return err
	}
	p.report.Stage = "transport"
	for _, each := range p.config.Steps {
		if err := p.step(each); err != nil {
			return err
		}
	}
	if err := p.writer.Flush(); err != nil {
		return err
	}
	p.report.Stage = "end"
	if err := connection.(*net.TCPConn).CloseWrite(); err != nil {
		return err
	}
	rest, err := io.Copy(io.Discard, p.reader)
	if err != nil {
		return err
	}
	if rest > 0 {
		return fmt.Errorf("%d bytes after the last step", rest)
	}
	p.report.Stage = "done"
	return nil
}
