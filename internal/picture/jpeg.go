package picture

import (
	"bytes"
	"encoding/binary"
	"image/jpeg"
)

func cleanJPEG(upload []byte) (Picture, error) {
	config, err := jpeg.DecodeConfig(bytes.NewReader(upload))
	if err != nil {
		return Picture{}, err
	}
	header := readJPEG(upload)
	if header.width != config.Width || header.height != config.Height {
		header.memory = progressiveMemory * 4 // the decoder saw something that we did not
	}
	if err := checkSize(config.Width, config.Height, header.memory); err != nil {
		return Picture{}, err
	}
	img, err := jpeg.Decode(bytes.NewReader(upload))
	if err != nil {
		return Picture{}, err
	}
	return asJPEG(upright(shrunk(img), header.orientation))
}

// progressiveMemory is how many bytes a sample of a progressive JPEG takes: all its
// coefficients are kept, four bytes each, until the last scan has come.
const progressiveMemory = 5

// jpegHeader is what stands before a JPEG's pixels.
type jpegHeader struct {
	width, height int
	memory        float64 // of a pixel while it is decoded, in bytes
	orientation   int     // as in Exif: 1 is upright
}

// readJPEG reads the segments up to the first scan. What it does not understand it
// leaves out.
func readJPEG(file []byte) jpegHeader {
	header := jpegHeader{orientation: 1}
	for rest := file[2:]; len(rest) >= 4; {
		if rest[0] != 0xff || rest[1] == 0xff { // garbage, or padding
			rest = rest[1:]
			continue
		}
		marker, length := rest[1], int(binary.BigEndian.Uint16(rest[2:]))
		if marker == 0x00 || marker == 0x01 || 0xd0 <= marker && marker <= 0xd9 { // without content
			rest = rest[2:]
			continue
		}
		if marker == startOfScan || length < 2 || len(rest) < 2+length {
			break
		}
		switch content := rest[4 : 2+length]; {
		case marker == appExif && bytes.HasPrefix(content, []byte("Exif\x00\x00")):
			header.orientation = orientation(content[6:])
		case isFrame(marker) && header.width == 0:
			header.frame(content, marker == startOfProgressive)
		}
		rest = rest[2+length:]
	}
	return header
}

// Markers of JPEG segments.
const (
	startOfProgressive = 0xc2
	startOfScan        = 0xda
	appExif            = 0xe1
)

// isFrame reports whether a marker opens a frame: SOF0 to SOF15 without those of
// that range that mean something else (DHT, JPG, DAC).
func isFrame(marker byte) bool {
	return 0xc0 <= marker && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc
}

// frame reads the size of the image and how finely each colour is sampled.
func (h *jpegHeader) frame(content []byte, progressive bool) {
	if len(content) < 6 || len(content) < 6+3*int(content[5]) {
		return
	}
	h.height, h.width = int(binary.BigEndian.Uint16(content[1:])), int(binary.BigEndian.Uint16(content[3:]))
	finest, samples := 1, 0
	for component := content[6 : 6+3*int(content[5])]; len(component) > 0; component = component[3:] {
		area := int(component[1]>>4) * int(component[1]&15)
		finest, samples = max(finest, area), samples+area
	}
	h.memory = max(1, float64(samples)/float64(finest))
	if progressive {
		h.memory *= progressiveMemory
	}
}

// orientation reads how a photograph has to be turned from its Exif data, which is a
// TIFF file: 1, upright, if it does not say.
func orientation(tiff []byte) int {
	const tag, short, entrySize = 0x0112, 3, 12
	var order binary.ByteOrder = binary.BigEndian
	switch {
	case bytes.HasPrefix(tiff, []byte("II*\x00")):
		order = binary.LittleEndian
	case !bytes.HasPrefix(tiff, []byte("MM\x00*")):
		return 1
	}
	if len(tiff) < 8 {
		return 1
	}
	at := uint64(order.Uint32(tiff[4:]))
	if at+2 > uint64(len(tiff)) {
		return 1
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < entrySize {
			break
		}
		if order.Uint16(entries) == tag && order.Uint16(entries[2:]) == short {
			if turn := int(order.Uint16(entries[8:])); 1 <= turn && turn <= 8 {
				return turn
			}
			break
		}
		entries = entries[entrySize:]
	}
	return 1
}
