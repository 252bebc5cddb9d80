#!/usr/bin/env bash
# A run on a Ray cluster of which this machine is a node. `ray status` shows the cluster; docs/cluster.md says how to start
# one. output_dir must be a folder that every node sees.
#   launch/cluster.sh configs/acecoder-rule.yaml output_dir=/shared/runs/acecoder
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH"
exec rlcode train "$@" cluster.address=auto
