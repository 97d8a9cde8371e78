package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// undertaker is a process of its own that removes what the kernel does not when a launcher with a node is
// killed: the cgroups and the directories. It learns of that by the end of its standard input; a launcher
// that stops as it should dismisses it before.
type undertaker struct {
	cmd  *exec.Cmd
	pipe *os.File
}

// startUndertaker has it wait for the launcher's end, and then for the node's.
func startUndertaker(nodePid int, network *nodeNetwork, directories ...string) (*undertaker, error) {
	reading, writing, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer reading.Close()
	held, err := network.lock.File() // nobody takes over the network's number before all is removed
	if err != nil {
		writing.Close()
		return nil, err
	}
	defer held.Close()
	cmd := exec.Command("/proc/self/exe", append([]string{"node-undertaker", strconv.Itoa(nodePid), network.cgroup()}, directories...)...)
	cmd.Dir = "/"
	cmd.Stdin = reading
	cmd.Stderr = os.Stderr
	cmd.ExtraFiles = []*os.File{held}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		writing.Close()
		return nil, err
	}
	return &undertaker{cmd: cmd, pipe: writing}, nil
}

func (u *undertaker) dismiss() error {
	if u == nil {
		return nil
	}
	_, err := u.pipe.Write([]byte{'.'})
	return errors.Join(err, u.pipe.Close(), u.cmd.Wait())
}

// undertake is what that process does.
func undertake(args []string) error {
	if len(args) < 2 {
		return errors.New("node-undertaker is started by the launcher")
	}
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	pid, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	node, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return err
	}
	var word [1]byte
	if n, _ := os.Stdin.Read(word[:]); n > 0 {
		return nil // dismissed
	}
	if !await(node, 60_000) {
		return fmt.Errorf("the node (pid %d) is still there a minute after its launcher", pid)
	}
	errs := []error{removeCgroups(args[1])}
	for _, directory := range args[2:] {
		errs = append(errs, os.RemoveAll(directory))
	}
	return errors.Join(errs...)
}

// await tells whether the process ended within the time.
func await(pidfd, milliseconds int) bool {
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}, milliseconds)
		if !errors.Is(err, syscall.EINTR) {
			return n > 0
		}
	}
}
