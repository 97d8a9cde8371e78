package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

const validity = 365 * 24 * time.Hour

// authority is the control plane's own certificate authority. It signs the serving certificate and
// every client certificate.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pem         []byte
}

// pair is a certificate and its private key, both PEM.
type pair struct {
	certificate []byte
	key         []byte
}

func newAuthority() (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template, err := newTemplate(pkix.Name{CommonName: "holdfast-testcluster-ca"})
	if err != nil {
		return nil, err
	}
	template.IsCA = true
	template.BasicConstraintsValid = true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign | x509.KeyUsageDigitalSignature
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &authority{certificate: certificate, key: key, pem: encode("CERTIFICATE", der)}, nil
}

// serving issues a server certificate for the names and addresses.
func (a *authority) serving(names []string, addresses []net.IP) (pair, error) {
	template, err := newTemplate(pkix.Name{CommonName: "kube-apiserver"})
	if err != nil {
		return pair{}, err
	}
	template.DNSNames = names
	template.IPAddresses = addresses
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	return a.issue(template)
}

// client issues a certificate that authenticates as the user, in the groups.
func (a *authority) client(user string, groups []string) (pair, error) {
	template, err := newTemplate(pkix.Name{CommonName: user, Organization: groups})
	if err != nil {
		return pair{}, err
	}
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	return a.issue(template)
}

func (a *authority) issue(template *x509.Certificate) (pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return pair{}, err
	}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		return pair{}, fmt.Errorf("cannot sign a certificate for %q: %w", template.Subject.CommonName, err)
	}
	encoded, err := encodeKey(key)
	if err != nil {
		return pair{}, err
	}
	return pair{certificate: encode("CERTIFICATE", der), key: encoded}, nil
}

func newTemplate(subject pkix.Name) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      subject,
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.Add(validity),
	}, nil
}

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func encodeKey(key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	return encode("EC PRIVATE KEY", der), nil
}

// paths of what the components read.
func (c *cluster) pkiPath(name string) string { return filepath.Join(c.dir.path, "pki", name) }

// writePKI creates the authority and everything the API server and the controller manager need
// of it.
func (c *cluster) writePKI() error {
	ca, err := newAuthority()
	if err != nil {
		return fmt.Errorf("cannot create the certificate authority: %w", err)
	}
	c.ca = ca
	_, firstServiceIP := c.services()
	addresses := []net.IP{
		net.IPv4(127, 0, 0, 1), net.IPv6loopback, net.ParseIP(firstServiceIP),
		net.ParseIP(c.options.address), net.ParseIP(c.advertised()),
	}
	serving, err := ca.serving([]string{
		"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc",
		"kubernetes.default.svc.cluster.local",
	}, addresses)
	if err != nil {
		return err
	}
	kubeletClient, err := ca.client("kube-apiserver", []string{"system:masters"})
	if err != nil {
		return err
	}
	caKey, err := encodeKey(ca.key)
	if err != nil {
		return err
	}
	serviceAccount, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	serviceAccountKey, err := encodeKey(serviceAccount)
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{
		"ca.crt":              ca.pem,
		"ca.key":              caKey,
		"apiserver.crt":       serving.certificate,
		"apiserver.key":       serving.key,
		"kubelet-client.crt":  kubeletClient.certificate,
		"kubelet-client.key":  kubeletClient.key,
		"service-account.key": serviceAccountKey,
	} {
		if err := os.WriteFile(c.pkiPath(name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// writeKubeconfig issues a client certificate for the user and writes a kubeconfig that has
// everything in it and refers to no other file.
func (c *cluster) writeKubeconfig(path, user string, groups []string) error {
	return c.writeKubeconfigFor(path, c.server, user, groups)
}

func (c *cluster) writeKubeconfigFor(path, server, user string, groups []string) error {
	client, err := c.ca.client(user, groups)
	if err != nil {
		return err
	}
	b64 := base64.StdEncoding.EncodeToString
	text := fmt.Sprintf(`apiVersion: v1
kind: Config
clusters:
- name: testcluster
  cluster:
    server: %s
    certificate-authority-data: %s
users:
- name: %[3]q
  user:
    client-certificate-data: %[4]s
    client-key-data: %[5]s
contexts:
- name: testcluster
  context:
    cluster: testcluster
    user: %[3]q
current-context: testcluster
`, server, b64(c.ca.pem), user, b64(client.certificate), b64(client.key))
	return os.WriteFile(path, []byte(text), 0o600)
}
