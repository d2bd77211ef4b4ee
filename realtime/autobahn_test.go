package realtime

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gobwas/ws"
)

// autobahnCases is how many cases each group of the Autobahn test suite for WebSocket servers has,
// groups 1 to 7.
var autobahnCases = map[string]int{
	"1.1": 8, "1.2": 8, "2": 11, "3": 7, "4.1": 5, "4.2": 5, "5": 20,
	"6.1": 3, "6.2": 4, "6.3": 2, "6.4": 4, "6.5": 5, "6.6": 11, "6.7": 4, "6.8": 2, "6.9": 4, "6.10": 3,
	"6.11": 5, "6.12": 8, "6.13": 5, "6.14": 10, "6.15": 1, "6.16": 3, "6.17": 5, "6.18": 5, "6.19": 5,
	"6.20": 7, "6.21": 8, "6.22": 34, "6.23": 7,
	"7.1": 6, "7.3": 6, "7.5": 1, "7.7": 13, "7.9": 9, "7.13": 2,
}

// autobahnCase is one: what a client sends and what an echo server answers. Where the answers do not end with a
// close frame the client says goodbye.
type autobahnCase struct {
	name string
	send [][]byte // written one by one
	want []string
}

// How a case's frames are cut before they are written.
func atOnce(frames ...[]byte) [][]byte  { return [][]byte{slices.Concat(frames...)} }
func byFrame(frames ...[]byte) [][]byte { return frames }
func byOctet(frames ...[]byte) [][]byte {
	return slices.Collect(slices.Chunk(slices.Concat(frames...), 1))
}

// The frames that clients send.
func text(s string) []byte  { return masked(ws.OpText, true, []byte(s)) }
func begin(s string) []byte { return masked(ws.OpText, false, []byte(s)) }
func more(s string) []byte  { return masked(ws.OpContinuation, false, []byte(s)) }
func end(s string) []byte   { return masked(ws.OpContinuation, true, []byte(s)) }
func ping(s string) []byte  { return masked(ws.OpPing, true, []byte(s)) }
func pong(s string) []byte  { return masked(ws.OpPong, true, []byte(s)) }
func bin(n int) []byte      { return masked(ws.OpBinary, true, bytes.Repeat([]byte{0xfe}, n)) }
func unknown(op byte, s string) []byte {
	return masked(ws.OpCode(op), true, []byte(s))
}

// reserved sets reserved bits of a frame.
func reserved(bits byte, frame []byte) []byte {
	frame[0] |= bits << 4
	return frame
}

func closing(code uint16, reason string) []byte {
	return masked(ws.OpClose, true, append(binary.BigEndian.AppendUint16(nil, code), reason...))
}

// bytewise makes a fragment of every byte.
func bytewise(s string) (frames [][]byte) {
	for i := range len(s) {
		op := ws.OpContinuation
		if i == 0 {
			op = ws.OpText
		}
		frames = append(frames, masked(op, i == len(s)-1, []byte(s[i:i+1])))
	}
	return frames
}

var (
	broken       = []string{closed(CloseProtocolError)}
	notUTF8      = []string{closed(CloseInvalidText)}
	textOnly     = []string{closed(CloseUnsupported)}
	helloThen    = []string{"text Hello, world!", closed(CloseProtocolError)}
	greek        = "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"
	beyond       = "\xf4\x90\x80\x80" // a code point that does not exist
	specialPing  = "\x00\xff\xfe\xfd\xfc\xfb\x00\xff"
	exoticText   = "Hello-µ@ßöäüàá-UTF-8!!"
	exoticTail   = "üàá-UTF-8!!"
	surrogateMix = greek + "\xed\xa0\x80edited"
)

func said(answers ...string) []string { return answers }

func saidGoodbye(code uint16, reason string) []string {
	return []string{"close " + string(binary.BigEndian.AppendUint16(nil, code)) + reason}
}

