package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// Ports come from below the kernel's ephemeral range (and below Kubernetes' node ports), so that no
// outgoing connection takes the API server's port while it is stopped for a while.
const (
	firstPort = 20000
	lastPort  = 29999
)

// portReservation keeps other launchers off a port for as long as it is open. It is a socket in the
// abstract namespace: it belongs to the network namespace as ports do, and ends with the process.
type portReservation struct {
	port int
	lock net.Listener
}

// reservePort finds a port that is free on the address now and that no other launcher holds. Another
// program can still take it before the component binds it: the caller tries again then.
func reservePort(address string) (*portReservation, error) {
	const attempts = 200
	for range attempts {
		port := firstPort + rand.IntN(lastPort-firstPort+1)
		lock, err := net.Listen("unix", fmt.Sprintf("@holdfast-testcluster-port-%d", port))
		if err != nil {
			continue
		}
		probe, err := net.Listen("tcp", net.JoinHostPort(address, strconv.Itoa(port)))
		if err != nil {
			lock.Close()
			continue
		}
		probe.Close()
		return &portReservation{port: port, lock: lock}, nil
	}
	return nil, fmt.Errorf("no free port on %s between %d and %d in %d attempts", address, firstPort, lastPort, attempts)
}

func (r *portReservation) release() {
	if r != nil {
		r.lock.Close()
	}
}
