#!/usr/bin/env bash
# A run on this machine alone, with Ray for the time of the run:
#   launch/local.sh configs/quickstart.yaml steps=8
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH"
unset RAY_ADDRESS  # with it, the run would join the cluster it names
exec rlcode train "$@" cluster.address=null
