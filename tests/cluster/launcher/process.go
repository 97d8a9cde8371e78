package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// errPortTaken says that a component lost the race for a port it was given; with another port it
// may start.
var errPortTaken = errors.New("port already in use")

// spawner starts children from one OS thread that lives as long as the launcher. The kernel sends
// a parent-death signal when the *thread* that forked ends, and Go ends threads as it likes; a
// goroutine that locks its thread and never returns keeps it.
type spawner struct {
	requests chan spawnRequest
	inNode   bool // its children are in a node's namespaces, and end with these
}

type spawnRequest struct {
	cmd  *exec.Cmd
	done chan error
}

func newSpawner() *spawner {
	s := &spawner{requests: make(chan spawnRequest)}
	go s.serve(func() {})
	return s
}

func (s *spawner) serve(prepare func()) {
	runtime.LockOSThread() // for good: the thread ends with this goroutine
	prepare()
	for r := range s.requests {
		r.done <- r.cmd.Start()
	}
}

func (s *spawner) close() { close(s.requests) }

func (s *spawner) start(cmd *exec.Cmd) error {
	r := spawnRequest{cmd: cmd, done: make(chan error, 1)}
	s.requests <- r
	return <-r.done
}

// process is one running component.
type process struct {
	name   string
	log    string
	cmd    *exec.Cmd
	exited chan struct{} // closed once the process has been reaped
	state  string        // how it ended; read only after exited is closed
	paused bool

	stopping atomic.Bool // somebody wants it to end
}

// launch starts a program that dies with the launcher and writes its output to logs/NAME.log.
func (s *spawner) launch(dir, name, program string, args ...string) (*process, error) {
	p := &process{name: name, log: filepath.Join(dir, "logs", name+".log"), exited: make(chan struct{})}
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close() // the child has its own descriptor once it is started
	p.cmd = exec.Command(program, args...)
	p.cmd.Dir = dir
	p.cmd.Env = childEnvironment(dir)
	p.cmd.Stdout = log
	p.cmd.Stderr = log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{
		Setpgid: true, // Ctrl-C at a terminal is for the launcher, which then stops its children
	}
	if !s.inNode { // Go takes a parent in other namespaces for one that is dead already
		p.cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	}
	if err := s.start(p.cmd); err != nil {
		return nil, fmt.Errorf("cannot start %s: %w", name, err)
	}
	go func() {
		_ = p.cmd.Wait() // the state below says more than the error
		p.state = p.cmd.ProcessState.String()
		close(p.exited)
	}()
	return p, nil
}

// childEnvironment is ours, without what would send a component to another cluster or a proxy.
func childEnvironment(dir string) []string {
	var env []string
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		switch strings.ToUpper(name) {
		case "HOME", "KUBECONFIG", "PATH", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY":
		default:
			env = append(env, v)
		}
	}
	// A node's programs run others that are in /usr/sbin.
	return append(env, "HOME="+dir, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
}

func (p *process) alive() bool {
	select {
	case <-p.exited:
		return false
	default:
		return true
	}
}

func (p *process) signal(s syscall.Signal) error {
	if err := p.cmd.Process.Signal(s); err != nil {
		return fmt.Errorf("cannot signal %s (pid %d): %w", p.name, p.cmd.Process.Pid, err)
	}
	return nil
}

// kill ends the process and waits until it is gone. A process that SIGKILL does not end within the
// deadline hangs in the kernel; the error says so.
func (p *process) kill() error {
	if !p.alive() {
		return nil
	}
	p.stopping.Store(true)
	if err := p.signal(syscall.SIGKILL); err != nil && p.alive() && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.exited:
		return nil
	case <-time.After(10 * time.Second):
		return fmt.Errorf("%s (pid %d) is still there 10 s after SIGKILL", p.name, p.cmd.Process.Pid)
	}
}

// terminate asks the process to leave and waits up to grace for it; then it kills it. The result
// says whether it left by itself.
func (p *process) terminate(ctx context.Context, grace time.Duration) (bool, error) {
	if !p.alive() {
		return true, nil
	}
	p.stopping.Store(true)
	if err := p.signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return false, err
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.exited:
		return true, nil
	case <-timer.C:
	case <-ctx.Done():
	}
	return false, p.kill()
}

// await polls check until it succeeds. It ends early when the process does, and with an error that
// has the end of the component's log.
func (p *process) await(ctx context.Context, what string, timeout time.Duration, check func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	begin := time.Now()
	var last error
	for {
		attempt, done := context.WithTimeout(ctx, 5*time.Second)
		err := check(attempt)
		done()
		if err == nil {
			return nil
		}
		if last == nil || ctx.Err() == nil { // the deadline's own error hides the real one
			last = err
		}
		select {
		case <-p.exited:
			tail := p.logTail()
			if strings.Contains(tail, "address already in use") {
				return fmt.Errorf("%s: %w\n%s", p.name, errPortTaken, tail)
			}
			return fmt.Errorf("%s ended (%s) before it was ready; the end of its log:\n%s", p.name, p.state, tail)
		case <-ctx.Done():
			if err := context.Cause(ctx); !errors.Is(err, context.DeadlineExceeded) {
				return fmt.Errorf("gave up waiting for %s: %w", what, err)
			}
			return fmt.Errorf("%s not there after %s: %w; the end of the log of %s:\n%s",
				what, time.Since(begin).Round(100*time.Millisecond), last, p.name, p.logTail())
		case <-time.After(25 * time.Millisecond):
		}
	}
}

// logTail returns the last lines of the component's log.
func (p *process) logTail() string {
	const limit = 4000
	f, err := os.Open(p.log)
	if err != nil {
		return "(" + err.Error() + ")"
	}
	defer f.Close()
	if size, err := f.Seek(0, io.SeekEnd); err == nil && size > limit {
		_, err = f.Seek(-limit, io.SeekEnd)
		if err != nil {
			return "(" + err.Error() + ")"
		}
	} else if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "(" + err.Error() + ")"
	}
	text, err := io.ReadAll(io.LimitReader(f, limit))
	if err != nil {
		return "(" + err.Error() + ")"
	}
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	const most = 20
	if len(lines) > most {
		lines = lines[len(lines)-most:]
	}
	return "  " + strings.Join(lines, "\n  ")
}
