#!/usr/bin/env bash
# Run this before handing a change in: it is what the build server runs.
exec "$(dirname "$0")/.ci/run"
