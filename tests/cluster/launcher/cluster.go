package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	serviceRange   = "10.96.0.0/16"
	firstServiceIP = "10.96.0.1"
	podRange       = "10.244.0.0/16"
	kwokNodeName   = "kwok-0"

	// One who loses the race for a port this often has another problem.
	portAttempts = 5
	// How long the API server may take to finish what it is doing after SIGTERM.
	terminationGrace = 30 * time.Second
)

type options struct {
	dir                 string
	tools               string
	address             string
	kwok                bool
	node                bool
	nodeLacks           bool // only say so
	noControllerManager bool
	keep                bool
	apiserverArgs       []string
	readyTimeout        time.Duration
}

// cluster is one control plane. Its methods are called from one goroutine.
type cluster struct {
	options options
	spawner *spawner
	dir     *ownedDirectory // keys, kubeconfigs, logs
	data    *ownedDirectory // etcd's
	ca      *authority
	client  *http.Client // authenticates as the administrator

	etcdURL  string
	peerURL  string // etcd's own
	server   string
	ports    []*portReservation
	port     int // the API server's, the same through all its restarts
	users    int
	node     *node
	etcd     *process
	api      *process
	others   []*process // controller manager, scheduler, kwok or the node's
	watchers []*process // what was started since the last call of started()
}

func newCluster(o options) (*cluster, error) {
	c := &cluster{options: o, spawner: newSpawner()}
	var err error
	if o.dir != "" {
		c.dir, err = takeDirectory(o.dir)
	} else {
		sweep(os.TempDir())
		c.dir, err = newDirectory(os.TempDir())
	}
	if err != nil {
		return nil, err
	}
	sweep(memoryRoot)
	for _, sub := range []string{"pki", "logs", "users", "run"} {
		if err := os.Mkdir(filepath.Join(c.dir.path, sub), 0o700); err != nil {
			return nil, errors.Join(err, c.dir.remove())
		}
	}
	if c.data, err = newDataDirectory(c.dir.path); err != nil {
		return nil, errors.Join(err, c.dir.remove())
	}
	return c, nil
}

// boot starts every component and returns once the control plane serves.
func (c *cluster) boot(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.options.readyTimeout)
	defer cancel()
	if c.options.node {
		if err := c.makeNode(); err != nil {
			return err
		}
	}
	if err := c.writePKI(); err != nil {
		return err
	}
	if err := c.withFreePort(func() error { return c.startEtcd(ctx) }); err != nil {
		return err
	}
	if err := c.withFreePort(func() error { return c.firstAPIServer(ctx) }); err != nil {
		return err
	}
	if c.options.noControllerManager {
		return c.api.await(ctx, "the default namespace", c.options.readyTimeout, func(ctx context.Context) error {
			return c.get(ctx, "/api/v1/namespaces/default", nil)
		})
	}
	return c.startControllers(ctx)
}

// makeNode comes before all else: the node's network decides which addresses the API server has.
func (c *cluster) makeNode() error {
	var doomed []string
	if !c.options.keep {
		doomed = []string{c.dir.path, c.data.path}
	}
	var err error
	if c.node, err = newNode(c.spawner, c.dir.path, c.options.tools, doomed...); err != nil {
		return err
	}
	return c.node.startRuntime(c)
}

// services are the range of Services' addresses and its first, which is the API server's.
func (c *cluster) services() (all, first string) {
	if c.node != nil {
		return c.node.network.services(), c.node.network.firstServiceIP()
	}
	return serviceRange, firstServiceIP
}

// advertised is the address at which pods reach the API server.
func (c *cluster) advertised() string {
	if c.node != nil {
		return c.node.network.machine()
	}
	return c.options.address
}

func (c *cluster) internalServer() string {
	return "https://" + net.JoinHostPort(c.advertised(), strconv.Itoa(c.port))
}

// withFreePort tries again, with other ports, when a component was not given those it asked for.
func (c *cluster) withFreePort(start func() error) error {
	var err error
	for range portAttempts {
		if err = start(); !errors.Is(err, errPortTaken) {
			return err
		}
	}
	return err
}

func (c *cluster) reserve(address string) (int, error) {
	r, err := reservePort(address)
	if err != nil {
		return 0, err
	}
	c.ports = append(c.ports, r)
	return r.port, nil
}

func (c *cluster) launch(name, tool string, args ...string) (*process, error) {
	p, err := c.spawner.launch(c.dir.path, name, filepath.Join(c.options.tools, tool), args...)
	if err != nil {
		return nil, err
	}
	c.watchers = append(c.watchers, p)
	return p, nil
}

// started returns the processes launched since it was last called.
func (c *cluster) started() []*process {
	s := c.watchers
	c.watchers = nil
	return s
}

