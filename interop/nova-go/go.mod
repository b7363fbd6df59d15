module hushwire/interop/nova-go

go 1.24
