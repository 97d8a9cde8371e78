// Command bare_apply applies JSON objects, one a line on standard input, to an API server with server-side apply, over a number of
// kept-alive connections and without anything else: what the server allows, for benchmarks to compare with. Prints how many seconds that took,
// and with -latency the median and the 99th percentile of single requests as well, all in seconds.
package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

type config struct {
	Clusters []struct {
		Cluster struct {
			Server string `json:"server"`
			CA     string `json:"certificate-authority-data"`
		} `json:"cluster"`
	} `json:"clusters"`
	Users []struct {
		User struct {
			Certificate string `json:"client-certificate-data"`
			Key         string `json:"client-key-data"`
		} `json:"user"`
	} `json:"users"`
}

func fatal(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bare_apply:", err)
		os.Exit(1)
	}
}

func decode(text string) []byte {
	data, err := base64.StdEncoding.DecodeString(text)
	fatal(err)
	return data
}

var plurals = map[string]string{"ConfigMap": "configmaps", "ServiceAccount": "serviceaccounts", "Service": "services", "Deployment": "deployments",
	"Application": "applications"}

func main() {
	kubeconfig := flag.String("kubeconfig", "", "the cluster")
	namespace := flag.String("namespace", "default", "where to")
	parallel := flag.Int("parallel", 32, "connections")
	dryRun := flag.Bool("dry-run", false, "have the server do all but store it")
	latency := flag.Bool("latency", false, "print percentiles too")
	flag.Parse()

	out, err := exec.Command("kubectl", "--kubeconfig", *kubeconfig, "config", "view", "--raw", "--flatten", "-o", "json").Output()
	fatal(err)
	var c config
	fatal(json.Unmarshal(out, &c))
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(decode(c.Clusters[0].Cluster.CA))
	pair, err := tls.X509KeyPair(decode(c.Users[0].User.Certificate), decode(c.Users[0].User.Key))
	fatal(err)
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig:     &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{pair}},
		MaxIdleConnsPerHost: *parallel,
		MaxConnsPerHost:     *parallel,
	}}

	var all [][]byte
	scanner := bufio.NewScanner(os.Stdin)
	scanner.Buffer(nil, 1<<22)
	for scanner.Scan() {
		all = append(all, bytes.Clone(scanner.Bytes()))
	}
	fatal(scanner.Err())

	begin := time.Now()
	lines := make(chan []byte)
	var wait sync.WaitGroup
	var lock sync.Mutex
	var took []time.Duration
	for range *parallel {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for line := range lines {
				var object struct {
					APIVersion string `json:"apiVersion"`
					Kind       string `json:"kind"`
					Metadata   struct {
						Name string `json:"name"`
					} `json:"metadata"`
				}
				fatal(json.Unmarshal(line, &object))
				prefix := "/apis/"
				if !strings.Contains(object.APIVersion, "/") {
					prefix = "/api/"
				}
				url := c.Clusters[0].Cluster.Server + prefix + object.APIVersion + "/namespaces/" + *namespace + "/" +
					plurals[object.Kind] + "/" + object.Metadata.Name + "?fieldManager=bare&force=true&fieldValidation=Strict"
				if *dryRun {
					url += "&dryRun=All"
				}
				start := time.Now()
				request, err := http.NewRequest(http.MethodPatch, url, bytes.NewReader(line))
				fatal(err)
				request.Header.Set("Content-Type", "application/apply-patch+yaml")
				answer, err := client.Do(request)
				fatal(err)
				body, err := io.ReadAll(answer.Body)
				fatal(err)
				answer.Body.Close()
				lock.Lock()
				took = append(took, time.Since(start))
				lock.Unlock()
				if answer.StatusCode >= 300 {
					fatal(fmt.Errorf("%s: %s: %s", url, answer.Status, body))
				}
			}
		}()
	}
	for _, line := range all {
		lines <- line
	}
	close(lines)
	wait.Wait()
	fmt.Printf("%.4f", time.Since(begin).Seconds())
	if *latency && len(took) > 0 {
		slices.Sort(took)
		fmt.Printf(" %.5f %.5f", took[len(took)/2].Seconds(), took[len(took)*99/100].Seconds())
	}
	fmt.Println()
}
