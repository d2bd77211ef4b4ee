package storage

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/minio/minio-go/v7/pkg/signer"
)

// S3Config says where a bucket is.
type S3Config struct {
	Endpoint  string // https://host[:port]; http too
	Bucket    string // which exists
	Region    string
	AccessKey string
	SecretKey string
}

// S3 keeps files as the objects of a bucket, addressed by path
// (https://host/bucket/key), which all such services understand. It implements
// Storage. Three requests need no client of 3 MB: only signing them is not ours.
type S3 struct {
	config S3Config
	bucket *url.URL
	client *http.Client
}

const (
	// s3Attempts is how often a request is sent before it has failed.
	s3Attempts = 3

	// s3Pause is how long to wait before the second time, and twice that before the
	// third.
	s3Pause = 200 * time.Millisecond

	// s3HeaderTimeout is how long the service may think.
	s3HeaderTimeout = 10 * time.Second
)

// NewS3 returns a storage in a bucket. It speaks to nobody yet: a service that is
// away when a server starts is no reason not to start.
func NewS3(c S3Config) (*S3, error) {
	endpoint, err := url.Parse(c.Endpoint)
	if err != nil || endpoint.Scheme != "http" && endpoint.Scheme != "https" || endpoint.Host == "" || *endpoint != (url.URL{Scheme: endpoint.Scheme, Host: endpoint.Host}) {
		return nil, fmt.Errorf("%q is no address of an S3 service: give scheme and host alone, like https://s3.example.org", c.Endpoint)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = s3HeaderTimeout
	return &S3{
		config: c, bucket: endpoint.JoinPath(c.Bucket),
		// A redirect would lead to where the signature does not hold.
		client: &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}, nil
}

// Put implements Storage.
func (s *S3) Put(ctx context.Context, key string, content []byte) error {
	answer, err := s.request(ctx, http.MethodPut, key, content)
	if err != nil {
		return err
	}
	return answer.Body.Close()
}

// Open implements Storage.
func (s *S3) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	answer, err := s.request(ctx, http.MethodGet, key, nil)
	if err != nil {
		return nil, err
	}
	return answer.Body, nil
}

// Remove implements Storage.
func (s *S3) Remove(ctx context.Context, key string) error {
	answer, err := s.request(ctx, http.MethodDelete, key, nil)
	switch {
	case err == ErrNotFound:
		return nil
	case err != nil:
		return err
	}
	return answer.Body.Close()
}

// Close lets go of idle connections.
func (s *S3) Close() error {
	s.client.CloseIdleConnections()
	return nil
}

// request sends a request about an object, again if that may help, and returns the
// answer if it is that it was done. All requests may be repeated.
func (s *S3) request(ctx context.Context, method, key string, content []byte) (answer *http.Response, err error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	for attempt := range s3Attempts {
		if attempt > 0 {
			select {
			case <-time.After(s3Pause << (attempt - 1)):
			case <-ctx.Done():
				return nil, err
			}
		}
		answer, err = s.send(ctx, method, key, content)
		if err != nil {
			continue
		}
		if answer.StatusCode < 300 {
			return answer, nil
		}
		if err = refusal(answer); answer.StatusCode < 500 && answer.StatusCode != http.StatusTooManyRequests {
			break
		}
	}
	return nil, err
}

func (s *S3) send(ctx context.Context, method, key string, content []byte) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, s.bucket.JoinPath(key).String(), bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	if method == http.MethodPut {
		r.Header.Set("Content-Type", "application/octet-stream")
	}
	sum := sha256.Sum256(content)
	r.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))
	return s.client.Do(signer.SignV4(*r, s.config.AccessKey, s.config.SecretKey, "", s.config.Region))
}

// refusal returns the error that an answer tells of, ErrNotFound if there is no such
// object. That there is no such bucket is an error like others: nothing can be told
// from it of a file.
func refusal(answer *http.Response) error {
	defer answer.Body.Close()
	var told struct{ Code, Message string }
	_ = xml.NewDecoder(io.LimitReader(answer.Body, 64<<10)).Decode(&told) // else it is told by the status alone
	if answer.StatusCode == http.StatusNotFound && told.Code == "NoSuchKey" {
		return ErrNotFound
	}
	return fmt.Errorf("S3 answers %s: %s %s", answer.Status, told.Code, told.Message)
}
