#!/usr/bin/env bash
# A run on a Ray cluster elsewhere, through its job server. Follows the log; the exit status is the job's.
#   export RAY_API_SERVER_ADDRESS=http://HEAD:8265
#   export RAY_AUTH_MODE=token RAY_AUTH_TOKEN=…      # what `ray get-auth-token` prints on the head
#   launch/submit.sh configs/acecoder-rule.yaml output_dir=/shared/runs/acecoder train_problems=/shared/data/acecode-hard.jsonl
# This folder is sent along, so the job runs the code as it is here. The loop itself runs on the head node and needs no
# resources of its own; what the workers need is in the config.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH"
: "${RAY_API_SERVER_ADDRESS:?set it to the job server, such as http://HEAD:8265}"
if [[ " $* " != *" output_dir=/"* ]]; then
  echo "give output_dir=/… on the command line: a relative folder would be deleted with the job's copy of the code" >&2
  exit 64
fi
exec ray job submit --working-dir . --runtime-env launch/runtime_env.yaml -- python -m rlcode train "$@" cluster.address=auto
