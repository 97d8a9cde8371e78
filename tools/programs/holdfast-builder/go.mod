module holdfast.dev/tools/programs/holdfast-builder

go 1.26.0

require github.com/itchyny/gojq v0.12.19

require github.com/itchyny/timefmt-go v0.1.8 // indirect
