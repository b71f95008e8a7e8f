#!/busybox/sh
# Builds all images from git and pushes them: build-all.sh [COMMIT]
# Without a commit it is the tip of the branch. An image that fails does not keep the others from being built;
# the exit code is that of the first that failed.
set -u

here=$(dirname "$0")
# shellcheck source=/dev/null
. "$here/common.sh"

commit=${1:-}
check_commit "$commit"
# One tag for all of them, even if it is a time.
TAG=$(tag_for "$commit")
export TAG

status=0
summary=''
for key in api frontend; do
  "$here/build-$key.sh" "$commit"
  code=$?
  if [ "$code" -eq 0 ]; then
    summary="$summary
  ok      $key  $(cat "$RESULTS/$key")"
  else
    summary="$summary
  FAILED  $key  (exit code $code)"
    if [ "$status" -eq 0 ]; then status=$code; fi
  fi
done

printf '\nImages:%s\n' "$summary"
if [ "$status" -eq 0 ]; then
  printf '\nTo roll them out, in a checkout of the repository:\n\n  image-release deploy'
  for key in api frontend; do
    printf ' \\\n    --image %s=%s' "$key" "$(cat "$RESULTS/$key")"
  done
  if [ -n "$commit" ]; then printf ' \\\n    --source %s' "$commit"; fi
  printf '\n'
fi
exit "$status"
