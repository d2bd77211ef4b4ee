package realtime

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// BenchmarkFanOut delivers events of 300 bytes to 1,000 connections over loopback, client and
// server in one process. window is how many events are under way at once; an operation is one event
// at all connections.
func BenchmarkFanOut(b *testing.B) {
	const viewers = 1000
	for _, window := range []int{1, 8, 32} {
		b.Run(fmt.Sprint("window=", window), func(b *testing.B) {
			log := NewMemoryLog("g")
			hub := New(Config{Log: log})
			ctx, stop := context.WithCancel(b.Context())
			var ended, arriving sync.WaitGroup
			ended.Go(func() { _ = hub.Run(ctx) })
			defer ended.Wait()
			defer stop()
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			defer listener.Close()
			for range viewers {
				watch(b, hub, listener, &arriving)
			}
			body := []byte(`{"text":"` + strings.Repeat("x", 260) + `"}`)
			b.ResetTimer()
			for sent := 0; sent < b.N; sent += window {
				n := min(window, b.N-sent)
				arriving.Add(n * viewers)
				for range n {
					hub.Publish(log.Append("t5", func() Event { return Event{Frame: body} }))
				}
				arriving.Wait()
			}
			b.ReportMetric(float64(b.N*viewers)/b.Elapsed().Seconds(), "deliveries/s")
		})
	}
}

// watch joins a connection that counts what arrives.
func watch(b *testing.B, hub *Hub, listener net.Listener, arriving *sync.WaitGroup) {
	client, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	server, err := listener.Accept()
	if err != nil {
		b.Fatal(err)
	}
	err = hub.Join(b.Context(), connect(server, nil, UpgradeConfig{}), JoinRequest{
		Admit: func(context.Context) (Admission, error) { return Admission{Channels: []Head{{"t5", 0}}}, nil },
	})
	if err != nil {
		b.Fatal(err)
	}
	go func() {
		defer client.Close()
		r := bufio.NewReader(client)
		var header [4]byte
		for {
			if _, err := io.ReadFull(r, header[:]); err != nil || header[0] != 0x81 {
				return
			}
			if _, err := r.Discard(int(binary.BigEndian.Uint16(header[2:]))); err != nil {
				return
			}
			arriving.Done()
		}
	}()
}
