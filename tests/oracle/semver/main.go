// What github.com/Masterminds/semver says, for comparing: a line "RANGE<TAB>VERSION" on standard input gets one line:
// "badrange", "badversion", "yes" or "no".
package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"github.com/Masterminds/semver/v3"
)

func main() {
	in := bufio.NewScanner(os.Stdin)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for in.Scan() {
		text, with, _ := strings.Cut(in.Text(), "\t")
		constraint, err := semver.NewConstraint(text)
		if err != nil {
			fmt.Fprintln(out, "badrange")
			continue
		}
		version, err := semver.NewVersion(with)
		if err != nil {
			fmt.Fprintln(out, "badversion")
			continue
		}
		if constraint.Check(version) {
			fmt.Fprintln(out, "yes")
		} else {
			fmt.Fprintln(out, "no")
		}
	}
}
