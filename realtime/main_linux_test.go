package realtime

import (
	"log"
	"os"
	"strconv"
)

func init() {
	if len(os.Args) == 5 && os.Args[1] == drainArgument {
		clients, err := strconv.Atoi(os.Args[3])
		if err == nil {
			err = runDrain(os.Args[2], clients, os.Args[4] == "true")
		}
		log.Fatal(err)
	}
}