func autobahn() (cases []autobahnCase) {
	add := func(name string, send [][]byte, want []string) {
		cases = append(cases, autobahnCase{name: name, send: send, want: want})
	}
	tenPings, tenPongs := [][]byte{}, []string{}
	for i := range 10 {
		tenPings = append(tenPings, ping(fmt.Sprint("payload-", i)))
		tenPongs = append(tenPongs, fmt.Sprint("pong payload-", i))
	}

	// 1: framing. 1.2 is binary, which we do not take.
	for i, n := range []int{0, 125, 126, 127, 128, 65535, 65536} {
		payload := strings.Repeat("*", n)
		add(fmt.Sprint("1.1.", i+1), atOnce(text(payload)), said("text "+payload))
		add(fmt.Sprint("1.2.", i+1), atOnce(bin(n)), textOnly)
	}
	payload := strings.Repeat("*", 65536)
	add("1.1.8", slices.Collect(slices.Chunk(text(payload), 997)), said("text "+payload))
	add("1.2.8", slices.Collect(slices.Chunk(bin(65536), 997)), textOnly)

	// 2: pings and pongs.
	full := strings.Repeat("\xfe", 125)
	add("2.1", atOnce(ping("")), said("pong "))
	add("2.2", atOnce(ping("Hello, world!")), said("pong Hello, world!"))
	add("2.3", atOnce(ping(specialPing)), said("pong "+specialPing))
	add("2.4", atOnce(ping(full)), said("pong "+full))
	add("2.5", atOnce(ping(full+"\xfe")), broken)
	add("2.6", byOctet(ping(full)), said("pong "+full))
	add("2.7", atOnce(pong("")), said())
	add("2.8", atOnce(pong("unsolicited pong payload")), said())
	add("2.9", byFrame(pong("unsolicited pong payload"), ping("ping payload")), said("pong ping payload"))
	add("2.10", atOnce(tenPings...), tenPongs)
	add("2.11", byOctet(tenPings...), tenPongs)

	// 3: reserved bits.
	hello := func() []byte { return text("Hello, world!") }
	add("3.1", atOnce(reserved(1, hello())), broken)
	add("3.2", atOnce(hello(), reserved(2, hello()), ping("")), helloThen)
	add("3.3", byFrame(hello(), reserved(3, hello()), ping("")), helloThen)
	add("3.4", byOctet(hello(), reserved(4, hello()), ping("")), helloThen)
	add("3.5", atOnce(reserved(5, bin(8))), broken)
	add("3.6", atOnce(reserved(6, ping("Hello, world!"))), broken)
	add("3.7", atOnce(reserved(7, closing(1000, ""))), broken)

	// 4: opcodes.
	for group, op := range map[string]byte{"4.1": 3, "4.2": 11} {
		add(group+".1", atOnce(unknown(op, "")), broken)
		add(group+".2", atOnce(unknown(op+1, "reserved opcode payload")), broken)
		add(group+".3", byFrame(hello(), unknown(op+2, ""), ping("")), helloThen)
		add(group+".4", byFrame(hello(), unknown(op+3, "reserved opcode payload"), ping("")), helloThen)
		add(group+".5", byOctet(hello(), unknown(op+4, "reserved opcode payload"), ping("")), helloThen)
	}

	// 5: fragmentation.
	fragments := said("text fragment1fragment2")
	pinged := said("pong ping payload", "text fragment1fragment2")
	add("5.1", atOnce(masked(ws.OpPing, false, []byte("fragment1")), end("fragment2")), broken)
	add("5.2", atOnce(masked(ws.OpPong, false, []byte("fragment1")), end("fragment2")), broken)
	for i, cut := range []func(...[]byte) [][]byte{atOnce, byFrame, byOctet} {
		add(fmt.Sprint("5.", 3+i), cut(begin("fragment1"), end("fragment2")), fragments)
		add(fmt.Sprint("5.", 6+i), cut(begin("fragment1"), ping("ping payload"), end("fragment2")), pinged)
		add(fmt.Sprint("5.", 9+i), cut(end("non-continuation payload"), hello()), broken)
		add(fmt.Sprint("5.", 12+i), cut(more("non-continuation payload"), hello()), broken)
	}
	add("5.15", atOnce(begin("fragment1"), end("fragment2"), more("fragment3"), text("fragment4")),
		append(slices.Clone(fragments), broken...))
	add("5.16", atOnce(more("fragment1"), begin("fragment2"), end("fragment3"), more("fragment1"), begin("fragment2"), end("fragment3")), broken)
	add("5.17", atOnce(end("fragment1"), begin("fragment2"), end("fragment3"), end("fragment1"), begin("fragment2"), end("fragment3")), broken)
	add("5.18", atOnce(begin("fragment1"), text("fragment2")), broken)
	for name, cut := range map[string]func(...[]byte) [][]byte{"5.19": byFrame, "5.20": atOnce} {
		add(name, cut(begin("fragment1"), more("fragment2"), ping("pongme 1!"), more("fragment3"), more("fragment4"),
			ping("pongme 2!"), end("fragment5")),
			said("pong pongme 1!", "pong pongme 2!", "text fragment1fragment2fragment3fragment4fragment5"))
	}

	// 6: UTF-8. In 6.4 it must be refused before the message is complete: what follows is not sent. In 6.4.3
	// and 6.4.4 the frame is not complete either; we, as the suite allows, wait for that.
	add("6.1.1", atOnce(text("")), said("text "))
	add("6.1.2", atOnce(begin(""), more(""), end("")), said("text "))
	add("6.1.3", atOnce(begin(""), more("middle frame payload"), end("")), said("text middle frame payload"))
	add("6.2.1", atOnce(text(exoticText)), said("text "+exoticText))
	add("6.2.2", byFrame(begin(strings.TrimSuffix(exoticText, exoticTail)), end(exoticTail)), said("text "+exoticText))
	add("6.2.3", byFrame(bytewise(exoticText)...), said("text "+exoticText))
	add("6.2.4", byFrame(bytewise(greek)...), said("text "+greek))
	add("6.3.1", atOnce(text(surrogateMix)), notUTF8)
	add("6.3.2", byFrame(bytewise(surrogateMix)...), notUTF8)
	add("6.4.1", byFrame(begin(greek), more(beyond)), notUTF8)
	add("6.4.2", byFrame(begin(greek+"\xf4"), more("\x90")), notUTF8)
	whole := text(greek + beyond + "edited")
	start := len(whole) - len(beyond+"edited")
	add("6.4.3", [][]byte{whole[:start], whole[start : start+4], whole[start+4:]}, notUTF8)
	add("6.4.4", [][]byte{whole[:start+1], whole[start+1 : start+2], whole[start+2:]}, notUTF8)
	for group, sequences := range utf8Sequences() {
		for i, s := range sequences {
			want := said("text " + s.payload)
			if !s.valid {
				want = notUTF8
			}
			add(fmt.Sprint(group, ".", i+1), atOnce(text(s.payload)), want)
		}
	}

	// 7: closing.
	bye := closing(1000, "")
	add("7.1.1", atOnce(hello(), bye), append(said("text Hello, world!"), saidGoodbye(1000, "")...))
	add("7.1.2", atOnce(bye, masked(ws.OpClose, true, nil)), saidGoodbye(1000, ""))
	add("7.1.3", atOnce(bye, ping("")), saidGoodbye(1000, ""))
	add("7.1.4", atOnce(bye, hello()), saidGoodbye(1000, ""))
	add("7.1.5", atOnce(begin("fragment1"), bye, end("fragment2")), saidGoodbye(1000, ""))
	long := strings.Repeat("BAsd7&jh23", 192<<10/10) // 256 KiB in the suite: more than a queue of ours takes beside the next answer
	add("7.1.6", atOnce(text(long), hello(), bye, ping("")),
		append(said("text "+long, "text Hello, world!"), saidGoodbye(1000, "")...))
	add("7.3.1", atOnce(masked(ws.OpClose, true, nil)), said("close "))
	add("7.3.2", atOnce(masked(ws.OpClose, true, []byte("a"))), broken)
	add("7.3.3", atOnce(bye), saidGoodbye(1000, ""))
	add("7.3.4", atOnce(closing(1000, "Hello World!")), saidGoodbye(1000, "Hello World!"))
	add("7.3.5", atOnce(closing(1000, strings.Repeat("*", 123))), saidGoodbye(1000, strings.Repeat("*", 123)))
	add("7.3.6", atOnce(closing(1000, strings.Repeat("*", 124))), broken)
	add("7.5.1", atOnce(closing(1000, surrogateMix)), notUTF8)
	for i, code := range []uint16{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999} {
		add(fmt.Sprint("7.7.", i+1), atOnce(closing(code, "")), saidGoodbye(code, ""))
	}
	for i, code := range []uint16{0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999} {
		add(fmt.Sprint("7.9.", i+1), atOnce(closing(code, "")), broken)
	}
	add("7.13.1", atOnce(closing(5000, "")), broken)
	add("7.13.2", atOnce(closing(65535, "")), broken)
	return cases
}

