package main

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const realNodeName = "node-0"

// node is a real node of the cluster: kubelet, containerd and kube-proxy, in namespaces of their own.
type node struct {
	network    *nodeNetwork
	dir        string
	tools      string
	init       *exec.Cmd
	input      io.Closer // its end is the end of init
	spawner    *spawner  // starts processes in the node's namespaces
	undertaker *undertaker
	processes  []*process
}

// newNode makes the namespaces and their link to the machine; no component runs in there yet. `doomed`
// are the directories to remove when the launcher is killed.
func newNode(outside *spawner, dir, tools string, doomed ...string) (*node, error) {
	if reason := nodeLacks(tools); reason != "" {
		return nil, fmt.Errorf("there can be no node here: %s", reason)
	}
	n := &node{dir: filepath.Join(dir, "node"), tools: tools}
	if err := n.open(outside, doomed); err != nil {
		return nil, errors.Join(err, n.stop())
	}
	return n, nil
}

func (n *node) open(machine *spawner, doomed []string) error {
	if err := os.Mkdir(n.dir, 0o700); err != nil {
		return err
	}
	for _, covered := range coveredDirectories {
		if real, err := filepath.EvalSymlinks(n.dir); err != nil || strings.HasPrefix(real, covered+"/") {
			return fmt.Errorf("a node's directory may not be below %s: say another with --dir or $TMPDIR", covered)
		}
	}
	var err error
	if n.network, err = reserveNetwork(); err != nil {
		return err
	}
	if err := removeCgroups(n.network.cgroup()); err != nil { // of a launcher that was killed with its undertaker
		return err
	}
	if err := makeCgroups(n.network.cgroup()); err != nil {
		return err
	}
	if err := n.startInit(machine); err != nil {
		return err
	}
	if n.undertaker, err = startUndertaker(n.init.Process.Pid, n.network, doomed...); err != nil {
		return err
	}
	if n.spawner, err = newSpawnerIn(n.init.Process.Pid); err != nil {
		return err
	}
	outside := func(program string, args ...string) error { return runTool(machine, program, args...) }
	inside := func(program string, args ...string) error { return runTool(n.spawner, program, args...) }
	if err := n.network.connect(outside, inside, n.init.Process.Pid); err != nil {
		return err
	}
	return n.writeFiles()
}

func (n *node) startInit(machine *spawner) error {
	init := nodeInitCommand(n.dir)
	input, err := init.StdinPipe()
	if err != nil {
		return err
	}
	output, err := init.StdoutPipe()
	if err != nil {
		return err
	}
	init.Stderr = os.Stderr
	if err := machine.start(init); err != nil {
		return fmt.Errorf("no namespaces of one's own: %w", err)
	}
	n.init, n.input = init, input
	if line, err := readLine(output, 10*time.Second); line != "ready" {
		return fmt.Errorf("the node's first process is not ready: %w", err)
	}
	return nil
}

// newSpawnerIn makes one whose children are in the namespaces of a process.
func newSpawnerIn(pid int) (*spawner, error) {
	joined := make(chan error, 1)
	s := &spawner{requests: make(chan spawnRequest), inNode: true}
	go s.serve(func() { joined <- joinNamespaces(pid) })
	return s, <-joined
}

// joinNamespaces moves the calling thread, which must be locked to its goroutine.
func joinNamespaces(pid int) error {
	if err := unix.Unshare(unix.CLONE_FS); err != nil { // a thread that shares its root cannot join mounts
		return fmt.Errorf("cannot leave the other threads' root: %w", err)
	}
	handle, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return err
	}
	defer unix.Close(handle)
	all := unix.CLONE_NEWPID | unix.CLONE_NEWNS | unix.CLONE_NEWNET | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS
	if err := unix.Setns(handle, all); err != nil {
		return fmt.Errorf("cannot join the node's namespaces: %w", err)
	}
	return nil
}

// runTool runs one of Debian's programs to its end.
func runTool(s *spawner, name string, args ...string) error {
	cmd := exec.Command(nodePrograms[name], args...)
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := s.start(cmd); err != nil {
		return err
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, strings.TrimSpace(said.String()))
	}
	return nil
}

func (n *node) launch(c *cluster, name string, args ...string) (*process, error) {
	p, err := n.spawner.launch(c.dir.path, name, filepath.Join(n.tools, name), args...)
	if err != nil {
		return nil, err
	}
	n.processes = append(n.processes, p)
	c.watchers = append(c.watchers, p)
	return p, nil
}

// startRuntime starts containerd; it is ready long before it is needed.
func (n *node) startRuntime(c *cluster) error {
	_, err := n.launch(c, "containerd", "--config", n.path("containerd.toml"))
	return err
}

