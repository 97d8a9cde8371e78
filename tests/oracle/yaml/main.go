// Prints what sigs.k8s.io/yaml makes of files: one JSON object a line and document,
//
//	{"file": "a.yaml", "document": 1, "json": "…", "error": "…", "strict": "…"}
//
// with the document as JSON, or why it cannot be read; "strict" is the error of the strict reading, which also refuses
// keys that are given twice. With -scalars the standard input has one plain scalar a line (as a JSON string), read
// as the value of a mapping and as a key of one.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"sigs.k8s.io/yaml"
)

type answer struct {
	File     string `json:"file,omitempty"`
	Document int    `json:"document,omitempty"`
	Text     string `json:"text,omitempty"`
	JSON     string `json:"json,omitempty"`
	Error    string `json:"error,omitempty"`
	Strict   string `json:"strict,omitempty"`
}

// read converts one document. The reader panics on some texts; that is an error like any other here.
func read(document []byte) (a answer) {
	defer func() {
		if p := recover(); p != nil {
			a.JSON, a.Error = "", fmt.Sprint("panic: ", p)
		}
	}()
	text, err := yaml.YAMLToJSON(document)
	if err != nil {
		a.Error = err.Error()
		return a
	}
	a.JSON = string(text)
	if _, err := yaml.YAMLToJSONStrict(document); err != nil {
		a.Strict = err.Error()
	}
	return a
}

// split cuts a stream before each "---" that starts a line and is followed by a blank or the line's end. Each
// document keeps its marker, and what stands on the line behind it.
func split(text []byte) [][]byte {
	if bytes.HasPrefix(text, []byte{0xff, 0xfe}) || bytes.HasPrefix(text, []byte{0xfe, 0xff}) {
		return [][]byte{text} // UTF-16: one document
	}
	var documents [][]byte
	start := 0
	for at := 0; at < len(text); {
		end := bytes.IndexByte(text[at:], '\n')
		if end < 0 {
			end = len(text)
		} else {
			end += at + 1
		}
		line := text[at:end]
		if bytes.HasPrefix(line, []byte("---")) && (len(line) == 3 || bytes.IndexByte([]byte(" \t\r\n"), line[3]) >= 0) &&
			at > start && !isDirectives(text[start:at]) {
			documents = append(documents, text[start:at])
			start = at
		}
		at = end
	}
	return append(documents, text[start:])
}

// isDirectives tells a text that belongs to the document behind it: directives, and comments beside them.
func isDirectives(text []byte) bool {
	found := false
	for _, line := range bytes.Split(text, []byte("\n")) {
		line = bytes.TrimSpace(line)
		if len(line) > 0 && line[0] != '%' && line[0] != '#' {
			return false
		}
		found = found || bytes.HasPrefix(line, []byte("%"))
	}
	return found
}

func main() {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	if len(os.Args) == 2 && os.Args[1] == "-scalars" {
		in := bufio.NewScanner(os.Stdin)
		in.Buffer(make([]byte, 1<<20), 1<<20)
		for in.Scan() {
			var scalar string
			if err := json.Unmarshal(in.Bytes(), &scalar); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			value := read([]byte("v: " + scalar + "\n"))
			value.Text = "v: " + scalar + "\n"
			key := read([]byte("? " + scalar + "\n: v\n"))
			key.Text = "? " + scalar + "\n: v\n"
			encoder.Encode(value)
			encoder.Encode(key)
		}
		return
	}
	for _, file := range os.Args[1:] {
		text, err := os.ReadFile(file)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		for i, document := range split(text) {
			a := read(document)
			a.File, a.Document = filepath.Base(file), i+1
			if len(bytes.TrimSpace(document)) == 0 && a.Error == "" {
				a.JSON = "null"
			}
			encoder.Encode(a)
		}
	}
}
