package main

import (
	"fmt"
	"net"
	"os"
	"time"
)

// Networks of nodes come from the range for benchmarks (RFC 2544), which neither a company's network nor a
// VPN uses. Each cluster has a number, and four networks of 256 addresses: Services, pods, the link between
// the machine and the node, and one to spare.
const networks = 128

// nodeNetwork is what one cluster has of it. Who holds the number also owns the cgroup and the network
// device that are named by it.
type nodeNetwork struct {
	number int
	lock   *net.UnixListener // as of portReservation
}

// reserveNetwork takes the lowest free number: so what a killed cluster may have left is found soon.
func reserveNetwork() (*nodeNetwork, error) {
	for number := range networks {
		lock, err := net.ListenUnix("unix", &net.UnixAddr{Name: fmt.Sprintf("@holdfast-testcluster-network-%d", number), Net: "unix"})
		if err == nil {
			return &nodeNetwork{number: number, lock: lock}, nil
		}
	}
	return nil, fmt.Errorf("all %d networks for nodes are in use", networks)
}

func (n *nodeNetwork) address(network, host int) string {
	third := 4*n.number + network
	return fmt.Sprintf("198.%d.%d.%d", 18+third/256, third%256, host)
}

func (n *nodeNetwork) services() string       { return n.address(0, 0) + "/24" }
func (n *nodeNetwork) firstServiceIP() string { return n.address(0, 1) }
func (n *nodeNetwork) pods() string           { return n.address(1, 0) + "/24" }
func (n *nodeNetwork) machine() string        { return n.address(2, 1) }
func (n *nodeNetwork) node() string           { return n.address(2, 2) }
func (n *nodeNetwork) device() string         { return fmt.Sprintf("hf-node-%d", n.number) }
func (n *nodeNetwork) cgroup() string         { return fmt.Sprintf("holdfast-testcluster-%d", n.number) }

// connect links the machine to the node's network namespace, and tells each the way to the other: the
// machine reaches pods and Services through the node, whose kube-proxy leads on. The kernel removes the
// device and with it the routes when the node's namespace goes.
func (n *nodeNetwork) connect(outside, inside func(program string, args ...string) error, nodePid int) error {
	var err error
	for range 50 { // a node that just ended may not have taken its device along yet
		if err = outside("ip", "link", "add", n.device(), "type", "veth", "peer", "name", "eth0", "netns", fmt.Sprint(nodePid)); err == nil {
			break
		}
		if _, gone := os.Stat("/sys/class/net/" + n.device()); gone != nil {
			break // it failed for another reason
		}
		time.Sleep(100 * time.Millisecond)
	}
	if err != nil {
		return err
	}
	for _, command := range []struct {
		run  func(program string, args ...string) error
		args []string
	}{
		{outside, []string{"address", "add", n.machine() + "/24", "dev", n.device()}},
		{outside, []string{"link", "set", n.device(), "up"}},
		{inside, []string{"link", "set", "lo", "up"}},
		{inside, []string{"address", "add", n.node() + "/24", "dev", "eth0"}},
		{inside, []string{"link", "set", "eth0", "up"}},
		{inside, []string{"route", "add", "default", "via", n.machine()}},
		{outside, []string{"route", "add", n.services(), "via", n.node()}},
		{outside, []string{"route", "add", n.pods(), "via", n.node()}},
	} {
		if err := command.run("ip", command.args...); err != nil {
			return err
		}
	}
	return nil
}

func (n *nodeNetwork) release() {
	if n != nil {
		n.lock.Close()
	}
}
