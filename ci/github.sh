#!/usr/bin/env bash
# What the GitHub Action does: finds out which commits an event brings in, and scans them.
# All that comes from the event is in variables, never in the text of a command.
set -euo pipefail

complain() { echo "::error title=leakguard::$*"; exit 2; }

# Whether a commit is here; brings it if not. A checkout of depth 1 has only the last one.
have() {
  git cat-file -e "$1^{commit}" 2>/dev/null && return
  git fetch --quiet --no-tags origin "$1" 2>/dev/null && git cat-file -e "$1^{commit}" 2>/dev/null
}

# All commits behind those that are here: without them a range would not be whole.
deepen() {
  [ "$(git rev-parse --is-shallow-repository)" = true ] || return 0
  git fetch --quiet --no-tags --unshallow origin ||
    complain 'the history cannot be fetched: give actions/checkout "fetch-depth: 0"'
}

# What a push brings in. A new or a forced branch is compared with the default branch.
pushed() {
  if [[ "$BEFORE" =~ [1-9a-f] ]] && have "$BEFORE"; then
    echo "$BEFORE..$AFTER"
  elif git fetch --quiet --no-tags origin "$DEFAULT_BRANCH" 2>/dev/null &&
    ! git merge-base --is-ancestor "$AFTER" FETCH_HEAD; then
    echo "$(git rev-parse FETCH_HEAD)..$AFTER"
  fi
}

# Looks from a folder with the files of the base: its settings, rules and baseline count there.
from_base() {
  git -c core.hooksPath=/dev/null worktree add --quiet --detach "$RUNNER_TEMP/leakguard-base" "$1"
  cd "$RUNNER_TEMP/leakguard-base"
}

case "$SARIF" in '' | /*) ;; *) SARIF=$PWD/$SARIF ;; esac
range=''
if [ "$SCAN" != history ]; then
  case "$EVENT" in
    pull_request | pull_request_target)
      deepen
      have "$PULL_HEAD" || git fetch --quiet --no-tags origin "refs/pull/$PULL/head" ||
        complain 'the pull request cannot be fetched: give actions/checkout "fetch-depth: 0"'
      range="$PULL_BASE..$PULL_HEAD"
      if [ "$SETTINGS" = base ] || { [ "$SETTINGS" = auto ] && [ "$FORK" = true ]; }; then
        from_base "$PULL_BASE"
      fi
      ;;
    merge_group) deepen; range="$GROUP_BASE..$GROUP_HEAD" ;;
    push) deepen; range=$(pushed) ;;
    *) deepen ;;
  esac
else
  deepen
fi

read -r -a more <<<"$ARGS"
# An empty list is none for the bash 3.2 of macOS.
options=(--no-progress ${range:+"--range=$range"} ${more[@]+"${more[@]}"})

code=0
"$LEAKGUARD" scan "${options[@]}" --format github . || code=$?
case "$code" in 0) verdict=clean ;; 1) verdict=leaks ;; 3) verdict=incomplete ;; *) verdict=error ;; esac
echo "verdict=$verdict" >>"$GITHUB_OUTPUT"

if [ -n "$SARIF" ] && [ "$verdict" != error ]; then
  "$LEAKGUARD" scan "${options[@]}" --format sarif --output "$SARIF" . 2>/dev/null || true
fi
if [ "$verdict" != clean ] && [ "$verdict" != error ]; then
  {
    echo '### leakguard'
    echo '```text'
    "$LEAKGUARD" scan "${options[@]}" . 2>&1 || true
    echo '```'
  } >>"$GITHUB_STEP_SUMMARY"
fi
exit "$code"
