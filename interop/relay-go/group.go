package main

import "sync"

// group runs tasks beside each other (sync.WaitGroup has this since Go 1.25).
type group struct{ sync.WaitGroup }

func (g *group) run(task func()) {
	g.Add(1)
	go func() {
		defer g.Done()
		task()
	}()
}
