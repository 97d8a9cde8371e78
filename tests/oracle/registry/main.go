// A registry for tests: the one of github.com/distribution/distribution, with files as its storage, and passwords or
// tokens as its guard. Its own program has cloud storage beside that, which takes minutes to compile.
package main

import (
	"os"

	_ "github.com/distribution/distribution/v3/registry/auth/htpasswd"
	_ "github.com/distribution/distribution/v3/registry/auth/token"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/filesystem"

	"github.com/distribution/distribution/v3/registry"
)

func main() {
	if registry.RootCmd.Execute() != nil {
		os.Exit(1)
	}
}
