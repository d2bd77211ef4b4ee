package markdown

import (
	"strings"
	"testing"
)

var ordinary = map[string]string{
	"line":    "That sounds good to me, see you there at eight!",
	"mention": "Thanks @Mina, **that** was it. More at https://example.com/notes?a=1 :)",
	"long": strings.Repeat("Some *words* of a longer message with `code`, a [link](https://example.com) and @Tomas.\n"+
		"> a quote\n\n- one\n- two\n\n", 10),
	"code": "```go\n" + strings.Repeat("func Greet(name string) error { // says hello\n\treturn fmt.Errorf(\"%q: %d\", name, 42)\n}\n\n", 12) + "```\n",
}

func BenchmarkRender(b *testing.B) {
	for name, content := range ordinary {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(content)))
			b.ReportAllocs()
			for b.Loop() {
				Parse(content).Render(people, uploads)
			}
		})
	}
}

// Each message is as long as may be and as costly as we know to make one.
func BenchmarkCostly(b *testing.B) {
	for _, c := range costly {
		content := message(c.before, c.unit, 1)
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				Parse(content).Render(people, uploads)
			}
		})
	}
}

func BenchmarkCostlyCode(b *testing.B) {
	for _, language := range []string{"java", "c", "makefile", "yaml", "typescript"} {
		for name, unit := range map[string]string{"newlines": "\n", "letters": "é", "quotes": "'"} {
			content := "```" + language + "\n" + message("", unit, 1)[:9_900] + "\n```"
			b.Run(language+"/"+name, func(b *testing.B) {
				for b.Loop() {
					Parse(content).Render(people, uploads)
				}
			})
		}
	}
}
