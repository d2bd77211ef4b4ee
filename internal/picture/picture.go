// Package picture makes images that people upload safe to store and to show: what
// kind they are is told by their bytes, how large they are before they are decoded,
// and what comes out is written anew, so that nothing is left of where a photograph
// was taken or of what else a file carried along.
package picture

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"

	"parley"
)

const (
	// maxSide bounds width and height, in pixels.
	maxSide = 16_384

	// maxDecoded bounds the memory that an image takes while it is decoded, in bytes: a
	// photograph of 44 megapixels, of 18 if it is progressive, a screenshot of 33. A PNG
	// of 50 KB can claim 10 GB.
	maxDecoded = 128 << 20

	// maxShown is the longer side of what is stored, in pixels. More is seen on no page.
	maxShown = 2048

	// quality of JPEG: a photograph of maxShown takes half a megabyte.
	quality = 85
)

// Picture is an image as it is stored.
type Picture struct {
	Content       []byte
	Type          string // image/jpeg, image/png or image/gif
	Width, Height int    // in pixels
}

// kind is an image format that can be read.
type kind struct {
	name    string
	opening func([]byte) bool
	clean   func([]byte) (Picture, error)
}

var kinds = []kind{
	{"JPEG", func(b []byte) bool { return bytes.HasPrefix(b, []byte("\xff\xd8\xff")) }, cleanJPEG},
	{"PNG", func(b []byte) bool { return bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")) }, cleanPNG},
	{"GIF", func(b []byte) bool {
		return bytes.HasPrefix(b, []byte("GIF87a")) || bytes.HasPrefix(b, []byte("GIF89a"))
	}, cleanGIF},
	{"WebP", func(b []byte) bool {
		return bytes.HasPrefix(b, []byte("RIFF")) && len(b) > 12 && string(b[8:12]) == "WEBP"
	}, cleanWebP},
}

// Clean reads an uploaded file and returns the image in it, turned upright, made
// smaller if it is large, without anything but its pixels. Animated GIFs stay so.
// What cannot be shown is a parley.Error. It takes up to 200 MB of memory and a
// second of a processor: callers bound how many run at once.
func Clean(upload []byte) (p Picture, err error) {
	for _, k := range kinds {
		if k.opening(upload) {
			return k.cleaned(upload)
		}
	}
	return Picture{}, parley.InvalidField("file", "is no image that can be shown: send JPEG, PNG, GIF or WebP")
}

func (k kind) cleaned(upload []byte) (p Picture, err error) {
	defer func() {
		// The decoders are fuzzed, and yet each has had an index out of range.
		if broken := recover(); broken != nil {
			err = fmt.Errorf("decoder: %v", broken)
		}
		if err != nil && parley.KindOf(err) == parley.Internal {
			refusal := parley.InvalidField("file", "is damaged, or a kind of %s that cannot be read", k.name)
			refusal.Err = err
			err = refusal
		}
	}()
	return k.clean(upload)
}

// checkSize refuses an image that is too large to be decoded: perPixel is the memory
// that takes, in bytes.
func checkSize(width, height int, perPixel float64) error {
	switch {
	case width < 1 || height < 1:
		return fmt.Errorf("%d × %d pixels", width, height)
	case width > maxSide || height > maxSide || float64(width)*float64(height)*perPixel > maxDecoded:
		return parley.Errorf(parley.TooLarge, "The image is too large, %d × %d pixels: make it smaller.", width, height)
	}
	return nil
}

func cleanPNG(upload []byte) (Picture, error) {
	config, err := png.DecodeConfig(bytes.NewReader(upload))
	if err != nil {
		return Picture{}, err
	}
	if err := checkSize(config.Width, config.Height, pngMemory(config.ColorModel)); err != nil {
		return Picture{}, err
	}
	img, err := png.Decode(bytes.NewReader(upload))
	if err != nil {
		return Picture{}, err
	}
	return asPNG(shrunk(img))
}

// pngMemory returns what a pixel takes, in bytes.
func pngMemory(model color.Model) float64 {
	switch model {
	case color.GrayModel:
		return 1
	case color.Gray16Model:
		return 2
	case color.RGBA64Model, color.NRGBA64Model:
		return 8
	}
	if _, paletted := model.(color.Palette); paletted {
		return 1
	}
	return 4
}

// webpMemory is what a pixel of a WebP takes, in bytes: without loss it is decoded
// twice over.
const webpMemory = 8

func cleanWebP(upload []byte) (Picture, error) {
	config, err := webp.DecodeConfig(bytes.NewReader(upload))
	if err != nil {
		return Picture{}, err
	}
	if err := checkSize(config.Width, config.Height, webpMemory); err != nil {
		return Picture{}, err
	}
	img, err := webp.Decode(bytes.NewReader(upload))
	if err != nil {
		return Picture{}, err
	}
	if img = shrunk(img); isOpaque(img) {
		return asJPEG(img)
	}
	return asPNG(img)
}

func isOpaque(img image.Image) bool {
	o, tells := img.(interface{ Opaque() bool })
	return tells && o.Opaque()
}

// shrunk returns the image with no side longer than maxShown. It halves what is
// much larger first: a scaler that looks at four pixels leaves none out so, and one
// that looks at more takes 200 MB for a photograph.
func shrunk(img image.Image) image.Image {
	for longer(img) > maxShown {
		size := img.Bounds().Size()
		most := max(maxShown, (longer(img)+1)/2)
		small := image.NewRGBA(image.Rect(0, 0, max(1, size.X*most/longer(img)), max(1, size.Y*most/longer(img))))
		draw.ApproxBiLinear.Scale(small, small.Bounds(), img, img.Bounds(), draw.Src, nil)
		img = small
	}
	return img
}

func longer(img image.Image) int { return max(img.Bounds().Dx(), img.Bounds().Dy()) }

func asJPEG(img image.Image) (Picture, error) {
	var out bytes.Buffer
	err := jpeg.Encode(&out, img, &jpeg.Options{Quality: quality})
	return picture(out.Bytes(), "image/jpeg", img.Bounds()), err
}

func asPNG(img image.Image) (Picture, error) {
	var out bytes.Buffer
	err := png.Encode(&out, img)
	return picture(out.Bytes(), "image/png", img.Bounds()), err
}

func picture(content []byte, contentType string, bounds image.Rectangle) Picture {
	return Picture{Content: content, Type: contentType, Width: bounds.Dx(), Height: bounds.Dy()}
}
