package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// blob is a file of an OCI layout, named by its content.
type blob struct {
	kind string
	data []byte
}

func (b blob) digest() string {
	sum := sha256.Sum256(b.data)
	return hex.EncodeToString(sum[:])
}

func (b blob) descriptor() map[string]any {
	return map[string]any{"mediaType": b.kind, "digest": "sha256:" + b.digest(), "size": len(b.data)}
}

func jsonBlob(kind string, value map[string]any) (blob, error) {
	data, err := json.Marshal(value)
	return blob{kind: kind, data: data}, err
}

// writeBusyboxImage writes an image of the machine's static busybox: an OCI layout in a tar archive. By
// itself it sleeps, as the sandbox of a pod should.
func writeBusyboxImage(path string) error {
	layer, err := busyboxLayer()
	if err != nil {
		return err
	}
	config, err := jsonBlob("application/vnd.oci.image.config.v1+json", map[string]any{
		"architecture": runtime.GOARCH, "os": "linux",
		"config": map[string]any{"Env": []string{"PATH=/bin"}, "Cmd": []string{"/bin/sleep", "2147483647"}},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + layer.digest()}},
	})
	if err != nil {
		return err
	}
	const manifestType = "application/vnd.oci.image.manifest.v1+json"
	manifest, err := jsonBlob(manifestType, map[string]any{
		"schemaVersion": 2, "mediaType": manifestType, "config": config.descriptor(), "layers": []any{layer.descriptor()},
	})
	if err != nil {
		return err
	}
	named := manifest.descriptor()
	named["annotations"] = map[string]string{"io.containerd.image.name": busyboxImage}
	const indexType = "application/vnd.oci.image.index.v1+json"
	index, err := jsonBlob(indexType, map[string]any{"schemaVersion": 2, "mediaType": indexType, "manifests": []any{named}})
	if err != nil {
		return err
	}
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	files := map[string][]byte{"oci-layout": []byte(`{"imageLayoutVersion": "1.0.0"}`), "index.json": index.data}
	for _, b := range []blob{layer, config, manifest} {
		files["blobs/sha256/"+b.digest()] = b.data
	}
	for name, data := range files {
		if err := addFile(w, name, 0o644, data); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(path, archive.Bytes(), 0o600)
}

// busyboxLayer has busybox and a link for each of its tools, and what programs expect to find.
func busyboxLayer() (blob, error) {
	program, err := os.ReadFile(nodePrograms["busybox"])
	if err != nil {
		return blob{}, err
	}
	tools, err := exec.Command(nodePrograms["busybox"], "--list").Output()
	if err != nil {
		return blob{}, err
	}
	var layer bytes.Buffer
	w := tar.NewWriter(&layer)
	for name, mode := range map[string]int64{"bin/": 0o755, "etc/": 0o755, "tmp/": 0o1777} {
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: mode}); err != nil {
			return blob{}, err
		}
	}
	if err := addFile(w, "bin/busybox", 0o755, program); err != nil {
		return blob{}, err
	}
	for _, tool := range strings.Fields(string(tools)) {
		if tool == "busybox" {
			continue
		}
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeSymlink, Name: "bin/" + tool, Linkname: "busybox"}); err != nil {
			return blob{}, err
		}
	}
	if err := addFile(w, "etc/passwd", 0o644, []byte("root:x:0:0:root:/:/bin/sh\n")); err != nil {
		return blob{}, err
	}
	if err := w.Close(); err != nil {
		return blob{}, err
	}
	return blob{kind: "application/vnd.oci.image.layer.v1.tar", data: layer.Bytes()}, nil
}

func addFile(w *tar.Writer, name string, mode int64, data []byte) error {
	if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, Size: int64(len(data))}); err != nil {
		return err
	}
	_, err := w.Write(data)
	return err
}
