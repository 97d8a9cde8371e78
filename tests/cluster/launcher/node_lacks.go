package main

import (
	"bufio"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

const cniPlugins = "/usr/lib/cni"

// nodePrograms are Debian's, by path: the search path of whoever starts us may lack /usr/sbin.
var nodePrograms = map[string]string{
	"busybox": "/bin/busybox", "conntrack": "/usr/sbin/conntrack", "ip": "/usr/sbin/ip", "nft": "/usr/sbin/nft", "runc": "/usr/sbin/runc",
	"the CNI plugin host-local": filepath.Join(cniPlugins, "host-local"),
	"the CNI plugin loopback":   filepath.Join(cniPlugins, "loopback"),
	"the CNI plugin ptp":        filepath.Join(cniPlugins, "ptp"),
}

// nodeLacks says in one line why there can be no node here; nothing when there can.
func nodeLacks(tools string) string {
	if os.Geteuid() != 0 {
		return "a node needs root"
	}
	var missing []string
	for name, path := range nodePrograms {
		if _, err := os.Stat(path); err != nil {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 && !isStatic(nodePrograms["busybox"]) {
		missing = []string{"a static busybox"}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return strings.Join(missing, ", ") + " not there: tools/install-packages node"
	}
	for _, tool := range []string{"kubelet", "kube-proxy", "containerd"} {
		if _, err := os.Stat(filepath.Join(tools, tool)); err != nil {
			return tool + " is not in " + tools + ": tests/cluster/build --node builds it"
		}
	}
	if err := tryNode(); err != nil {
		return strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	return ""
}

// isStatic says whether a program runs in an image without libraries.
func isStatic(path string) bool {
	program, err := elf.Open(path)
	if err != nil {
		return false
	}
	defer program.Close()
	return !slices.ContainsFunc(program.Progs, func(part *elf.Prog) bool { return part.Type == elf.PT_INTERP })
}

// tryNode makes what a node is in: cgroups, namespaces with mounts and a network of their own, and a link
// to there.
func tryNode() error {
	network, err := reserveNetwork()
	if err != nil {
		return err
	}
	defer network.release()
	if err := errors.Join(makeCgroups(network.cgroup()), removeCgroups(network.cgroup())); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", directoryPrefix)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	init := nodeInitCommand(dir, "--probe")
	said, err := init.CombinedOutput()
	if err != nil {
		if len(said) > 0 {
			return errors.New(firstLine(said))
		}
		return fmt.Errorf("no namespaces of one's own: %w", err)
	}
	return nil
}

// nodeInitCommand is this program as the first process of new namespaces.
func nodeInitCommand(dir string, args ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", append([]string{"node-init", dir}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS | syscall.CLONE_NEWNET | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS,
		Pdeathsig:  syscall.SIGKILL,
		Setpgid:    true,
	}
	return cmd
}

// readLine reads the first line of what a child says; what else it said is the error when there is none in
// time.
func readLine(from io.Reader, limit time.Duration) (string, error) {
	type answer struct {
		line string
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		line, err := bufio.NewReader(from).ReadString('\n')
		answers <- answer{strings.TrimSpace(line), err}
	}()
	select {
	case a := <-answers:
		return a.line, a.err
	case <-time.After(limit):
		return "", fmt.Errorf("nothing said within %s", limit)
	}
}
