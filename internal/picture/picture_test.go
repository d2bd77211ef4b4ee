package picture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"testing"

	"parley"
)

// quarters is an image whose quarters have four colours, in reading order.
func quarters(width, height int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.SetRGBA(x, y, fourColors[2*(2*y/height)+2*x/width])
		}
	}
	return img
}

var fourColors = [4]color.RGBA{{200, 0, 0, 255}, {0, 200, 0, 255}, {0, 0, 200, 255}, {200, 200, 0, 255}}

func encodeJPEG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func encodePNG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func encodeGIF(t testing.TB, frames int, size image.Rectangle) []byte {
	t.Helper()
	animation := &gif.GIF{LoopCount: 3}
	for i := range frames {
		frame := image.NewPaletted(size, color.Palette{color.Black, color.White})
		frame.SetColorIndex(i%size.Dx(), 0, 1)
		animation.Image, animation.Delay = append(animation.Image, frame), append(animation.Delay, 4)
	}
	var out bytes.Buffer
	if err := gif.EncodeAll(&out, animation); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// photograph is a JPEG that says how it has to be turned and where it was taken.
func photograph(t testing.TB, img image.Image, orientation uint16, order binary.AppendByteOrder, mark string) []byte {
	t.Helper()
	exif := []byte("Exif\x00\x00MM\x00*")
	if order == binary.AppendByteOrder(binary.LittleEndian) {
		exif = []byte("Exif\x00\x00II*\x00")
	}
	exif = order.AppendUint32(exif, 8)
	exif = order.AppendUint16(exif, 2)
	for _, entry := range []struct{ tag, value uint16 }{{0x010f, 7}, {0x0112, orientation}} {
		exif = order.AppendUint16(exif, entry.tag)
		exif = order.AppendUint16(exif, 3)
		exif = order.AppendUint32(exif, 1)
		exif = order.AppendUint16(exif, entry.value)
		exif = order.AppendUint16(exif, 0)
	}
	exif = append(exif, "GPS 52.5200 N 13.4050 E"+mark...)
	plain := encodeJPEG(t, img)
	out := append([]byte{0xff, 0xd8, 0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(exif)+2))...)
	return append(append(out, exif...), plain[2:]...)
}

func decoded(t *testing.T, p Picture) image.Image {
	t.Helper()
	img, format, err := image.Decode(bytes.NewReader(p.Content))
	if err != nil || "image/"+format != p.Type {
		t.Fatalf("%s is %s: %v", p.Type, format, err)
	}
	if size := img.Bounds().Size(); size.X != p.Width || size.Y != p.Height {
		t.Fatalf("%d × %d is %v", p.Width, p.Height, size)
	}
	return img
}

func TestEveryKindOfImageIsWrittenAnew(t *testing.T) {
	webp, err := os.ReadFile("testdata/opaque.webp")
	if err != nil {
		t.Fatal(err)
	}
	clear, err := os.ReadFile("testdata/clear.webp")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		upload []byte
		want   string
	}{
		"JPEG":                 {encodeJPEG(t, quarters(40, 20)), "image/jpeg 40×20"},
		"PNG":                  {encodePNG(t, quarters(40, 20)), "image/png 40×20"},
		"GIF":                  {encodeGIF(t, 1, image.Rect(0, 0, 40, 20)), "image/gif 40×20"},
		"WebP":                 {webp, "image/jpeg 48×32"},
		"WebP that lets light": {clear, "image/png 32×32"},
		"a large photograph":   {encodeJPEG(t, quarters(2100, 1050)), "image/jpeg 2048×1024"},
		"a huge drawing":       {encodePNG(t, image.NewGray(image.Rect(0, 0, 10000, 5))), "image/png 2048×1"},
	} {
		p, err := Clean(append(c.upload, "<script>what stands behind it</script>"...))
		if got := fmt.Sprintf("%s %d×%d", p.Type, p.Width, p.Height); err != nil || got != c.want {
			t.Errorf("%s became %s, want %s: %v", name, got, c.want, err)
			continue
		}
		decoded(t, p)
		if bytes.Contains(p.Content, []byte("script")) {
			t.Errorf("%s carries on what stood behind it", name)
		}
	}
}

func TestAPhotographIsTurnedUprightAndForgetsWhereItWasTaken(t *testing.T) {
	// Where the quarters of the file belong, by orientation, in reading order.
	upright := [9][4]int{
		1: {0, 1, 2, 3}, 2: {1, 0, 3, 2}, 3: {3, 2, 1, 0}, 4: {2, 3, 0, 1},
		5: {0, 2, 1, 3}, 6: {2, 0, 3, 1}, 7: {3, 1, 2, 0}, 8: {1, 3, 0, 2},
	}
	for orientation := 1; orientation <= 8; orientation++ {
		for _, order := range []binary.AppendByteOrder{binary.BigEndian, binary.LittleEndian} {
			p, err := Clean(photograph(t, quarters(64, 32), uint16(orientation), order, ""))
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(p.Content, []byte("GPS")) || bytes.Contains(p.Content, []byte("Exif")) {
				t.Errorf("orientation %d: the place is still in it", orientation)
			}
			img := decoded(t, p)
			if tall := p.Height > p.Width; tall != (orientation >= 5) {
				t.Errorf("orientation %d: %d × %d", orientation, p.Width, p.Height)
			}
			for quarter, from := range upright[orientation] {
				x, y := p.Width/4+quarter%2*p.Width/2, p.Height/4+quarter/2*p.Height/2
				if got := img.At(x, y); !near(got, fourColors[from]) {
					t.Errorf("orientation %d, %v: quarter %d is %v, want %v", orientation, order, quarter, got, fourColors[from])
				}
			}
		}
	}
}