// utf8Sequence is a text and whether it is well-formed.
type utf8Sequence struct {
	valid   bool
	payload string
}

func wellFormed(payloads ...string) []utf8Sequence { return sequences(true, payloads) }
func malformed(payloads ...string) []utf8Sequence  { return sequences(false, payloads) }

func sequences(valid bool, payloads []string) (all []utf8Sequence) {
	for _, p := range payloads {
		all = append(all, utf8Sequence{valid, p})
	}
	return all
}

// utf8Sequences are the texts of cases 6.5 to 6.23, which go back to Markus Kuhn's UTF-8 decoder test.
func utf8Sequences() map[string][]utf8Sequence {
	incomplete := []string{
		"\xc0", "\xe0\x80", "\xf0\x80\x80", "\xf8\x80\x80\x80", "\xfc\x80\x80\x80\x80",
		"\xdf", "\xef\xbf", "\xf7\xbf\xbf", "\xfb\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf",
	}
	var prefixes []utf8Sequence
	for n := 1; n <= len(greek); n++ {
		prefixes = append(prefixes, utf8Sequence{slices.Contains([]int{2, 5, 7, 9, 11}, n), greek[:n]})
	}
	return map[string][]utf8Sequence{
		"6.5":  wellFormed("hello$world", "hello¢world", "hello€world", "hello\U00024b62world", greek),
		"6.6":  prefixes,
		"6.7":  wellFormed("\x00", "\xc2\x80", "\xe0\xa0\x80", "\xf0\x90\x80\x80"),
		"6.8":  malformed("\xf8\x88\x80\x80\x80", "\xfc\x84\x80\x80\x80\x80"),
		"6.9":  wellFormed("\x7f", "\xdf\xbf", "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf"),
		"6.10": malformed("\xf7\xbf\xbf\xbf", "\xfb\xbf\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf\xbf"),
		"6.11": append(wellFormed("\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbd", "\xf4\x8f\xbf\xbf"), malformed(beyond)...),
		"6.12": malformed("\x80", "\xbf", "\x80\xbf", "\x80\xbf\x80", "\x80\xbf\x80\xbf", "\x80\xbf\x80\xbf\x80",
			"\x80\xbf\x80\xbf\x80\xbf", octets(0x80, 0xbf, "")),
		"6.13": malformed(octets(0xc0, 0xdf, " "), octets(0xe0, 0xef, " "), octets(0xf0, 0xf7, " "),
			octets(0xf8, 0xfb, " "), octets(0xfc, 0xfd, " ")),
		"6.14": malformed(incomplete...),
		"6.15": malformed(strings.Join(incomplete, "")),
		"6.16": malformed("\xfe", "\xff", "\xfe\xfe\xff\xff"),
		"6.17": malformed("\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xf8\x80\x80\x80\xaf", "\xfc\x80\x80\x80\x80\xaf"),
		"6.18": malformed("\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xf8\x87\xbf\xbf\xbf", "\xfc\x83\xbf\xbf\xbf\xbf"),
		"6.19": malformed("\xc0\x80", "\xe0\x80\x80", "\xf0\x80\x80\x80", "\xf8\x80\x80\x80\x80", "\xfc\x80\x80\x80\x80\x80"),
		"6.20": malformed("\xed\xa0\x80", "\xed\xad\xbf", "\xed\xae\x80", "\xed\xaf\xbf", "\xed\xb0\x80", "\xed\xbe\x80", "\xed\xbf\xbf"),
		"6.21": malformed("\xed\xa0\x80\xed\xb0\x80", "\xed\xa0\x80\xed\xbf\xbf", "\xed\xad\xbf\xed\xb0\x80", "\xed\xad\xbf\xed\xbf\xbf",
			"\xed\xae\x80\xed\xb0\x80", "\xed\xae\x80\xed\xbf\xbf", "\xed\xaf\xbf\xed\xb0\x80", "\xed\xaf\xbf\xed\xbf\xbf"),
		"6.22": wellFormed(nonCharacters()...),
		"6.23": wellFormed("\ufff9", "\ufffa", "\ufffb", "\ufffc", "\ufffd", "\ufffe", "\uffff"),
	}
}

