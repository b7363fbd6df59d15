// A client of the relay, written from docs/protocol.md alone, on Go's own crypto and github.com/flynn/noise. It reads one
// job as JSON from its standard input, does it over TCP, and writes one report to its standard output.
package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"time"
)

// How long a whole job may take: a client that is left alone must not stay for ever.
const jobLimit = 2 * time.Minute

func main() {
	time.AfterFunc(jobLimit, func() {
		fmt.Fprintln(os.Stderr, "the job took too long")
		os.Exit(3)
	})
	var job Job
	if err := json.NewDecoder(os.Stdin).Decode(&job); err != nil {
		fmt.Fprintln(os.Stderr, "the job:", err)
		os.Exit(2)
	}
	report := &Report{Steps: []*Result{}, Errors: []RelayError{}, Goaways: []uint32{}}
	report.Error = codeOf(run(&job, report))
	if err := json.NewEncoder(os.Stdout).Encode(report); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(job *Job, report *Report) error {
	me, err := identityFromSeed(job.Seed)
	if err != nil {
		return err
	}
	report.ID = me.ID
	connection, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", job.Port))
	if err != nil {
		return err
	}
	defer connection.Close()
	if job.Drip > 0 {
		connection = &drip{connection.(*net.TCPConn), job.Drip}
	}
	link, relay, err := shakeHands(connection, job, me)
	if err != nil {
		return err
	}
	report.Relay = relay.ID
	link.rekeyEvery = job.RekeyEvery
	link.start()
	client := newClient(link, me, relay)
	err = client.steps(job.Steps, report)
	if err == nil {
		err = link.finish()
	}
	link.mu.Lock()
	defer link.mu.Unlock()
	client.mu.Lock()
	defer client.mu.Unlock()
	report.Goaways = append(report.Goaways, link.goaways...)
	report.Errors = append(report.Errors, client.errors...)
	report.Rekeys = link.rekeys
	return err
}

// drip writes so many bytes at once.
type drip struct {
	*net.TCPConn
	size int
}

func (d *drip) Write(content []byte) (written int, err error) {
	for len(content) > 0 && err == nil {
		n := min(d.size, len(content))
		_, err = d.TCPConn.Write(content[:n])
		written += n
		content = content[n:]
	}
	return written, err
}