func (c *cluster) startEtcd(ctx context.Context) error {
	client, err := c.reserve("127.0.0.1")
	if err != nil {
		return err
	}
	peer, err := c.reserve("127.0.0.1")
	if err != nil {
		return err
	}
	c.etcdURL = "http://127.0.0.1:" + strconv.Itoa(client)
	c.peerURL = "http://127.0.0.1:" + strconv.Itoa(peer)
	if err := os.RemoveAll(c.store()); err != nil { // of an attempt at other ports
		return err
	}
	return c.launchEtcd(ctx)
}

// store is the directory of etcd's data.
func (c *cluster) store() string { return filepath.Join(c.data.path, "etcd") }

// savedStore is where saveStore leaves a copy; not in memory, which has no room for two.
func (c *cluster) savedStore() string { return filepath.Join(c.dir.path, "run", "saved-etcd") }

// launchEtcd starts etcd at its ports, with what data there is.
func (c *cluster) launchEtcd(ctx context.Context) error {
	var err error
	c.etcd, err = c.launch("etcd", "etcd",
		"--name=default",
		"--data-dir="+c.store(),
		"--listen-client-urls="+c.etcdURL, "--advertise-client-urls="+c.etcdURL,
		"--listen-peer-urls="+c.peerURL, "--initial-advertise-peer-urls="+c.peerURL,
		"--initial-cluster=default="+c.peerURL,
		"--unsafe-no-fsync",
		"--heartbeat-interval=50", "--election-timeout=250", // there is nobody to lose an election to
		"--max-wals=2", "--max-snapshots=2", // a log file takes 64 MiB of memory from the start
		"--log-level=warn",
	)
	if err != nil {
		return err
	}
	plain := &http.Client{}
	return c.etcd.await(ctx, "etcd", c.options.readyTimeout, func(ctx context.Context) error {
		return call(ctx, plain, http.MethodGet, c.etcdURL+"/health", nil, nil)
	})
}

// firstAPIServer chooses the port, writes the administrator's kubeconfig for it and starts the API
// server there.
func (c *cluster) firstAPIServer(ctx context.Context) error {
	var err error
	if c.port, err = c.reserve(c.bindAddress()); err != nil {
		return err
	}
	c.server = "https://" + net.JoinHostPort(c.options.address, strconv.Itoa(c.port))
	if err := c.writeKubeconfig(c.kubeconfig(), "holdfast-testcluster-admin", []string{"system:masters"}); err != nil {
		return err
	}
	if c.client, err = c.newClient(); err != nil {
		return err
	}
	return c.startAPIServer(ctx)
}

func (c *cluster) kubeconfig() string { return filepath.Join(c.dir.path, "admin.kubeconfig") }

func (c *cluster) bindAddress() string {
	if net.ParseIP(c.advertised()).IsLoopback() {
		return c.advertised()
	}
	return "0.0.0.0"
}

func (c *cluster) newClient() (*http.Client, error) {
	admin, err := c.ca.client("holdfast-testcluster-admin", []string{"system:masters"})
	if err != nil {
		return nil, err
	}
	certificate, err := tls.X509KeyPair(admin.certificate, admin.key)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(c.ca.certificate)
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{certificate}},
		// Connections must not survive an API server that is killed and started again.
		DisableKeepAlives: true,
	}}, nil
}

func (c *cluster) startAPIServer(ctx context.Context) error {
	services, _ := c.services()
	authorization := "RBAC"
	if c.node != nil {
		authorization = "Node,RBAC"
	}
	args := []string{
		"--etcd-servers=" + c.etcdURL,
		"--bind-address=" + c.bindAddress(),
		"--secure-port=" + strconv.Itoa(c.port),
		"--advertise-address=" + c.advertised(),
		"--cert-dir=" + filepath.Join(c.dir.path, "run"),
		"--tls-cert-file=" + c.pkiPath("apiserver.crt"),
		"--tls-private-key-file=" + c.pkiPath("apiserver.key"),
		"--client-ca-file=" + c.pkiPath("ca.crt"),
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + c.pkiPath("service-account.key"),
		"--service-account-signing-key-file=" + c.pkiPath("service-account.key"),
		"--service-cluster-ip-range=" + services,
		"--authorization-mode=" + authorization,
		"--allow-privileged=true",
		// Without it, SIGTERM takes as long as the longest watch, or a minute.
		"--shutdown-watch-termination-grace-period=2s",
	}
	if c.node != nil {
		args = append(args,
			"--enable-admission-plugins=NodeRestriction",
			"--kubelet-preferred-address-types=InternalIP", "--kubelet-certificate-authority="+c.pkiPath("ca.crt"),
			"--kubelet-client-certificate="+c.pkiPath("kubelet-client.crt"), "--kubelet-client-key="+c.pkiPath("kubelet-client.key"),
		)
	}
	if net.ParseIP(c.advertised()).IsLoopback() {
		// The endpoints of the Service "kubernetes" may not be loopback addresses.
		args = append(args, "--endpoint-reconciler-type=none")
	}
	if c.options.noControllerManager {
		// Nobody makes the default service accounts, without which no pod could be created.
		args = append(args, "--disable-admission-plugins=ServiceAccount")
	}
	var err error
	c.api, err = c.launch("kube-apiserver", "kube-apiserver", append(args, c.options.apiserverArgs...)...)
	if err != nil {
		return err
	}
	return c.api.await(ctx, "the API server", c.options.readyTimeout, func(ctx context.Context) error {
		return c.get(ctx, "/readyz", nil)
	})
}

