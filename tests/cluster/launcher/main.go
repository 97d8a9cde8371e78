// Command testcluster boots a Kubernetes control plane (etcd, kube-apiserver,
// kube-controller-manager; with --kwok, kube-scheduler and kwok; with --node, kube-scheduler and a real node) in a directory of its own and
// on free ports, says where it is in one line of JSON on stdout, and then obeys commands, one a
// line, from stdin; it answers each with one line of JSON. It stops everything when stdin ends, when
// its parent process ends, and on SIGINT and SIGTERM.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const commands = `commands, one a line on stdin, each answered by one line of JSON on stdout:
  stop-apiserver      SIGTERM, and wait until it has left
  kill-apiserver      SIGKILL
  start-apiserver     on the same port, with the same certificates; answers when it is ready
  pause-apiserver     SIGSTOP: its connections stay open and nothing answers
  resume-apiserver    SIGCONT
  compact             forget history: watches and lists at older resource versions get 410
                      (restarts the API server if it is running: its memory goes further back)
  save-store          keep a copy of etcd's data (restarts etcd and the API server)
  restore-store       go back to that copy, and to its revision, as with a backup
  user NAME GROUP...  write a kubeconfig with a client certificate of this user
  import-image PATH   let pods use an image in a tar archive (with --node)
  status              the process id of each component, and whether it lives
  stop                stop everything, remove the directory, leave; so does the end of stdin
