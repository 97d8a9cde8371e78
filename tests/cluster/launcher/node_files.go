package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
)

// busyboxImage is the one image that is there from the start: the sandbox of every pod, and what tests make
// small pods of.
const busyboxImage = "holdfast.test/busybox:1"

const containerdConfig = `version = 3
root = "/var/lib/containerd"
state = "/run/containerd"
[grpc]
address = "/run/containerd/containerd.sock"
[plugins."io.containerd.cri.v1.runtime"]
restrict_oom_score_adj = true
[plugins."io.containerd.cri.v1.runtime".cni]
bin_dirs = ["%[2]s"]
conf_dir = "%[1]s/cni"
[plugins."io.containerd.cri.v1.runtime".containerd]
default_runtime_name = "runc"
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
SystemdCgroup = false
[plugins."io.containerd.cri.v1.images".pinned_images]
sandbox = "%[3]s"
`

// Every pod has a link of its own to the node: what goes from one to another passes through the node's
// routing, and so through kube-proxy's rules, without the kernel's bridge filter.
const cniConfig = `{
  "cniVersion": "1.0.0",
  "name": "testcluster",
  "plugins": [{
    "type": "ptp",
    "ipam": {"type": "host-local", "dataDir": "/run/cni", "ranges": [[{"subnet": %q}]], "routes": [{"dst": "0.0.0.0/0"}]}
  }]
}
`

const kubeletConfig = `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: %[1]s
healthzPort: 0
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: true}
  x509: {clientCAFile: %[2]s}
authorization: {mode: Webhook}
tlsCertFile: %[3]s/kubelet.crt
tlsPrivateKeyFile: %[3]s/kubelet.key
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
podLogsDir: %[4]s
resolvConf: %[3]s/resolv.conf
# Pods' cgroups are all below one of ours.
cgroupRoot: /%[5]s
cgroupDriver: cgroupfs
cgroupsPerQOS: true
enforceNodeAllocatable: []
failCgroupV1: false
failSwapOn: false
oomScoreAdj: 0
localStorageCapacityIsolation: true
# The machine's disk is not ours to judge.
evictionHard: {memory.available: 1Mi, nodefs.available: 0%%, nodefs.inodesFree: 0%%, imagefs.available: 0%%, imagefs.inodesFree: 0%%}
imageGCHighThresholdPercent: 100
registerNode: true
nodeStatusUpdateFrequency: 4s
syncFrequency: 2s
kubeAPIQPS: 100
kubeAPIBurst: 200
serializeImagePulls: false
`

const kubeProxyConfig = `apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: nftables
clusterCIDR: %[1]s
hostnameOverride: %[2]s
conntrack: {maxPerCore: 0, min: 0}
clientConnection: {kubeconfig: %[3]s/kube-proxy.kubeconfig}
`

// writeFiles writes what needs no authority yet.
func (n *node) writeFiles() error {
	if err := os.Mkdir(n.path("cni"), 0o700); err != nil {
		return err
	}
	cluster := filepath.Dir(n.dir)
	return n.write(map[string]string{
		"containerd.toml":          fmt.Sprintf(containerdConfig, n.dir, cniPlugins, busyboxImage),
		"cni/testcluster.conflist": fmt.Sprintf(cniConfig, n.network.pods()),
		// There is no name service. Who asks for one is told so at once.
		"resolv.conf": "nameserver 127.0.0.1\n",
		"kubelet.yaml": fmt.Sprintf(kubeletConfig, n.network.node(), filepath.Join(cluster, "pki", "ca.crt"), n.dir,
			filepath.Join(cluster, "logs", "pods"), n.network.cgroup()),
		"kube-proxy.yaml": fmt.Sprintf(kubeProxyConfig, n.network.pods(), realNodeName, n.dir),
	})
}

func (n *node) write(files map[string]string) error {
	for name, content := range files {
		if err := os.WriteFile(n.path(name), []byte(content), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// writeCredentials issues what kubelet and kube-proxy prove themselves with.
func (n *node) writeCredentials(c *cluster) error {
	serving, err := c.ca.serving([]string{realNodeName}, []net.IP{net.ParseIP(n.network.node())})
	if err != nil {
		return err
	}
	return errors.Join(
		n.write(map[string]string{"kubelet.crt": string(serving.certificate), "kubelet.key": string(serving.key)}),
		c.writeKubeconfigFor(n.path("kubelet.kubeconfig"), c.internalServer(), "system:node:"+realNodeName, []string{"system:nodes"}),
		c.writeKubeconfigFor(n.path("kube-proxy.kubeconfig"), c.internalServer(), "system:kube-proxy", nil),
	)
}