func (c *cluster) startControllers(ctx context.Context) error {
	config := c.kubeconfig()
	common := []string{
		"--kubeconfig=" + config, "--authentication-kubeconfig=" + config, "--authorization-kubeconfig=" + config,
		"--leader-elect=false", "--secure-port=0", "--kube-api-qps=1000", "--kube-api-burst=2000",
	}
	manager, err := c.launch("kube-controller-manager", "kube-controller-manager", append([]string{
		"--service-account-private-key-file=" + c.pkiPath("service-account.key"),
		"--root-ca-file=" + c.pkiPath("ca.crt"),
		"--cluster-signing-cert-file=" + c.pkiPath("ca.crt"),
		"--cluster-signing-key-file=" + c.pkiPath("ca.key"),
	}, common...)...)
	if err != nil {
		return err
	}
	c.others = append(c.others, manager)
	if c.options.kwok || c.options.node {
		scheduler, err := c.launch("kube-scheduler", "kube-scheduler", common...)
		if err != nil {
			return err
		}
		c.others = append(c.others, scheduler)
	}
	if c.options.kwok {
		if err := c.startKwok(ctx, config); err != nil {
			return err
		}
	}
	if c.node != nil {
		if err := c.node.start(ctx, c); err != nil {
			return err
		}
	}
	err = manager.await(ctx, "the default service account", c.options.readyTimeout, func(ctx context.Context) error {
		return c.get(ctx, "/api/v1/namespaces/default/serviceaccounts/default", nil)
	})
	if err != nil || !c.options.kwok {
		return err
	}
	kwok := c.others[len(c.others)-1]
	return kwok.await(ctx, "the node "+kwokNodeName, c.options.readyTimeout, c.nodeReady)
}

// nodeReady checks that the node takes pods: ready, and without the taint it was born with.
func (c *cluster) nodeReady(ctx context.Context) error {
	var node struct {
		Spec struct {
			Taints []struct{ Key string }
		}
		Status struct {
			Conditions []struct{ Type, Status string }
		}
	}
	name := kwokNodeName
	if c.node != nil {
		name = realNodeName
	}
	if err := c.get(ctx, "/api/v1/nodes/"+name, &node); err != nil {
		return err
	}
	if len(node.Spec.Taints) > 0 {
		return fmt.Errorf("it has the taint %s", node.Spec.Taints[0].Key)
	}
	for _, condition := range node.Status.Conditions {
		if condition.Type == "Ready" && condition.Status == "True" {
			return nil
		}
	}
	return errors.New("it is not ready")
}

// stopAPIServer lets the API server finish what it is doing. The result says whether it left by
// itself in time.
func (c *cluster) stopAPIServer(ctx context.Context) (bool, error) {
	if err := c.resumeIfPaused(); err != nil {
		return false, err
	}
	return c.api.terminate(ctx, terminationGrace)
}

func (c *cluster) killAPIServer() error {
	c.api.paused = false
	return c.api.kill()
}

