package picture

import (
	"image"

	"golang.org/x/image/draw"
)

// upright returns an image as it was seen by whoever took it; orientation is that of
// Exif, which says where the first row and the first column of the file belong.
func upright(img image.Image, orientation int) image.Image {
	if orientation == 1 {
		return img
	}
	size := img.Bounds().Size()
	from := image.NewRGBA(image.Rectangle{Max: size})
	draw.Draw(from, from.Bounds(), img, img.Bounds().Min, draw.Src)
	if orientation >= 5 { // rows become columns
		size.X, size.Y = size.Y, size.X
	}
	to := image.NewRGBA(image.Rectangle{Max: size})
	right, bottom := size.X-1, size.Y-1
	for y := range size.Y {
		for x := range size.X {
			var source image.Point
			switch orientation {
			case 2:
				source = image.Pt(right-x, y)
			case 3:
				source = image.Pt(right-x, bottom-y)
			case 4:
				source = image.Pt(x, bottom-y)
			case 5:
				source = image.Pt(y, x)
			case 6:
				source = image.Pt(y, right-x)
			case 7:
				source = image.Pt(bottom-y, right-x)
			case 8:
				source = image.Pt(bottom-y, x)
			}
			to.SetRGBA(x, y, from.RGBAAt(source.X, source.Y))
		}
	}
	return to
}