`

func main() {
	if err := dispatch(); err != nil {
		fmt.Fprintln(os.Stderr, "testcluster:", err)
		os.Exit(1)
	}
}

// dispatch tells apart what this program is: the launcher, or one of the processes that a launcher makes.
func dispatch() error {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "node-init":
			return nodeInit(os.Args[2:])
		case "node-undertaker":
			return undertake(os.Args[2:])
		}
	}
	return run()
}

func run() error {
	o, err := parse()
	if err != nil {
		return err
	}
	if o.nodeLacks {
		_, err := fmt.Println(nodeLacks(o.tools))
		return err
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	if err := watchParent(cancel); err != nil {
		return err
	}
	watchSignals(cancel)
	lines := readLines(cancel)

	c, err := newCluster(o)
	if err != nil {
		return answer(map[string]any{"error": err.Error()}, err)
	}
	if err := c.boot(ctx); err != nil {
		err = errors.Join(fmt.Errorf("cannot start the control plane: %w", err), c.stop())
		return answer(map[string]any{"error": err.Error()}, err)
	}
	watchComponents(ctx, c)
	ready := map[string]any{
		"kubeconfig": c.kubeconfig(), "server": c.server, "ca": c.pkiPath("ca.crt"), "dir": c.dir.path,
		"data": c.data.path, "etcd": c.etcdURL, "kubectl": filepath.Join(o.tools, "kubectl"),
	}
	if c.node != nil {
		ready["machine"] = c.node.network.machine()
	}
	err = answer(ready, nil)
	for err == nil && ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case line := <-lines:
			words := strings.Fields(line)
			if len(words) == 0 {
				continue
			}
			if words[0] == "stop" {
				if err := c.stop(); err != nil {
					return answer(map[string]any{"ok": false, "error": err.Error()}, err)
				}
				return answer(map[string]any{"ok": true}, nil)
			}
			err = answer(obey(ctx, c, words), nil)
			watchComponents(ctx, c)
		}
	}
	return errors.Join(err, c.stop())
}

func parse() (options, error) {
	var o options
	program, err := os.Executable()
	if err != nil {
		return o, err
	}
	flags := flag.NewFlagSet("testcluster", flag.ExitOnError)
	flags.StringVar(&o.dir, "dir", "", "the `directory` for keys, kubeconfigs and logs: absent or empty, and removed at the end (default a new one)")
	flags.StringVar(&o.tools, "tools", filepath.Dir(program), "the `directory` of the components' programs")
	flags.StringVar(&o.address, "address", "127.0.0.1", "the `IP` address clients use; if it is not loopback, the API server binds all addresses, so that pods of a real node reach it")
	flags.BoolVar(&o.kwok, "kwok", false, "also start kube-scheduler and kwok with one node, so that pods are scheduled and become ready")
	flags.BoolVar(&o.node, "node", false, "also start kube-scheduler and a real node (needs root and tests/cluster/build --node), whose pods and Services this machine reaches")
	flags.BoolVar(&o.nodeLacks, "node-lacks", false, "say in one line why --node cannot be had here, an empty one when it can, and leave")
	flags.BoolVar(&o.noControllerManager, "no-controller-manager", false, "etcd and the API server alone")
	flags.BoolVar(&o.keep, "keep", false, "keep the directory (with the logs) at the end")
	flags.DurationVar(&o.readyTimeout, "ready-timeout", 90*time.Second, "how long the control plane may take to start")
	flags.Func("apiserver-arg", "a further `argument` of kube-apiserver; may be repeated", func(arg string) error {
		o.apiserverArgs = append(o.apiserverArgs, arg)
		return nil
	})
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "usage: testcluster [flags]")
		flags.PrintDefaults()
		fmt.Fprint(flags.Output(), commands)
	}
	if err := flags.Parse(os.Args[1:]); err != nil {
		return o, err
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case net.ParseIP(o.address) == nil:
		return o, fmt.Errorf("--address %q is not an IP address", o.address)
	case o.kwok && o.node:
		return o, errors.New("--kwok and --node are two ways to have a node: say one")
	case (o.kwok || o.node) && o.noControllerManager:
		return o, errors.New("--kwok and --node need the controller manager, which makes the node schedulable")
	}
	return o, nil
}

// watchParent stops the launcher when its parent process ends. (A parent-death signal would fire
// already at the end of the parent's thread that started us.)
func watchParent(stop context.CancelCauseFunc) error {
	parent := os.Getppid()
	handle, err := unix.PidfdOpen(parent, 0)
	if err != nil {
		return fmt.Errorf("cannot watch the parent process %d: %w", parent, err)
	}
	go func() {
		for {
			_, err := unix.Poll([]unix.PollFd{{Fd: int32(handle), Events: unix.POLLIN}}, -1)
			if !errors.Is(err, syscall.EINTR) {
				stop(fmt.Errorf("the parent process %d ended", parent))
				return
			}
		}
	}()
	return nil
}

func watchSignals(stop context.CancelCauseFunc) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	signal.Ignore(syscall.SIGPIPE) // a reader that left shows as an error of the write
	go func() { stop(fmt.Errorf("received %s", <-signals)) }()
}

// readLines hands over the lines of stdin, and stops the launcher at its end, even while it starts
// or carries out a command.
func readLines(stop context.CancelCauseFunc) <-chan string {
	lines := make(chan string, 64) // so that the end of stdin is seen while a command is carried out
	go func() {
		scanner := bufio.NewScanner(os.Stdin)
		for scanner.Scan() {
			lines <- scanner.Text()
		}
		stop(errors.New("stdin ended"))
	}()
	return lines
}

// watchComponents reports on stderr when a component that nobody stopped ends.
func watchComponents(ctx context.Context, c *cluster) {
	for _, p := range c.started() {
		go func() {
			select {
			case <-p.exited:
				if ctx.Err() == nil && !p.stopping.Load() {
					fmt.Fprintf(os.Stderr, "testcluster: %s ended (%s); the end of its log:\n%s\n", p.name, p.state, p.logTail())
				}
			case <-ctx.Done():
			}
		}()
	}
}

// obey carries out one command and returns the answer.
func obey(ctx context.Context, c *cluster, words []string) map[string]any {
	result := map[string]any{"ok": true}
	var err error
	switch command := words[0]; command {
	case "stop-apiserver":
		var graceful bool
		graceful, err = c.stopAPIServer(ctx)
		result["graceful"] = graceful
	case "kill-apiserver":
		err = c.killAPIServer()
	case "start-apiserver":
		err = c.restartAPIServer(ctx)
	case "pause-apiserver":
		err = c.pauseAPIServer()
	case "resume-apiserver":
		err = c.resumeAPIServer()
	case "compact":
		result["revision"], result["restarted"], err = c.compact(ctx)
	case "save-store":
		err = c.saveStore(ctx)
	case "restore-store":
		err = c.restoreStore(ctx)
	case "user":
		if len(words) < 2 {
			err = errors.New("user needs a name")
		} else {
			result["kubeconfig"], err = c.user(words[1], words[2:])
		}
	case "import-image":
		if c.node == nil {
			err = errors.New("import-image needs --node")
		} else {
			err = c.node.importImage(ctx, strings.Join(words[1:], " "))
		}
	case "status":
		components := map[string]any{}
		for _, p := range c.processes() {
			components[p.name] = map[string]any{"pid": p.cmd.Process.Pid, "alive": p.alive(), "log": p.log}
		}
		result["components"] = components
	default:
		err = fmt.Errorf("unknown command %q", command)
	}
	if err != nil {
		return map[string]any{"ok": false, "error": err.Error()}
	}
	return result
}

// answer writes one line of JSON; its error, or else the one given, is the result.
func answer(value map[string]any, result error) error {
	line, err := json.Marshal(value)
	if err == nil {
		_, err = os.Stdout.Write(append(line, '\n'))
	}
	if err != nil {
		return errors.Join(result, fmt.Errorf("cannot answer: %w", err))
	}
	return result
}