// start has the node take pods, which the API server must be ready for.
func (n *node) start(ctx context.Context, c *cluster) error {
	if err := n.writeCredentials(c); err != nil {
		return err
	}
	containerd := n.processes[0]
	err := containerd.await(ctx, "containerd", c.options.readyTimeout, func(ctx context.Context) error {
		return n.ctr(ctx, "version")
	})
	if err != nil {
		return err
	}
	image := n.path("busybox.tar")
	if err := writeBusyboxImage(image); err != nil {
		return err
	}
	if err := n.importImage(ctx, image); err != nil {
		return err
	}
	kubelet, err := n.launch(c, "kubelet",
		"--config="+n.path("kubelet.yaml"), "--kubeconfig="+n.path("kubelet.kubeconfig"),
		"--hostname-override="+realNodeName, "--node-ip="+n.network.node(), "--cert-dir=/run/kubelet",
	)
	if err != nil {
		return err
	}
	proxy, err := n.launch(c, "kube-proxy", "--config="+n.path("kube-proxy.yaml"))
	if err != nil {
		return err
	}
	if err := kubelet.await(ctx, "the node "+realNodeName, c.options.readyTimeout, c.nodeReady); err != nil {
		return err
	}
	return proxy.await(ctx, "the Service kubernetes", c.options.readyTimeout, func(ctx context.Context) error {
		return call(ctx, c.client, http.MethodGet, "https://"+n.network.firstServiceIP()+"/readyz", nil, nil)
	})
}

// importImage makes an image in a tar archive (an OCI layout, or what docker save writes) one that pods
// can use: by its tag and, of a layout with one name, by its digest, as if it had been pulled.
func (n *node) importImage(ctx context.Context, path string) error {
	if err := n.ctr(ctx, "images", "import", path); err != nil {
		return fmt.Errorf("cannot import %s: %w", path, err)
	}
	name, digest, err := nameInLayout(path)
	if err != nil {
		return fmt.Errorf("cannot read %s: %w", path, err)
	}
	if name == "" {
		return nil
	}
	repository := name[:strings.LastIndex(name, ":")]
	return n.ctr(ctx, "images", "tag", "--force", name, repository+"@"+digest)
}

// nameInLayout is the name with a tag that an OCI layout in a tar archive gives its one image, and that image's
// digest; empty where there is none.
func nameInLayout(path string) (name, digest string, err error) {
	file, err := os.Open(path)
	if err != nil {
		return "", "", err
	}
	defer file.Close()
	members := tar.NewReader(file)
	for {
		member, err := members.Next()
		if err == io.EOF {
			return "", "", nil
		}
		if err != nil {
			return "", "", err
		}
		if filepath.Clean(member.Name) != "index.json" {
			continue
		}
		var index struct {
			Manifests []struct {
				Digest      string
				Annotations map[string]string
			}
		}
		if err := json.NewDecoder(members).Decode(&index); err != nil {
			return "", "", err
		}
		if len(index.Manifests) != 1 {
			return "", "", nil
		}
		name := index.Manifests[0].Annotations["io.containerd.image.name"]
		if strings.LastIndex(name, ":") <= strings.LastIndex(name, "/") {
			return "", "", nil
		}
		return name, index.Manifests[0].Digest, nil
	}
}

// ctr runs containerd's client to its end.
func (n *node) ctr(ctx context.Context, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	cmd := exec.Command(filepath.Join(n.tools, "ctr"), append([]string{"--namespace=k8s.io"}, args...)...)
	cmd.Env = childEnvironment(n.dir)
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := n.spawner.start(cmd); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })
	defer stop()
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("ctr %s: %w: %s", args[0], errors.Join(context.Cause(ctx), err), strings.TrimSpace(said.String()))
	}
	return nil
}

func (n *node) path(name string) string { return filepath.Join(n.dir, name) }

// stop ends the node's first process, and so all that is in its namespaces, and removes its cgroups.
func (n *node) stop() error {
	if n == nil {
		return nil
	}
	for _, p := range n.processes {
		p.stopping.Store(true)
	}
	var errs []error
	if n.spawner != nil {
		n.spawner.close() // its thread holds the namespaces
	}
	if n.init != nil {
		if err := n.init.Process.Signal(syscall.SIGKILL); err != nil && !errors.Is(err, os.ErrProcessDone) {
			errs = append(errs, err)
		}
		n.input.Close()
		_ = n.init.Wait() // returns when every process of the node is gone; it was killed, and says so
		errs = append(errs, removeCgroups(n.network.cgroup()))
	}
	errs = append(errs, n.undertaker.dismiss())
	n.network.release()
	return errors.Join(errs...)
}
