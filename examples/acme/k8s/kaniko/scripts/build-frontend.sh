#!/busybox/sh
# Builds the image frontend from git and pushes it: build-frontend.sh [COMMIT]
set -eu

# shellcheck source=/dev/null
. "$(dirname "$0")/common.sh"

build frontend ghcr.io/acme/acme-frontend "${1:-}" \
  --context-sub-path=web \
  --dockerfile=/kaniko/buildcontext/web/Dockerfile \
  --cache-repo=ghcr.io/acme/acme-frontend/cache \
  --build-arg=NEXT_PUBLIC_API_URL=https://api.example.org