func near(a, b color.Color) bool {
	ar, ag, ab, _ := a.RGBA()
	br, bg, bb, _ := b.RGBA()
	off := func(x, y uint32) bool { return max(x, y)-min(x, y) > 0x1000 }
	return !off(ar, br) && !off(ag, bg) && !off(ab, bb)
}

func TestAnAnimationKeepsMoving(t *testing.T) {
	p, err := Clean(encodeGIF(t, 12, image.Rect(0, 0, 40, 20)))
	if err != nil {
		t.Fatal(err)
	}
	animation, err := gif.DecodeAll(bytes.NewReader(p.Content))
	if err != nil || len(animation.Image) != 12 || animation.LoopCount != 3 || animation.Delay[5] != 4 {
		t.Errorf("%d frames, %v", len(animation.Image), err)
	}
}

// claimsPNG is a PNG of a few bytes that says it is this large.
func claimsPNG(width, height uint32) []byte {
	header := append([]byte("IHDR"), binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)...)
	header = append(header, 8, 6, 0, 0, 0)
	out := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), header...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(header))
}

// claimsGIF is a GIF of a few bytes that says it has this many frames of this size.
func claimsGIF(frames int, side uint16) []byte {
	size := binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(nil, side), side)
	frame := append(append([]byte{',', 0, 0, 0, 0}, size...), 0, 2, 1, 0x2c, 0)
	out := append(append([]byte("GIF89a"), size...), 0x80, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff)
	return append(append(out, bytes.Repeat(frame, frames)...), ';')
}

func TestWhatWouldTakeTooMuchMemoryIsNotDecoded(t *testing.T) {
	large := encodeJPEG(t, quarters(64, 32))
	frame := bytes.Index(large, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(large[frame+5:], 16_000)
	binary.BigEndian.PutUint16(large[frame+7:], 16_000)
	progressive := bytes.Clone(large)
	binary.BigEndian.PutUint16(progressive[frame+5:], 5_000)
	binary.BigEndian.PutUint16(progressive[frame+7:], 5_000)
	progressive[frame+1] = 0xc2
	canvas := encodeGIF(t, 1, image.Rect(0, 0, 40, 20))
	binary.LittleEndian.PutUint16(canvas[6:], 20_000)
	for name, upload := range map[string][]byte{
		"PNG":                claimsPNG(100_000, 100_000),
		"a long PNG":         claimsPNG(20_000, 1),
		"JPEG":               large,
		"a progressive JPEG": progressive,
		"GIF":                canvas,
		"a long animation":   claimsGIF(200, 1000),
	} {
		if _, err := Clean(upload); parley.KindOf(err) != parley.TooLarge {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatIsNoImageIsRefused(t *testing.T) {
	cut := encodeJPEG(t, quarters(64, 32))
	for name, upload := range map[string][]byte{
		"nothing":       nil,
		"text":          []byte("hello"),
		"SVG":           []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`),
		"HTML":          []byte("<!doctype html><script>alert(1)</script>"),
		"a magic alone": []byte("\xff\xd8\xff"),
		"half a JPEG":   cut[:len(cut)/2],
		"an empty PNG":  claimsPNG(0, 0),
		"half a PNG":    claimsPNG(4, 4),
		"half a GIF":    []byte("GIF89a"),
		"half a WebP":   []byte("RIFF\x00\x00\x00\x00WEBPVP8 "),
		"many frames":   encodeGIF(t, maxFrames+1, image.Rect(0, 0, 2, 2)),
	} {
		if _, err := Clean(upload); parley.KindOf(err) != parley.Unprocessable {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzClean checks that whatever is uploaded is refused, or comes out as an image of
// the size that is told, without what stood between its pixels.
func FuzzClean(f *testing.F) {
	const secret = "taken at home"
	f.Add(encodePNG(f, quarters(8, 4)))
	f.Add(encodeGIF(f, 2, image.Rect(0, 0, 8, 4)))
	f.Add(claimsPNG(4, 4))
	f.Add(photograph(f, quarters(8, 8), 6, binary.LittleEndian, secret))
	f.Add(photograph(f, quarters(8, 8), 9, binary.BigEndian, secret))
	for _, name := range []string{"testdata/opaque.webp", "testdata/clear.webp"} {
		upload, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(upload)
	}
	f.Fuzz(func(t *testing.T, upload []byte) {
		p, err := Clean(upload)
		if err != nil {
			if kind := parley.KindOf(err); kind != parley.Unprocessable && kind != parley.TooLarge {
				t.Fatal(err)
			}
			return
		}
		decoded(t, p)
		if bytes.Contains(p.Content, []byte(secret)) {
			t.Error("it still tells where it was taken")
		}
	})
}