// restartAPIServer starts the API server, which must not be running, at the port it had.
func (c *cluster) restartAPIServer(ctx context.Context) error {
	if c.api.alive() {
		return fmt.Errorf("the API server is running (pid %d)", c.api.cmd.Process.Pid)
	}
	var err error
	for range portAttempts {
		if err = c.startAPIServer(ctx); !errors.Is(err, errPortTaken) {
			return err
		}
		select { // whoever has the port may let it go
		case <-time.After(500 * time.Millisecond):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return err
}

// saveStore keeps a copy of etcd's data, for restoreStore. The API server and etcd are killed for that, and
// started again.
func (c *cluster) saveStore(ctx context.Context) error {
	return c.withoutStore(ctx, func() error { return replaceDirectory(c.savedStore(), c.store()) })
}

// restoreStore brings back what saveStore kept, as one does with a backup: the API server and etcd are killed
// and begin with the old data, and with the old revision.
func (c *cluster) restoreStore(ctx context.Context) error {
	if _, err := os.Stat(c.savedStore()); err != nil {
		return errors.New("there is nothing to restore: save-store comes first")
	}
	return c.withoutStore(ctx, func() error { return replaceDirectory(c.store(), c.savedStore()) })
}

func (c *cluster) withoutStore(ctx context.Context, do func() error) error {
	if err := errors.Join(c.killAPIServer(), c.etcd.kill()); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	if err := c.launchEtcd(ctx); err != nil {
		return err
	}
	return c.restartAPIServer(ctx)
}

// replaceDirectory makes one directory a copy of another.
func replaceDirectory(to, from string) error {
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	return os.CopyFS(to, os.DirFS(from))
}

// pauseAPIServer freezes the API server: its connections stay open and nothing answers.
func (c *cluster) pauseAPIServer() error {
	if !c.api.alive() {
		return errors.New("the API server is not running")
	}
	if err := c.api.signal(syscall.SIGSTOP); err != nil {
		return err
	}
	c.api.paused = true
	return nil
}

func (c *cluster) resumeAPIServer() error {
	if !c.api.alive() {
		return errors.New("the API server is not running")
	}
	if !c.api.paused {
		return errors.New("the API server is not paused")
	}
	return c.resumeIfPaused()
}

func (c *cluster) resumeIfPaused() error {
	if !c.api.paused || !c.api.alive() {
		return nil
	}
	if err := c.api.signal(syscall.SIGCONT); err != nil {
		return err
	}
	c.api.paused = false
	return nil
}

// compact forgets all history up to now, so that a watch or a list at an older resource version
// is answered 410. Returns the revision up to which history is gone.
//
// Compacting etcd is not enough: the API server goes on serving watches from the events it keeps
// in memory. It is therefore restarted when it is running.
func (c *cluster) compact(ctx context.Context) (revision int64, restarted bool, err error) {
	var head struct {
		Header struct {
			Revision int64 `json:"revision,string"`
		} `json:"header"`
	}
	plain := &http.Client{}
	// The key is one zero byte; only the header of the answer is of interest.
	if err := call(ctx, plain, http.MethodPost, c.etcdURL+"/v3/kv/range", []byte(`{"key":"AA=="}`), &head); err != nil {
		return 0, false, fmt.Errorf("cannot read etcd's revision: %w", err)
	}
	revision = head.Header.Revision
	body := fmt.Sprintf(`{"revision":"%d","physical":true}`, revision)
	if err := call(ctx, plain, http.MethodPost, c.etcdURL+"/v3/kv/compaction", []byte(body), nil); err != nil {
		return 0, false, fmt.Errorf("cannot compact etcd at revision %d: %w", revision, err)
	}
	if !c.api.alive() {
		return revision, false, nil
	}
	if err := c.killAPIServer(); err != nil {
		return revision, false, err
	}
	return revision, true, c.restartAPIServer(ctx)
}

// user writes a kubeconfig that authenticates as the user, in the groups, and returns its path.
func (c *cluster) user(name string, groups []string) (string, error) {
	c.users++
	file := fmt.Sprintf("%d-%s.kubeconfig", c.users, strings.Map(func(r rune) rune {
		if r == '/' || r == 0 {
			return '_'
		}
		return r
	}, name))
	path := filepath.Join(c.dir.path, "users", file)
	return path, c.writeKubeconfig(path, name, groups)
}

func (c *cluster) processes() []*process {
	var all []*process
	components := append([]*process{c.etcd, c.api}, c.others...)
	if c.node != nil {
		components = append(components, c.node.processes...)
	}
	for _, p := range components {
		if p != nil {
			all = append(all, p)
		}
	}
	return all
}

// stop kills everything, for nothing here is worth a graceful end, and removes the directories.
func (c *cluster) stop() error {
	errs := []error{c.node.stop()}
	// Those that depend on others first, so that logs do not end in complaints.
	all := c.processes()
	for i := len(all) - 1; i >= 0; i-- {
		errs = append(errs, all[i].kill())
	}
	for _, r := range c.ports {
		r.release()
	}
	errs = append(errs, c.data.remove())
	if c.options.keep {
		fmt.Fprintln(os.Stderr, "testcluster: kept", c.dir.path)
	} else {
		errs = append(errs, c.dir.remove())
	}
	return errors.Join(errs...)
}

// get reads an object of the API server into result, if that is not nil.
func (c *cluster) get(ctx context.Context, path string, result any) error {
	return call(ctx, c.client, http.MethodGet, c.server+path, nil, result)
}

// call makes one request; any status but 2xx is an error that quotes the answer.
func call(ctx context.Context, client *http.Client, method, url string, body []byte, result any) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return err
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s: %s", method, url, response.Status, strings.TrimSpace(string(text)))
	}
	if result == nil {
		return nil
	}
	return json.Unmarshal(text, result)
}
