// The least that Go answers a request for a token with: net/http and an answer as long as one with a token.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
)

func main() {
	answer := []byte(fmt.Sprintf(`{"access_token":"bench.%s","expires_in":"86400"}`, strings.Repeat("a", 1400)))
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(answer)
	})
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.Serve(listener, nil))
}
