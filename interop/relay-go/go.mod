module hushwire/interop/relay-go

go 1.24.0

require github.com/flynn/noise v1.1.0

require (
	golang.org/x/crypto v0.45.0 // indirect
	golang.org/x/sys v0.38.0 // indirect
)
