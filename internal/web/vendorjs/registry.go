package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"time"
)

// maxTarball bounds what is read of one package, compressed and unpacked.
const maxTarball = 16 << 20

var client = &http.Client{Timeout: time.Minute}

// configuredRegistry asks npm which registry this machine uses.
func configuredRegistry() (string, error) {
	out, err := exec.Command("npm", "config", "get", "registry").Output()
	if err != nil {
		return "", fmt.Errorf("npm config get registry: %w", err)
	}
	return strings.TrimRight(strings.TrimSpace(string(out)), "/"), nil
}

// release is what the registry says about one version of a package.
type release struct {
	Dist struct {
		Tarball   string `json:"tarball"`
		Integrity string `json:"integrity"`
	} `json:"dist"`
}

func describe(registry, name, version string) (release, error) {
	var r release
	text, err := get(registry + "/" + url.PathEscape(name) + "/" + version)
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("registry answer: %w", err)
	}
	return r, nil
}

// download fetches the tarball and refuses it unless its bytes have the
// sha512 the registry promised.
func (r release) download() (map[string][]byte, error) {
	text, err := get(r.Dist.Tarball)
	if err != nil {
		return nil, err
	}
	sum := sha512.Sum512(text)
	if got := "sha512-" + base64.StdEncoding.EncodeToString(sum[:]); got != r.Dist.Integrity {
		return nil, fmt.Errorf("tarball has integrity %s, the registry promised %s", got, r.Dist.Integrity)
	}
	return unpack(bytes.NewReader(text))
}

// unpack reads a package tarball into memory: path below package/ to contents.
func unpack(r io.Reader) (map[string][]byte, error) {
	zipped, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	files := make(map[string][]byte)
	for archive := tar.NewReader(io.LimitReader(zipped, maxTarball)); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			return nil, err
		}
		_, path, _ := strings.Cut(header.Name, "/")
		files[path] = text
	}
}

func get(address string) ([]byte, error) {
	response, err := client.Get(address)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", address, response.Status)
	}
	return io.ReadAll(io.LimitReader(response.Body, maxTarball))
}
