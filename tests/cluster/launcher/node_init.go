package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

// What a node's programs insist on writing to, each covered by something of the node's own.
var coveredDirectories = []string{"/run", "/var/lib", "/var/log"}

// Settings of the kernel that kubelet changes for the whole machine, and the values it wants. It finds
// them so, in files of the node's own.
var coveredSettings = map[string]string{
	"/proc/sys/vm/overcommit_memory":      "1",
	"/proc/sys/vm/panic_on_oom":           "0",
	"/proc/sys/kernel/panic":              "10",
	"/proc/sys/kernel/panic_on_oops":      "1",
	"/proc/sys/kernel/keys/root_maxkeys":  "1000000",
	"/proc/sys/kernel/keys/root_maxbytes": "25000000",
}

// networkSettings are those of the node's network namespace alone.
var networkSettings = map[string]string{
	"/proc/sys/net/ipv4/ip_forward":                  "1",
	"/proc/sys/net/ipv4/conf/all/send_redirects":     "0", // to a Service that leads back to the machine there is no shorter way
	"/proc/sys/net/ipv4/conf/default/send_redirects": "0",
}

// nodeInit is the first process of a node's namespaces (processes, mounts, network). When it ends, for
// whatever reason, the kernel ends all others in there; their mounts and network go with the last of them.
// So nothing of a node outlives its launcher, which ends this process with its own end: by its
// parent-death signal, or else by closing our standard input.
//
// It makes the mounts, says "ready" (or what failed) on stdout, and then reaps orphans. With --probe it
// tries what a node needs of the kernel instead, and leaves.
func nodeInit(args []string) error {
	if len(args) == 0 || os.Getpid() != 1 {
		return errors.New("node-init is started by the launcher, in namespaces of its own")
	}
	dir := args[0]
	if err := nodeMounts(dir); err != nil {
		return err
	}
	if len(args) > 1 && args[1] == "--probe" {
		return probeKernel(dir)
	}
	for path, value := range networkSettings {
		if err := os.WriteFile(path, []byte(value), 0o644); err != nil {
			return err
		}
	}
	children := make(chan os.Signal, 1)
	signal.Notify(children, syscall.SIGCHLD)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0) // the launcher is gone
	}()
	if _, err := fmt.Println("ready"); err != nil {
		return err
	}
	for range children {
		for {
			pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
			if pid <= 0 && !errors.Is(err, syscall.EINTR) {
				break
			}
		}
	}
	return nil
}

// nodeMounts gives the node its own /proc and its own, empty, places to write to.
func nodeMounts(dir string) error {
	// Without it the mounts below would show up outside as well.
	if err := mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE); err != nil {
		return err
	}
	if err := mount("proc", "/proc", "proc", syscall.MS_NOSUID|syscall.MS_NODEV|syscall.MS_NOEXEC); err != nil {
		return err
	}
	for _, path := range coveredDirectories {
		if err := mount("tmpfs", path, "tmpfs", 0); err != nil {
			return err
		}
	}
	for _, name := range []string{"kubelet", "containerd"} { // what may grow large is on disk
		from, to := filepath.Join(dir, name), filepath.Join("/var/lib", name)
		if err := errors.Join(os.MkdirAll(from, 0o700), os.Mkdir(to, 0o700)); err != nil {
			return err
		}
		if err := mount(from, to, "", syscall.MS_BIND); err != nil {
			return err
		}
	}
	if err := os.Mkdir("/run/settings", 0o700); err != nil {
		return err
	}
	for path, value := range coveredSettings {
		own := filepath.Join("/run/settings", filepath.Base(path))
		if err := os.WriteFile(own, []byte(value+"\n"), 0o600); err != nil {
			return err
		}
		if err := mount(own, path, "", syscall.MS_BIND); err != nil {
			return err
		}
	}
	return nil
}

func mount(from, to, kind string, flags uintptr) error {
	if err := syscall.Mount(from, to, kind, flags, ""); err != nil {
		return fmt.Errorf("cannot mount %s: %w", to, err)
	}
	return nil
}

// probeKernel tries what pods need of the kernel beyond namespaces: an image's layers one over the other,
// and Services.
func probeKernel(dir string) error {
	var layers []string
	for _, name := range []string{"lower", "upper", "work", "merged"} {
		path := filepath.Join(dir, name)
		if err := os.Mkdir(path, 0o700); err != nil {
			return err
		}
		layers = append(layers, path)
	}
	options := fmt.Sprintf("lowerdir=%s,upperdir=%s,workdir=%s", layers[0], layers[1], layers[2])
	if err := syscall.Mount("overlay", layers[3], "overlay", 0, options); err != nil {
		return fmt.Errorf("no overlayfs on %s: %w", dir, err)
	}
	if err := syscall.Unmount(layers[3], 0); err != nil {
		return err
	}
	nft := exec.Command(nodePrograms["nft"], "-f", "-")
	nft.Stdin = strings.NewReader(`table ip probe {
  chain nat { type nat hook prerouting priority dstnat; ip daddr 198.18.0.1 tcp dport 1 dnat to numgen random mod 2 map { 0: 198.18.0.2, 1: 198.18.0.3 }; }
}`)
	if said, err := nft.CombinedOutput(); err != nil {
		return fmt.Errorf("no nftables with NAT: %w: %s", err, firstLine(said))
	}
	return nil
}

func firstLine(text []byte) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	return line
}
