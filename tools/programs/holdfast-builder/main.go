// Command holdfast-builder does for the operator what kept Go libraries do best. The operator runs it in its
// sandbox, with one question on standard input and the answer on standard output; it reads no file, opens no
// connection, and keeps nothing.
//
//	holdfast-builder jq    which fields jq expressions name (jq.go)
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == "jq" {
		if err := runJQ(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	fmt.Fprintln(os.Stderr, "usage: holdfast-builder jq <question >answer")
	os.Exit(2)
}
