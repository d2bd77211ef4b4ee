package picture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/gif"
)

// maxFrames bounds the frames of an animation: a minute at 25 a second.
const maxFrames = 1_500

func cleanGIF(upload []byte) (Picture, error) {
	size, frames, pixels := readGIF(upload)
	// A frame has a byte for each of its pixels. What an animation needs is that of all
	// its frames, as if they stood side by side.
	if err := checkSize(size.X, size.Y, max(1, float64(pixels)/float64(max(1, size.X*size.Y)))); err != nil {
		return Picture{}, err
	}
	if frames > maxFrames {
		return Picture{}, fmt.Errorf("%d frames", frames)
	}
	animation, err := gif.DecodeAll(bytes.NewReader(upload))
	if err != nil {
		return Picture{}, err
	}
	var out bytes.Buffer
	err = gif.EncodeAll(&out, animation)
	return picture(out.Bytes(), "image/gif", image.Rectangle{Max: size}), err
}

// readGIF returns the size of the image, its frames, and the pixels of all of them,
// up to where the file ends or makes no sense.
func readGIF(file []byte) (size image.Point, frames, pixels int) {
	const headerSize, frameSize = 13, 10
	if len(file) < headerSize {
		return size, 0, 0
	}
	size = point(file[6:])
	rest := skip(file, headerSize+colorTable(file[10]))
	for len(rest) > 0 {
		switch rest[0] {
		case '!': // an extension and its label
			rest = skipBlocks(skip(rest, 2))
		case ',': // a frame
			if len(rest) < frameSize {
				return size, frames, pixels
			}
			frame := point(rest[5:])
			frames++
			pixels += frame.X * frame.Y
			rest = skipBlocks(skip(rest, frameSize+colorTable(rest[9])+1))
		default:
			return size, frames, pixels
		}
	}
	return size, frames, pixels
}

func point(b []byte) image.Point {
	return image.Pt(int(binary.LittleEndian.Uint16(b)), int(binary.LittleEndian.Uint16(b[2:])))
}

// colorTable returns the length of the colour table that flags announce, in bytes.
func colorTable(flags byte) int {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
}

func skip(b []byte, n int) []byte { return b[min(n, len(b)):] }

// skipBlocks skips blocks of data, each with its length before it, up to an empty one.
func skipBlocks(b []byte) []byte {
	for len(b) > 0 && b[0] != 0 {
		b = skip(b, 1+int(b[0]))
	}
	return skip(b, 1)
}
