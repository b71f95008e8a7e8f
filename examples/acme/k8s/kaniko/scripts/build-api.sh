#!/busybox/sh
# Builds the image api from git and pushes it: build-api.sh [COMMIT]
set -eu

# shellcheck source=/dev/null
. "$(dirname "$0")/common.sh"

build api ghcr.io/acme/acme-api "${1:-}" \
  --context-sub-path=api \
  --dockerfile=/kaniko/buildcontext/api/Dockerfile \
  --cache-repo=ghcr.io/acme/acme-api/cache
