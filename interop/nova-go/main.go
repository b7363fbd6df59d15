// A peer of Nova's seed wire, written from the specification alone on Go's own crypto/aes, crypto/hkdf, crypto/ecdh and
// compress/zlib. It reads one job as JSON from its standard input, does it over TCP, and writes one report to its standard output.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// How long a whole job may take: a peer that is left alone must not stay for ever.
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
	report := &Report{Packets: []*Packet{}}
	report.Error = codeOf(run(&job, report))
	if err := json.NewEncoder(os.Stdout).Encode(report); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