// octets returns the bytes from one up to, but without, another, each with something behind it.
func octets(from, to byte, behind string) string {
	var s strings.Builder
	for b := from; b < to; b++ {
		s.WriteByte(b)
		s.WriteString(behind)
	}
	return s.String()
}

// nonCharacters are the last two code points of each plane.
func nonCharacters() (all []string) {
	for plane := rune(0); plane <= 16; plane++ {
		all = append(all, string(plane<<16|0xfffe), string(plane<<16|0xffff))
	}
	return all
}

func TestAutobahnCases(t *testing.T) {
	onEachSocket(t, UpgradeConfig{ReadLimit: 1 << 20}, func(t *testing.T, address string) {
		for _, c := range autobahn() {
			t.Run(c.name, func(t *testing.T) {
				send, want := c.send, c.want
				if len(want) == 0 || !strings.HasPrefix(want[len(want)-1], "close") {
					send, want = append(slices.Clone(send), closing(1000, "")), append(slices.Clone(want), saidGoodbye(1000, "")...)
				}
				if got := talk(t, address, send...); !slices.Equal(got, want) {
					t.Errorf("answered %.300q, want %.300q", got, want)
				}
			})
		}
	})
}

func TestNoAutobahnCaseIsMissing(t *testing.T) {
	names := make(map[string]bool)
	for _, c := range autobahn() {
		if names[c.name] {
			t.Errorf("case %s twice", c.name)
		}
		names[c.name] = true
	}
	count := 0
	for group, cases := range autobahnCases {
		count += cases
		for i := range cases {
			if name := fmt.Sprint(group, ".", i+1); !names[name] {
				t.Errorf("case %s is missing", name)
			}
		}
	}
	if len(names) != count {
		t.Errorf("%d cases, the suite has %d", len(names), count)
	}
}
