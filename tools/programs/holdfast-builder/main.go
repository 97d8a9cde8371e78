// Command holdfast-builder does for the operator what kept Go libraries do best. The operator runs it in its
// sandbox, with one question on standard input and the answer on standard output; it reads no file, opens no
// connection, and keeps nothing.
//
//	holdfast-builder jq          which fields jq expressions name (jq.go)
//	holdfast-builder template    texts that are templates of Go, filled with parameters (template.go)
package main

import (
	"fmt"
	"io"
	"os"
)

func main() {
	commands := map[string]func(io.Reader, io.Writer) error{"jq": runJQ, "template": runTemplates}
	if len(os.Args) == 2 && commands[os.Args[1]] != nil {
		if err := commands[os.Args[1]](os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	fmt.Fprintln(os.Stderr, "usage: holdfast-builder jq|template <question >answer")
	os.Exit(2)
}
