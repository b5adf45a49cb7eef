module reqtrace

go 1.23
