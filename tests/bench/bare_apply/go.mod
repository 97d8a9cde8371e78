module holdfast.dev/tests/bench/bare_apply

go 1.26
