package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	nodefast "sigs.k8s.io/kwok/kustomize/stage/node/fast"
	nodeheartbeat "sigs.k8s.io/kwok/kustomize/stage/node/heartbeat-with-lease"
	podfast "sigs.k8s.io/kwok/kustomize/stage/pod/fast"
)

// startKwok starts kwok, and registers a node for it to play.
func (c *cluster) startKwok(ctx context.Context, config string) error {
	stages := filepath.Join(c.dir.path, "run", "kwok.yaml")
	text := strings.Join([]string{
		nodefast.DefaultNodeInit, nodeheartbeat.DefaultNodeHeartbeatWithLease,
		podfast.DefaultPodReady, podfast.DefaultPodComplete, podfast.DefaultPodDelete,
	}, "\n---\n")
	if err := os.WriteFile(stages, []byte(text), 0o600); err != nil {
		return err
	}
	node := map[string]any{
		"apiVersion": "v1",
		"kind":       "Node",
		"metadata": map[string]any{
			"name":        kwokNodeName,
			"annotations": map[string]string{"kwok.x-k8s.io/node": "fake"},
			"labels": map[string]string{
				"type": "kwok", "kubernetes.io/hostname": kwokNodeName,
				"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
			},
		},
	}
	body, err := json.Marshal(node)
	if err != nil {
		return err
	}
	if err := call(ctx, c.client, http.MethodPost, c.server+"/api/v1/nodes", body, nil); err != nil {
		return fmt.Errorf("cannot create the node %s: %w", kwokNodeName, err)
	}
	kwok, err := c.launch("kwok", "kwok",
		"--kubeconfig="+config,
		"--config="+stages,
		"--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
		"--cidr="+podRange,
		"--node-ip=127.0.0.1",
		"--node-lease-duration-seconds=40",
	)
	if err != nil {
		return err
	}
	c.others = append(c.others, kwok)
	return nil
}
